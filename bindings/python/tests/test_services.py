"""Services: calls, results, errors, streams, and what happens when a server dies."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

import simpleipc as ipc

CALC = """
server = ipc.Server("calc")

@server.method
def add(a: int, b: int) -> int:
    "The sum."
    return a + b

@server.method(idempotent=True)
def mean(frame):
    return float(frame.mean())

@server.method
def withdraw(amount):
    raise ipc.ServiceError(17, "the account is empty", {"left": 3})

@server.method
def count(end):
    for number in range(end):
        yield number
    return "end"

@server.method
def broken():
    return 1 // 0

@server.method
def unsendable(size):
    return bytearray(size) if size else object()

@server.method
def stop():
    server.interrupt()

print("serving")
server.serve()
print("stopped")
"""


@pytest.fixture
def calc(peer):
    other = peer(CALC)
    assert other.ready() == "serving"
    return other


def test_a_call_has_a_result(calc):
    assert ipc.call("calc", "add", 1, 2) == 3
    assert ipc.call("calc", "add", a=1, b=5, timeout=10) == 6
    with ipc.Client("calc") as client:
        calls = [client.start("add", number, 1) for number in range(10)]
        assert [call.result(10) for call in reversed(calls)] == list(range(10, 0, -1))
        frame = np.full((480, 640, 3), 9, np.uint8)
        assert client.call("mean", frame, idempotent=True) == 9.0
        client.send("stop")
    assert calc.end() == ("stopped", 0)


def test_errors_of_the_program_arrive_as_they_were_made(calc):
    with ipc.Client("calc") as client:
        with pytest.raises(ipc.ServiceError, match="the account is empty") as caught:
            client.call("withdraw", 5)
        error = caught.value
        assert (error.code, error.message, error.data) == (17, "the account is empty", {"left": 3})
        assert error.status == 28
        for code, method, args in (
            (-32601, "nonsense", ()),
            (-32602, "add", (1,)),
            (-32603, "broken", ()),
            (-32603, "unsendable", (0,)),
        ):
            with pytest.raises(ipc.ServiceError) as caught:
                client.call(method, *args)
            assert caught.value.code == code


def test_replies_of_a_stream_come_one_by_one(calc):
    with ipc.Client("calc") as client:
        call = client.start("count", 5)
        assert list(call) == [0, 1, 2, 3, 4] and call.result() == "end"
        assert client.call("count", 3) == "end"
        endless = client.start("count", 10**12)
        assert next(endless) == 0
        endless.cancel()
        assert client.call("add", 2, 2, timeout=20) == 4


def test_a_service_says_what_it_offers(calc):
    with ipc.Client("calc") as client:
        add = client.methods(timeout=10)[0]
    assert add["name"] == "add" and add["about"] == "The sum."
    assert add["args"] == [["a", "int"], ["b", "int"]]


def test_a_call_without_a_server_ends_in_time():
    with ipc.Client("nobody") as client:
        with pytest.raises(ipc.Timeout):
            client.call("add", 1, timeout=0.02)
        with ipc.Server("nobody", timeout=0) as server:
            assert list(server) == []  # it was cancelled
            call = client.start("add", 1)
            request = next(server)
            assert (request.method, request.args) == ("add", [1])
            assert not request.cancelled and not request.one_way
            with pytest.raises(ipc.Timeout):
                call.next(timeout=0)
            request.reply("one")
            with pytest.raises(ipc.Misuse):
                request.reply("again")
            assert call.result(5) == "one"
            call = client.start("add", 1)
            request = server.receive(5)
            del call
            assert request.cancelled
            with pytest.raises(ipc.Cancelled):
                request.push(1)


def test_a_server_that_is_killed_is_an_error_or_another_try(peer):
    victim = """
        import signal
        for request in ipc.Server("work"):
            print("taken")
            signal.pause()
    """
    other = peer(victim)
    with ipc.Client("work") as client:
        call = client.start("do")
        assert other.ready() == "taken"
        other.process.kill()
        with pytest.raises(ipc.ServerDied, match=str(other.process.pid)):
            call.result(20)
        other = peer(victim)
        call = client.start("do", idempotent=True)
        assert other.ready() == "taken"
        other.process.kill()
        third = peer("""
            ipc.Server("work").receive(20).reply("done")
        """)
        assert call.result(20) == "done"
        assert third.end() == ("", 0)


def test_the_quickstart_calls_its_server():
    folder = pathlib.Path(__file__).parent.parent
    with subprocess.Popen([sys.executable, folder / "quickstart_serve.py"]) as server:
        called = subprocess.run(
            [sys.executable, folder / "quickstart_call.py"],
            capture_output=True,
            text=True,
            timeout=30,
        )
        server.terminate()
    assert (called.stdout, called.stderr) == ("3\n", "")
