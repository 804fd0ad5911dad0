"""A channel directory for each test, and real second processes."""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap

import pytest

from simpleipc import _native


@pytest.fixture(autouse=True)
def directory(monkeypatch):
    """Every test has its channels for itself."""
    path = tempfile.mkdtemp(prefix="sipc-python-", dir="/dev/shm")
    monkeypatch.setenv("SIPC_DIR", path)
    yield path
    _native.close_cached()
    shutil.rmtree(path)


class Peer:
    """Another Python process; `ready()` waits for a line it prints."""

    def __init__(self, code, *arguments):
        code = "import sys\nimport simpleipc as ipc\n" + textwrap.dedent(code)
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", code, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )

    def ready(self):
        return self.process.stdout.readline().strip()

    def end(self):
        """What it printed and its exit status, once it has ended."""
        output, _ = self.process.communicate(timeout=30)
        return output.strip(), self.process.returncode


@pytest.fixture
def peer():
    """Starts peers and sees to it that none is left."""
    started = []

    def start(code, *arguments):
        started.append(Peer(code, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()
