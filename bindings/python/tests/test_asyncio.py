"""Event loops: descriptors, and the tasks of asyncio that wait for handles."""

import asyncio
import os
import random
import select
import signal
import threading

import pytest

import simpleipc as ipc
from simpleipc import loops

PATIENCE = 20.0


def run(coroutine):
    """A failure is a failure, and not a hang."""
    return asyncio.run(asyncio.wait_for(coroutine, 2 * PATIENCE))


def is_readable(handle, timeout=0.0):
    return bool(select.select([handle], [], [], timeout)[0])


# snippet-begin
async def monitor(stop):
    """One task for each of a topic, a state and a signal, beside a server and its client."""
    seen = []

    async def follow(handle):
        async for message in handle:
            seen.append((type(handle).__name__, message.value))

    async def slow(a, b):
        await asyncio.sleep(0.01)
        return a + b

    with ipc.Subscriber("topic") as topic, ipc.Watcher("state") as state:
        with ipc.Waiter("stop") as stopped, ipc.Server("adder") as server:
            server.method(slow, name="add")
            tasks = [asyncio.create_task(task) for task in (follow(topic), follow(state))]
            tasks.append(asyncio.create_task(server.serve_async()))
            sums = [ipc.call_async("adder", "add", n, 1, timeout=20) for n in range(10)]
            print(await asyncio.gather(*sums))  # all in flight at once
            stop()
            await stopped.wait_async()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return seen
    # snippet-end


def test_the_program_of_the_documentation_works(capsys):
    def stop():
        ipc.publish("topic", 1)
        ipc.set("state", 2)
        threading.Timer(0.3, ipc.notify, ("stop",)).start()

    seen = run(monitor(stop))
    assert sorted(seen) == [("Subscriber", 1), ("Watcher", 2)]
    assert capsys.readouterr().out == f"{list(range(1, 11))}\n"


def test_a_descriptor_is_readable_until_everything_is_taken():
    with ipc.Receiver("q") as receiver:
        ipc.send("q", 0)
        assert is_readable(receiver)
        for number in range(200):
            ipc.send("q", number + 1)
            assert is_readable(receiver, PATIENCE)
            assert receiver.receive(timeout=0).value == number
        assert receiver.receive(timeout=0).value == 200
        while True:
            with pytest.raises(ipc.Timeout):
                receiver.receive(timeout=0)
            if not is_readable(receiver):
                break  # else it was time to look around
    with pytest.raises(ipc.Closed):
        receiver.fileno()


STORM = """
    import random, time
    sender = ipc.Sender("storm")
    for number in range(10000):
        sender.send(number)
        if random.random() < 0.05:
            time.sleep(random.random() / 5000)
    print("sent")
"""


def test_async_for_misses_nothing_of_a_storm(peer):
    async def take():
        expected = 0
        with ipc.Receiver("storm") as receiver:
            async for message in receiver:
                assert message.value == expected
                expected += 1
                if expected == 10000:
                    return

    child = peer(STORM)
    run(take())
    assert child.end() == ("sent", 0)


def test_waits_that_are_given_up_lose_nothing(peer):
    async def take():
        given_up = []
        with ipc.Receiver("storm") as receiver:
            for expected in range(10000):
                while True:
                    try:
                        patience = random.random() / 5000
                        message = await asyncio.wait_for(receiver.receive_async(), patience)
                        break
                    except asyncio.TimeoutError:
                        given_up.append(expected)
                    except ipc.Timeout:
                        raise AssertionError("it waits for ever") from None
                assert message.value == expected
        return given_up

    child = peer(STORM)
    assert run(take())
    assert child.end() == ("sent", 0)


def test_tasks_that_are_cancelled_leave_nothing_in_the_event_loop():
    async def cancel():
        loop = asyncio.get_running_loop()
        with ipc.Receiver("q") as receiver, ipc.Client("nobody") as client:
            receiver.fileno(), client.fileno()
            before = len(os.listdir("/proc/self/fd"))
            for _ in range(50):
                tasks = [
                    asyncio.ensure_future(receiver.receive_async()),
                    asyncio.ensure_future(client.call_async("method")),
                    asyncio.ensure_future(receiver.receive_async(timeout=0.001)),
                ]
                await asyncio.sleep(0.002)
                for task in tasks:
                    task.cancel()
                outcomes = await asyncio.gather(*tasks, return_exceptions=True)
                assert isinstance(outcomes[0], asyncio.CancelledError)
                assert isinstance(outcomes[1], asyncio.CancelledError)
                assert isinstance(outcomes[2], (asyncio.CancelledError, ipc.Timeout))
            assert len(os.listdir("/proc/self/fd")) == before
            assert not loops._awaited[loop]
            # Calls that were cancelled are in nobody's way.
            with ipc.Server("nobody") as server, pytest.raises(ipc.Timeout):
                server.receive(timeout=0.1)
            ipc.send("q", "still there")
            assert (await receiver.receive_async()).value == "still there"

    run(cancel())


