"""States, signals and locks, between processes too."""

import signal

import numpy as np
import pytest

import simpleipc as ipc


def test_a_value_is_there_for_who_comes_late(peer):
    with pytest.raises(ipc.Timeout):
        ipc.get("speed", timeout=0)
    for speed in range(50):
        ipc.set("speed", speed)
    with ipc.Watcher("speed", timeout=0) as watcher:
        assert [message.value for message in watcher] == [49]
        assert watcher.get().value == 49 == ipc.get("speed").value
        ipc.set("speed", "fast")
        ipc.set("speed", [1, 2])
        message = watcher.receive()
        assert (message.value, message.missed) == ([1, 2], 1)
    other = peer("""
        for message in ipc.Watcher("speed", timeout=20):
            print(message.value)
            if message.value == "end":
                break
    """)
    assert other.ready() == "[1, 2]"
    ipc.set("speed", "end")
    assert other.end() == ("end", 0)


def test_only_who_knows_the_value_may_replace_it():
    with ipc.Setter("count") as setter, ipc.Watcher("count") as watcher:
        with pytest.raises(ipc.Conflict) as caught:
            setter.set_if(1, 0)
        assert isinstance(caught.value, ipc.Retry)
        setter.set_if(1, None)
        with pytest.raises(ipc.Conflict):
            setter.set_if(1, None)
        for count in range(1, 50):
            message = watcher.get(timeout=5)
            assert message.value == count
            setter.set_if(count + 1, message.sequence)
            with pytest.raises(ipc.Conflict):
                setter.set_if(0, message.sequence)


def test_a_loan_becomes_the_value():
    with ipc.Setter("map") as setter:
        loan = setter.loan((100, 200), "uint8", "grid")
        loan[:] = 7
        with pytest.raises(ipc.Conflict):
            setter.set_if(loan, 12)
        setter.set(loan)
        message = ipc.get("map", timeout=5)
        assert message.format == "grid" and np.all(message.value == 7)
        with pytest.raises(ValueError):
            loan[0, 0] = 1


def test_the_value_of_a_setter_that_was_killed_stays(peer):
    other = peer("""
        import signal
        setter = ipc.Setter("left")
        setter.set({"x": 1.5})
        print("set")
        signal.pause()
    """)
    assert other.ready() == "set"
    other.process.kill()
    other.end()
    assert ipc.get("left", timeout=5).value == {"x": 1.5}


def test_notifications_are_counted(peer):
    assert issubclass(ipc.Timeout, TimeoutError)
    with pytest.raises(ipc.Timeout):
        ipc.wait("reload", timeout=0)
    with ipc.Waiter("reload", timeout=10) as waiter:
        for _ in range(3):
            ipc.notify("reload")
        with ipc.Notifier("reload") as notifier:
            notifier.notify()
        assert waiter.wait() == 4 == ipc.wait("reload", timeout=5)
        with pytest.raises(ipc.Timeout):
            waiter.wait(0)
        other = peer("""ipc.notify("reload"); ipc.notify("reload")""")
        assert other.end() == ("", 0)
        assert ipc.wait([waiter], timeout=5) is waiter
        assert next(waiter) == 2
    with ipc.Waiter("reload", timeout=0) as waiter:
        ipc.notify("reload")
        assert list(waiter) == [1]


def test_a_notification_can_be_a_signal_of_the_system():
    raised = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: raised.append(number))
    try:
        with ipc.Waiter("tick", signal=signal.SIGUSR1):
            ipc.notify("tick")
            with ipc.Receiver("never", timeout=0.05) as receiver:
                for _ in range(100):
                    if raised:
                        break
                    next(receiver, None)
        assert raised == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_wrong_verb_is_told():
    with ipc.Setter("state"), ipc.Waiter("signal"), ipc.Lock("lock"):
        for verb in (ipc.Subscriber, ipc.Receiver, ipc.Waiter, ipc.Lock, ipc.Client):
            with pytest.raises(ipc.WrongPattern, match="set, get and watch"):
                verb("state")
        with pytest.raises(ipc.WrongPattern, match="notify and wait"):
            ipc.set("signal", 1)
        with pytest.raises(ipc.WrongPattern):
            ipc.notify("lock")


def test_a_lock_is_held_by_one():
    with ipc.Lock("robot") as lock:
        assert lock.abandoned is None
        with ipc.Lock("other"), pytest.raises(ipc.Timeout):
            with ipc.Lock("robot", timeout=0):
                pass
        second = ipc.Lock("robot")
        assert not second.acquire(timeout=0)
        with pytest.raises(ipc.Misuse):
            lock.acquire(timeout=0)
    assert second.acquire(timeout=5)
    second.release()
    with pytest.raises(ipc.Misuse):
        second.release()
    with pytest.raises(KeyError), lock:
        raise KeyError
    assert second.acquire(timeout=0)
    second.close()


def test_the_next_owner_hears_of_a_death(peer):
    other = peer("""
        import signal
        lock = ipc.Lock("robot")
        lock.acquire()
        print("locked")
        signal.pause()
    """)
    assert other.ready() == "locked"
    lock = ipc.Lock("robot", timeout=10)
    assert not lock.acquire(timeout=0.02)
    other.process.kill()
    with lock:
        assert lock.abandoned == other.process.pid
    with lock:
        assert lock.abandoned is None


def test_a_semaphore_has_so_many_permits():
    handles = [ipc.Semaphore("slots", 3) for _ in range(4)]
    assert [handle.acquire(timeout=0) for handle in handles] == [True, True, True, False]
    handles[1].release()
    assert handles[3].acquire(timeout=5)
    with pytest.raises(ipc.Misuse):
        ipc.Semaphore("slots", 4)
    assert all(handle.abandoned is None for handle in handles)
    for handle in handles:
        handle.close()
