"""Waiting: time-outs, Ctrl-C, other threads, several handles at once."""

import signal
import threading
import time

import pytest

import simpleipc as ipc


def test_receive_times_out():
    with ipc.Receiver("q") as receiver:
        started = time.monotonic()
        with pytest.raises(TimeoutError) as caught:
            receiver.receive(timeout=0.2)
        assert isinstance(caught.value, ipc.Timeout) and caught.value.status == 1
        assert time.monotonic() - started >= 0.19
        with pytest.raises(ipc.Timeout):
            receiver.receive(timeout=0)


def test_the_timeout_of_the_handle_holds_where_none_is_given():
    with ipc.Receiver("q", timeout=0.05) as receiver:
        with pytest.raises(ipc.Timeout):
            receiver.receive()
        assert list(receiver) == []
        ipc.send("q", 1)
        assert [message.value for message in receiver] == [1]


def test_a_wait_longer_than_a_slice_is_one_wait():
    with ipc.Receiver("q") as receiver:
        threading.Timer(1.5, ipc.send, ("q", "late")).start()
        assert receiver.receive(timeout=10).value == "late"
        started = time.monotonic()
        with pytest.raises(ipc.Timeout):
            receiver.receive(timeout=1.2)
        assert time.monotonic() - started >= 1.19


@pytest.mark.parametrize("timeout", [-1, float("nan"), "1"])
def test_a_timeout_is_a_number_of_seconds(timeout):
    with ipc.Receiver("q") as receiver, pytest.raises((ValueError, TypeError), match="timeout"):
        receiver.receive(timeout=timeout)


def test_full_is_said_and_waited_for():
    with ipc.Sender("q", depth=16) as sender, ipc.Receiver("q") as receiver:
        with pytest.raises(ipc.Full):
            for number in range(10000):
                sender.send(number, timeout=0)
        threading.Timer(0.2, receiver.receive).start()
        sender.send("late", timeout=10)


@pytest.mark.parametrize(
    "wait",
    [
        "ipc.Receiver('q').receive()",
        "ipc.Subscriber('t').receive(timeout=60)",
        "next(ipc.receive('q'))",
        "ipc.wait([ipc.Receiver('q'), ipc.Receiver('r')])",
        "[ipc.send('full', n) for n in range(10**6)]",
    ],
)
def test_ctrl_c_ends_a_wait_at_once(peer, wait):
    child = peer(f"""
        import time
        print("ready")
        try:
            {wait}
        except KeyboardInterrupt:
            print("interrupted", time.monotonic())
    """)
    assert child.ready() == "ready"
    wait_until_asleep(child.process.pid)
    sent = time.monotonic()
    child.process.send_signal(signal.SIGINT)
    output, status = child.end()
    word, when = output.split()
    assert (word, status) == ("interrupted", 0)
    # Usually 0.1 ms. A signal between the last look at signals and the sleep is seen 1 s later.
    assert float(when) - sent < 1.5


def wait_until_asleep(pid):
    """Sleeping twice in a row, 50 ms apart, is waiting."""
    asleep = 0
    while asleep < 3:
        time.sleep(0.05)
        with open(f"/proc/{pid}/stat") as stat:
            state = stat.read().rsplit(")")[1].split()[0]
        asleep = asleep + 1 if state == "S" else 0


def test_a_signal_that_raises_nothing_does_not_end_a_wait(peer):
    child = peer("""
        import signal
        signal.signal(signal.SIGUSR1, lambda *_: print("handled"))
        receiver = ipc.Receiver("q")
        print("ready")
        print(receiver.receive(timeout=30).value)
    """)
    assert child.ready() == "ready"
    for _ in range(3):
        wait_until_asleep(child.process.pid)
        child.process.send_signal(signal.SIGUSR1)
        assert child.ready() == "handled"
    ipc.send("q", "after")
    assert child.end() == ("after", 0)


def test_other_threads_run_while_one_waits():
    receiver = ipc.Receiver("q")
    got = []
    waiter = threading.Thread(target=lambda: got.append(receiver.receive(timeout=30).value))
    waiter.start()
    started, rounds = time.monotonic(), 0
    while time.monotonic() - started < 0.3:
        rounds += 1
    assert rounds > 10000 and not got
    ipc.send("q", rounds)
    waiter.join()
    assert got == [rounds]