def test_async_for_ends_when_nothing_comes_within_the_timeout():
    async def take():
        with ipc.Subscriber("t", timeout=0.05) as subscriber:
            ipc.publish("t", 1)
            got = [message.value async for message in subscriber]
            with pytest.raises(ipc.Timeout):
                await subscriber.receive_async()
            with pytest.raises(ipc.Timeout):
                await subscriber.receive_async(timeout=0)
        with ipc.Waiter("s", timeout=0.05) as waiter:
            ipc.notify("s")
            ipc.notify("s")
            counts = [count async for count in waiter]
            ipc.notify("s")
            assert await waiter.wait_async(timeout=PATIENCE) == 1
        return got, counts

    assert run(take()) == ([1], [2])


def test_several_tasks_share_a_handle():
    async def share():
        with ipc.Receiver("q") as receiver:
            tasks = [asyncio.ensure_future(receiver.receive_async()) for _ in range(20)]
            await asyncio.sleep(0)
            for number in range(20):
                ipc.send("q", number)
            return sorted(message.value for message in await asyncio.gather(*tasks))

    assert run(share()) == list(range(20))


ECHO = """
    import asyncio
    server = ipc.Server("echo")

    @server.method(idempotent=True)
    async def echo(value):
        await asyncio.sleep(value % 7 / 1000)
        return value

    @server.method
    async def count(to):
        for number in range(to):
            yield number

    @server.method
    def fail():
        raise ipc.ServiceError(7, "no", [1])

    @server.method
    async def hang():
        print("hangs")
        await asyncio.sleep(3600)

    print("ready")
    asyncio.run(server.serve_async())
"""


def test_many_calls_are_in_flight_and_answered_in_any_order(peer):
    async def call():
        with ipc.Client("echo") as client:
            for start in range(0, 1000, 50):
                numbers = range(start, start + 50)
                results = await asyncio.gather(*(client.call_async("echo", n) for n in numbers))
                assert results == list(numbers)
                # Nobody waits for the later ones until the first is there.
                calls = [client.start("echo", n) for n in numbers]
                assert [await one for one in calls] == list(numbers)
            assert [part async for part in client.start("count", 5)] == list(range(5))
            with pytest.raises(ipc.ServiceError) as caught:
                await client.call_async("fail")
            assert (caught.value.code, caught.value.data) == (7, [1])
            with pytest.raises(ipc.ServiceError, match="no method"):
                await client.call_async("nothing")
            assert not client._calls
            assert not is_readable(client)

    child = peer(ECHO)
    assert child.ready() == "ready"
    run(call())


def test_a_server_that_is_killed_is_heard_of_by_each_call(peer):
    child = peer(ECHO)
    assert child.ready() == "ready"

    async def call():
        with ipc.Client("echo") as client:
            calls = [client.start("hang") for _ in range(5)]
            tasks = [asyncio.ensure_future(one.result_async()) for one in calls]
            await asyncio.sleep(0)
            for _ in calls:
                assert child.ready() == "hangs"
            child.process.send_signal(signal.SIGKILL)
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(one) for one in outcomes] == [ipc.ServerDied] * 5

    run(call())


def test_a_reply_that_nobody_waits_for_does_not_keep_the_event_loop_busy():
    looks = []

    class Counted(ipc.Client):
        def _collect(self):
            looks.append(1)
            super()._collect()

    async def call():
        with Counted("echo") as client, ipc.Server("echo") as server:
            slow, quick = client.start("slow"), client.start("quick")
            requests = [await server.receive_async(), await server.receive_async()]
            requests[1].reply(2)
            with pytest.raises(ipc.Timeout):
                await slow.result_async(timeout=0.5)
            assert await quick == 2

    run(call())
    assert 0 < len(looks) < 200  # about 17: every 30 ms


def test_a_call_that_another_task_cancels_ends_at_once():
    async def cancel():
        with ipc.Client("nobody") as client:
            call = client.start("method")
            task = asyncio.ensure_future(call.result_async())
            await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(ipc.Cancelled):
                await task
            with pytest.raises(ipc.Timeout):
                await client.call_async("method", timeout=0.05)

    run(cancel())


def test_closing_a_handle_ends_the_wait_of_a_task():
    async def close(closing):
        receiver, client = ipc.Receiver("q"), ipc.Client("nobody")
        tasks = [
            asyncio.ensure_future(receiver.receive_async()),
            asyncio.ensure_future(client.call_async("method")),
        ]
        await asyncio.sleep(0.01)
        closing(receiver)
        closing(client)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in outcomes] == [ipc.Closed] * 2

    run(close(lambda handle: handle.close()))
    run(close(lambda handle: threading.Timer(0.05, handle.close).start()))


