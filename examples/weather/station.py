"""Runs the weather station: starts its programs, and starts again whichever ends, until Ctrl-C."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import simpleipc as ipc

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HERE = pathlib.Path(__file__).parent
KINDS = ("temperature", "wind", "pressure")
PAUSE = 5  # seconds until a program that has ended is started again; long enough to see it missing
PORT = 8080


@contextlib.contextmanager
def folders():
    """A folder for what is built, and one for the channels of this station alone."""
    with (
        tempfile.TemporaryDirectory(prefix="sipc-weather-") as work,
        tempfile.TemporaryDirectory(prefix="sipc-weather-", dir="/dev/shm") as channels,
    ):
        os.environ["SIPC_DIR"] = channels
        yield pathlib.Path(work), pathlib.Path(channels)


def programs(work, port):
    """What the station consists of: the arguments of each program, by its name."""
    solver = work / "solver"
    sources = [HERE / "forecast.f90", HERE / "solver.f90"]
    compiler = HERE / "../../bindings/fortran/compile"
    subprocess.run([compiler, work, solver, *sources], check=True)
    server = ["php", "-d", "ffi.enable=1", "-S", f"127.0.0.1:{port}", "-t", HERE / "page"]
    drivers = {kind: [sys.executable, "-B", HERE / "sensor.py", kind] for kind in KINDS}
    return drivers | {"solver": [solver], "page": server}


def free_port(wanted):
    """This port of the machine itself, or another one if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# snippet-begin
def run(host, commands):
    """Starts all, and says what becomes of them."""
    for name, (program, *arguments) in commands.items():
        host.start(name, program, arguments, restarts=0)
    for event in host:
        if event.event == "output" and event.plugin == "page":
            continue  # the web server tells of each request
        process = event.pid and f"process {event.pid}"
        by = event.signal and f"signal {event.signal}"
        told = filter(None, [event.event, event.text, process, by])
        print(f"{event.plugin:<12}", ", ".join(told), flush=True)
        if event.event == "given_up":
            time.sleep(PAUSE)
            program, *arguments = commands[event.plugin]
            host.start(event.plugin, program, arguments, restarts=0)


# snippet-end


def end(*_):
    """Once: tidying up is not to be interrupted."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit()


def main():
    for number in ENDS:
        signal.signal(number, end)
    with folders() as (work, channels):
        port = free_port(PORT)
        commands = programs(work, port)
        print(f"The page is http://127.0.0.1:{port}/")
        print(f"To look on: SIPC_DIR={channels} sipc subscribe weather.wind", flush=True)
        with ipc.Host("station") as host:
            run(host, commands)


if __name__ == "__main__":
    main()
