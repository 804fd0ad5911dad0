"""Who is on a channel, and who comes and goes."""

import os
import signal
import subprocess
import sys

import pytest

import simpleipc as ipc

SOON = 20

SAYS_WHO_IT_IS = """
import simpleipc as ipc
with ipc.Publisher("t"):
    print(ipc.peers("t")[0].program)
"""

SERVER = """
    server = ipc.Server("calc")
    print("ready")
    import signal
    signal.pause()
"""


# snippet-begin
def watch_service(service):
    """Says when a server of the service comes, and when it goes."""
    told = []
    for event in ipc.PeerWatcher(service, timeout=20):
        if event.peer.role == "serve":
            told.append(f"{event.peer.program} {'serves' if event.up else 'has gone'}")
        if len(told) == 2:
            break
    return told
# snippet-end


def test_the_page_of_presence_is_right(peer):
    server = peer(SERVER)
    assert server.ready() == "ready"
    reader = peer(
        """
        import os, signal, time
        watcher = ipc.PeerWatcher("calc", timeout=20)
        pid = watcher.receive().peer.pid
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        """
    )
    told = watch_service("calc")
    program = os.path.basename(os.path.realpath(f"/proc/{os.getpid()}/exe"))
    assert told == [f"{program} serves", f"{program} has gone"]
    assert reader.end() == ("", 0)


def test_peers_say_who_they_are(peer, tmp_path):
    assert ipc.peers("t") == []
    before = ipc.now_ns()
    with ipc.Publisher("t") as publisher, ipc.Subscriber("t") as subscriber:
        first, second = ipc.peers("t")
        assert (first.pid, first.role, first.language) == (os.getpid(), "publish", "python")
        assert (second.pid, second.role, second.language) == (os.getpid(), "subscribe", "python")
        assert before <= first.since_ns <= second.since_ns <= ipc.now_ns()
        publisher.publish(1)
        assert subscriber.receive(SOON).sender == first.id
        ipc.identify("viewer", "a dialect")
        with ipc.Subscriber("t"):
            third = ipc.peers("t")[2]
        ipc.identify()
        assert (third.program, third.language) == ("viewer", "a dialect")
    with pytest.raises(ipc.BadName):
        ipc.peers("a/b")
    # The name of a script is that of the program, of a package that of its folder.
    for path, words in (("sensor.py", ["sensor.py"]), ("camera/__main__.py", ["-m", "camera"])):
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(SAYS_WHO_IT_IS)
        output = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True
        )
        assert output.stdout.strip() == path.split("/")[0]


def test_who_comes_and_goes_is_told_of_also_when_killed(peer):
    with ipc.PeerWatcher("calc") as watcher:
        with pytest.raises(ipc.Timeout):
            watcher.receive(0)
        for _ in range(2):
            server = peer(SERVER)
            came = watcher.receive(SOON)
            assert came.up and came.peer.role == "serve"
            assert came.peer.pid == server.process.pid
            server.process.send_signal(signal.SIGSTOP)
            with pytest.raises(ipc.Timeout):
                watcher.receive(0.1)
            server.process.kill()
            went = watcher.receive(SOON)
            assert not went.up and went.peer == came.peer
        with ipc.Client("calc"):
            assert next(watcher).peer.role == "call"
        assert not next(watcher).up
    assert list(ipc.PeerWatcher("calc", timeout=0)) == []


def test_a_watcher_is_waited_for_beside_others():
    with ipc.Receiver("q") as receiver, ipc.PeerWatcher("t") as watcher:
        with pytest.raises(ipc.Timeout):
            ipc.wait([receiver, watcher], 0)
        with ipc.Publisher("t"):
            assert ipc.wait([receiver, watcher], SOON) is watcher
            assert watcher.receive(0).up
        ipc.send("q", 1)
        assert ipc.wait([receiver], SOON) is receiver