def test_a_message_of_a_receiver_that_was_killed_comes_by_the_descriptor(peer):
    ipc.send("q", "precious")
    child = peer("""
        message = ipc.Receiver("q").receive(timeout=30)
        print(message.value)
        import time; time.sleep(60)
    """)
    assert child.ready() == "precious"

    async def take():
        with ipc.Receiver("q") as receiver:
            task = asyncio.ensure_future(receiver.receive_async())
            await asyncio.sleep(0.01)
            child.process.send_signal(signal.SIGKILL)
            message = await task
            return message.value, message.redelivered

    assert run(take()) == ("precious", True)


def test_one_wait_for_handles_of_several_kinds():
    with ipc.Receiver("q") as receiver, ipc.Watcher("state") as watcher:
        with ipc.Waiter("signal") as waiter, ipc.Server("echo") as server:
            with ipc.Client("echo") as client, ipc.Subscriber("t") as subscriber:
                handles = [receiver, watcher, waiter, server, client, subscriber]
                with pytest.raises(ipc.Timeout):
                    ipc.wait(handles, timeout=0.02)
                call = client.start("double", 4)
                assert ipc.wait(handles, timeout=PATIENCE) is server
                request = server.receive(timeout=0)
                threading.Timer(0.05, request.reply, (8,)).start()
                assert ipc.wait(handles, timeout=PATIENCE) is client
                assert call.result(timeout=0) == 8
                for act, handle in (
                    (lambda: ipc.send("q", 1), receiver),
                    (lambda: ipc.set("state", 1), watcher),
                    (lambda: ipc.notify("signal"), waiter),
                    (lambda: ipc.publish("t", 1), subscriber),
                ):
                    threading.Timer(0.02, act).start()
                    assert ipc.wait(handles, timeout=PATIENCE) is handle
                    assert handle.receive(timeout=0).value == 1
    with pytest.raises(TypeError):
        ipc.wait([ipc.Publisher("t")])


def test_a_forked_child_has_an_event_loop_of_its_own(peer):
    child = peer("""
        import asyncio, os

        async def take(receiver):
            return (await receiver.receive_async(timeout=20)).value

        receiver = ipc.Receiver("q")
        receiver.fileno()
        pid = os.fork()
        if pid == 0:
            try:
                receiver.fileno()
            except ipc.Forked:
                print("forked", asyncio.run(take(ipc.Receiver("own"))))
            os._exit(0)
        print("value", asyncio.run(take(receiver)))
        os.waitpid(pid, 0)
    """)
    ipc.send("q", 5)
    assert child.ready() == "value 5"
    ipc.send("own", 6)
    assert child.ready() == "forked 6"
    assert child.end() == ("", 0)


def test_handles_and_calls_that_are_dropped_go_with_their_threads(peer):
    child = peer("""
        import asyncio, gc, os, time

        def await_threads(count):
            # One that has ended is seen for a little longer; the test ends this process.
            while len(os.listdir("/proc/self/task")) != count:
                time.sleep(0.001)

        async def timed_out(awaitable):
            try:
                await awaitable
            except ipc.Timeout:
                return True

        async def drop():
            for _ in range(10):
                receiver, client = ipc.Receiver("q"), ipc.Client("nobody")
                assert await timed_out(receiver.receive_async(timeout=0.001))
                assert await timed_out(client.call_async("method", timeout=0.001))
                client.start("method")
                # On a busy machine it may have been too late to wait.
                assert receiver.fileno() != client.fileno()
                await_threads(3)
                del receiver, client
                gc.collect()

        asyncio.run(drop())
        await_threads(1)
        print("alone")
    """)
    assert child.end() == ("alone", 0)


def test_peers_and_plugins_are_watched_by_tasks():
    async def watch():
        with ipc.PeerWatcher("q") as watcher, ipc.Host("host") as host:
            events = asyncio.ensure_future(host.receive_async(timeout=PATIENCE))
            peers = asyncio.ensure_future(watcher.receive_async(timeout=PATIENCE))
            await asyncio.sleep(0.01)
            with ipc.Receiver("q"):
                peer = await peers
                host.start("true", "/bin/true")
                event = await events
                return peer.up, peer.peer.role, event.event

    assert run(watch()) == (True, "receive", "started")


def test_a_tap_cannot_be_awaited():
    async def take():
        with ipc.Subscriber("t", tap=True) as tap, pytest.raises(ipc.Misuse, match="tap"):
            await tap.receive_async()

    run(take())
