"""Hosts and their plugins, which are programs of these tests."""

import os
import signal
import sys
import textwrap
import threading
import time

import pytest

import simpleipc as ipc

SOON = 20

CALC = textwrap.dedent(
    """
    import os, sys, time
    import simpleipc as ipc

    if "quit" in sys.argv:
        print(sys.argv[-1], flush=True)
        print("a complaint", file=sys.stderr, flush=True)
        sys.exit(3)

    server = ipc.Server()

    @server.method
    def add(a, b):
        return a + b

    @server.method
    def crash():
        os.abort()

    @server.method
    def hang():
        time.sleep(3600)

    @server.method
    def end():
        os._exit(0)

    server.serve()
    """
)


@pytest.fixture
def calc(tmp_path):
    """The arguments with which Python is the plugin `calc`."""
    program = tmp_path / "calc.py"
    program.write_text(CALC)
    return [program]


# snippet-begin
def host_of(arguments):
    """Starts a plugin, calls it, and waits until it has crashed and lives again."""
    with ipc.Host("host") as host:
        host.start("calc", sys.executable, arguments, restarts=3, within=60)

        calc = host.client("calc")
        assert calc.call("add", 2, 3, timeout=20) == 5

        try:
            calc.call("crash", timeout=20)
        except ipc.ServerDied as error:
            print("the call is lost:", error)
        while True:
            event = host.receive(timeout=20)
            print(event)
            if event.event == "restarting":
                return
# snippet-end


def test_the_page_of_plugins_is_right(calc, capsys):
    host_of(calc)
    said = capsys.readouterr().out
    assert said.startswith("the call is lost: ")
    assert "Event(event='killed', plugin='calc', " in said


def until(host, wanted):
    """Takes events until one that is wanted, and returns that one and those on the way to it."""
    events = []
    while not events or events[-1].event != wanted:
        events.append(host.receive(SOON))
    return events


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return ") Z" not in file.read()  # a zombie has ended
    except FileNotFoundError:
        return False


def test_a_plugin_answers_and_ends_with_its_host(calc):
    with ipc.Host("host") as host:
        host.start("calc", sys.executable, calc)
        with pytest.raises(ipc.Misuse, match="running"):
            host.start("calc", sys.executable, calc)
        events = until(host, "ready")
        assert events[0].event == "started"
        assert events[-1].methods == ["add", "crash", "hang", "end"]
        assert (events[-1].plugin, events[-1].missed) == ("calc", 0)
        pid = events[-1].pid
        assert is_alive(pid)
        with host.client("calc") as client:
            assert client.call("add", 2, 3, timeout=SOON) == 5
            with pytest.raises(ipc.ServiceError):
                client.call("add", 1, timeout=SOON)
    assert not is_alive(pid)
    host.close()
    with pytest.raises(ipc.Closed):
        host.start("calc", sys.executable, calc)


def test_what_a_plugin_prints_is_told_line_by_line(calc):
    with ipc.Host("host") as host:
        host.start("calc", sys.executable, [*calc, "quit", "with an argument"], restarts=0)
        events = until(host, "given_up")
    told = [(event.event, event.stream, event.text, event.code) for event in events]
    assert ("output", "stdout", "with an argument", None) in told
    assert ("output", "stderr", "a complaint", None) in told
    assert ("ended", None, None, 3) in told


def test_a_crash_is_an_event_and_the_plugin_lives_again_but_not_for_ever(calc):
    with ipc.Host("host") as host:
        host.start("calc", sys.executable, calc, restarts=2, within=60)
        client = host.client("calc")
        for life in range(3):
            until(host, "ready")
            assert client.call("add", life, 1, timeout=SOON) == life + 1
            with pytest.raises(ipc.ServerDied):
                client.call("crash", timeout=SOON)
            assert until(host, "killed")[-1].signal == signal.SIGABRT
            following = host.receive(SOON)
            assert following.pid == 0
            assert following.event == ("restarting" if life < 2 else "given_up")
            assert following.after is None or following.after > 0
        with pytest.raises(ipc.Timeout):
            host.receive(0.2)