def test_interrupt_ends_the_wait_of_another_thread():
    with ipc.Receiver("q") as receiver:
        threading.Timer(0.2, receiver.interrupt).start()
        with pytest.raises(ipc.Interrupted):
            receiver.receive()
        receiver.interrupt()
        with pytest.raises(ipc.Interrupted):
            receiver.receive()
        ipc.send("q", 1)
        assert receiver.receive(timeout=10).value == 1


def test_close_ends_the_wait_of_another_thread():
    receiver = ipc.Receiver("q")
    threading.Timer(0.2, receiver.close).start()
    with pytest.raises(ipc.Closed):
        receiver.receive()


def test_a_second_thread_in_a_handle_is_told_so():
    with ipc.Receiver("q") as receiver:
        received = beside(lambda: receiver.receive(timeout=SOON))
        until_busy(lambda: receiver.receive(timeout=0))
        ipc.send("q", 1)
        assert received().value == 1


def test_what_is_dropped_while_another_thread_waits_is_room_for_it():
    with ipc.Sender("q", pool_bytes_max=1 << 20) as sender:
        loans = [sender.loan_bytes(120_000) for _ in range(8)]
        sent = beside(lambda: sender.send(bytes(600_000), timeout=SOON))
        until_busy(lambda: sender.send(1, timeout=0))
        loans.clear()
        sent()
        with ipc.Receiver("q", timeout=0) as receiver:
            assert [len(m.value) for m in receiver if m.value != 1] == [600_000]
        assert ipc.audit("q")[0]["chunks_in_use"] == 0


def test_calls_that_are_dropped_while_another_thread_waits_are_cancelled():
    with ipc.Client("s") as client, ipc.Server("s", timeout=SOON) as server:
        awaited, asked = client.start("work"), client.start("other work")
        calls = [client.start("more work") for _ in range(8)]
        result = beside(lambda: awaited.result(timeout=SOON))
        until_busy(lambda: asked.next(timeout=0))
        calls.clear()
        server.receive().reply(1)
        assert result() == 1
        client.send("end")
        assert [server.receive().method for _ in range(2)] == ["other work", "end"]


# Seconds that are long enough on any machine.
SOON = 20


def beside(work):
    """Works in another thread, in a handle that others look into: who meets them there tries again.
    Answers what waits for the result."""
    outcome = []

    def run():
        while not outcome:
            try:
                outcome.append((work(), None))
            except ipc.Busy:
                continue
            except Exception as error:
                outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def join():
        thread.join(SOON + 10)
        assert outcome, "the other thread does not end"
        result, error = outcome[0]
        if error is not None:
            raise error
        return result

    return join


def until_busy(attempt):
    """Waits until another thread is inside the handle."""
    started = time.monotonic()
    with pytest.raises(ipc.Busy):
        while time.monotonic() < started + SOON:
            try:
                attempt()
            except ipc.Timeout:
                pass
            time.sleep(0.01)


def test_threads_share_the_one_call_helpers():
    def send(first):
        for number in range(first, first + 1000):
            ipc.send("q", number)

    threads = [threading.Thread(target=send, args=(1000 * n,)) for n in range(4)]
    with ipc.Receiver("q", timeout=10) as receiver:
        for thread in threads:
            thread.start()
        got = [receiver.receive().value for _ in range(4000)]
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(4000))
    for n in range(4):
        own = [number for number in got if number // 1000 == n]
        assert own == sorted(own)


def test_wait_answers_the_handle_that_has_something():
    with ipc.Receiver("a") as first, ipc.Subscriber("b") as second:
        with pytest.raises(ipc.Timeout):
            ipc.wait([first, second], timeout=0.05)
        ipc.publish("b", "topic")
        assert ipc.wait([first, second], timeout=10) is second
        assert second.receive(timeout=0).value == "topic"
        threading.Timer(0.2, ipc.send, ("a", "queue")).start()
        assert ipc.wait([first, second]) is first
        assert first.receive(timeout=0).value == "queue"
