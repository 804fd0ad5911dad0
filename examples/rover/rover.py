"""Runs the rover: builds its programs, starts camera, detector and logger, and again when one dies,
and shows what the display shows, until Ctrl-C."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import simpleipc as ipc

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HERE = pathlib.Path(__file__).parent
BINDINGS = HERE / "../../bindings"
STRICT = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


@contextlib.contextmanager
def folders():
    """A folder for what is built and recorded, and one for the channels of this rover alone."""
    with (
        tempfile.TemporaryDirectory(prefix="sipc-rover-") as work,
        tempfile.TemporaryDirectory(prefix="sipc-rover-", dir="/dev/shm") as channels,
    ):
        os.environ["SIPC_DIR"] = channels
        yield pathlib.Path(work), pathlib.Path(channels)


def programs(work):
    """What the rover consists of: the arguments of each program, by its name."""
    library, include = os.environ["SIPC_LIB_DIR"], os.environ["SIPC_INCLUDE"]
    pascal = ["fpc", "-O2", "-v0ewn", "-Sew", "-l-", f"-Fu{BINDINGS}/pascal", f"-Fl{library}"]
    pascal += ["-k-rpath", f"-k{library}", f"-FU{work}", f"-o{work}/camera", HERE / "camera.pas"]
    cpp = ["c++", "-std=c++17", *STRICT, f"-I{include}", f"-I{BINDINGS}/cpp", HERE / "display.cpp"]
    cpp += ["-o", work / "display", f"-L{library}", "-lsimpleipc", f"-Wl,-rpath,{library}"]
    go = [BINDINGS / "go/toolchain", "build", "-o", work / "logger", "."]
    for command in (pascal, cpp):
        subprocess.run(command, check=True)
    subprocess.run(go, check=True, cwd=HERE / "logger")
    return {
        "camera": [work / "camera"],
        "detector": [sys.executable, "-B", HERE / "detector.py"],
        "logger": [work / "logger", work / "record.jsonl"],
        "display": [work / "display"],
    }


# snippet-begin
def run(host, commands):
    """Shows the display until it ends, and then the last words of the logger."""
    with subprocess.Popen(commands["display"]) as display:
        try:
            for name in ("camera", "detector", "logger"):
                program, *arguments = commands[name]
                host.start(name, program, arguments, restarts=1000)
            display.wait()
        finally:
            display.terminate()
            display.wait()
            host.stop("logger")
            said = (event.text for event in host if event.plugin == "logger" and event.text)
            print(next(said, "The logger has said nothing."), flush=True)


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
        print(f"Channels are in {channels}", flush=True)
        commands = programs(work)
        with ipc.Host("crew", timeout=5) as host:
            run(host, commands)


if __name__ == "__main__":
    main()