def test_a_plugin_that_hangs_is_killed_and_lives_again(calc):
    with ipc.Host("host", timeout=SOON) as host:
        # Long enough for an interpreter to start on a busy machine.
        host.start("calc", sys.executable, calc, hang_after=5)
        pid = until(host, "ready")[-1].pid
        client = host.client("calc")
        call = client.start("hang")
        for event in host:
            if event.event == "hung":
                break
        assert event.pid == pid
        with pytest.raises(ipc.ServerDied):
            call.result(SOON)
        assert until(host, "ready")[-1].pid != pid
        assert client.call("add", 1, 1, timeout=SOON) == 2


def test_a_plugin_can_be_stopped_and_started_anew(calc):
    with ipc.Host("host") as host:
        host.start("calc", sys.executable, calc)
        pid = until(host, "ready")[-1].pid
        host.stop("calc")
        assert not is_alive(pid)
        assert until(host, "killed")[-1].signal == signal.SIGTERM
        with pytest.raises(ipc.Misuse):
            host.stop("calc")
        host.start("calc", sys.executable, calc)
        until(host, "ready")
        host.client("calc").send("end")
        assert until(host, "ended")[-1].code == 0
        with pytest.raises(ipc.Timeout):  # it had done what it wanted
            host.receive(0.2)


def test_other_threads_run_while_a_deaf_plugin_is_ended():
    script = "trap '' TERM; echo deaf; while :; do sleep 1; done"
    go, has_run = threading.Event(), []
    thread = threading.Thread(target=lambda: go.wait() and has_run.append(True))
    interval = sys.getswitchinterval()
    with ipc.Host("host") as host:
        host.start("deaf", "sh", ["-c", script])
        until(host, "output")
        thread.start()
        sys.setswitchinterval(1000)  # it runs only when it is let
        try:
            go.set()
            host.stop("deaf")
            assert has_run
        finally:
            sys.setswitchinterval(interval)
            thread.join()
        assert until(host, "killed")[-1].signal == signal.SIGKILL


def test_plugins_end_with_a_host_that_is_killed(peer, calc):
    host = peer(
        """
        host = ipc.Host("host")
        host.start("calc", sys.executable, sys.argv[1:])
        for event in host:
            if event.event == "ready":
                print(event.pid)
        """,
        *map(str, calc),
    )
    pid = int(host.ready())
    assert is_alive(pid)
    host.process.kill()
    host.process.wait()
    deadline = time.monotonic() + SOON
    while is_alive(pid):
        assert time.monotonic() < deadline, "it has outlived its host"
        time.sleep(0.001)


def test_what_makes_no_plugin_is_refused(monkeypatch):
    with ipc.Host("host") as host:
        for name in ("", "a.b"):
            with pytest.raises(ipc.BadName):
                host.start(name, "true")
        with pytest.raises(ipc.Misuse):
            host.start("calc", "")
        with pytest.raises(TypeError):
            host.start("calc", "true", [1])
        host.start("ghost", "/nowhere/at/all", restarts=0)
        events = until(host, "given_up")
        assert events[0].event == "failed" and "/nowhere/at/all" in events[0].text
    monkeypatch.delenv("SIPC_PLUGIN", raising=False)
    with pytest.raises(ipc.BadName, match="SIPC_PLUGIN"):
        ipc.Server()
    monkeypatch.setenv("SIPC_PLUGIN", "host.calc")
    with ipc.Server() as server, ipc.Client("host.calc") as client:
        client.send("add", 1)
        assert next(server).args == [1]
    with pytest.raises(TypeError):
        ipc.Client(None)


def test_a_host_can_be_waited_for_beside_others(calc, directory):
    with ipc.Host("host", directory=directory) as host, ipc.Receiver("queue") as queue:
        with pytest.raises(ipc.Timeout):
            ipc.wait([queue, host], 0)
        host.start("calc", sys.executable, calc)
        assert ipc.wait([queue, host], SOON) is host
        assert host.receive(0).event == "started"
        events = ipc.Subscriber("host.events")  # anybody may look on
        os.kill(until(host, "ready")[-1].pid, signal.SIGKILL)
        while True:
            event = ipc.Event(events.receive(SOON))
            if event.event == "killed":
                break
        assert event.signal == signal.SIGKILL
