"""A worker of the comparison in Python: one end, or both, of one system doing one work.

    python worker.py work=pingpong role=b system=simpleipc wait=spin sizes=8,64 dir=/dev/shm/x
    python worker.py work=pingpong role=a system=simpleipc wait=spin sizes=8,64 dir=/dev/shm/x

It prints `ready`, waits for the line `go`, works, prints lines `result key=value ...` and `done`,
and ends when its input is closed or has a line. Systems whose ends need a common parent run as
`role=ab core_b=1`: one worker that forks its partner. requirements.txt says what has to be there,
besides the wheel of bindings/python.
"""

import time

STARTED_NS = time.monotonic_ns()  # the work `start` counts from here

import importlib
import os
import signal
import sys
from dataclasses import dataclass, field, replace

SYSTEMS = {
    "simpleipc": "simpleipc",
    "simpleipc-stamped": "simpleipc",
    "connection": "connection",
    "queue": "queue",
    "pyzmq": "pyzmq",
    "redis": "redis",
    "iceoryx2": "iceoryx2",
    "mmap": "mmap",
}
WORKS_THAT_BLOCK = ("wake", "idle")


@dataclass
class Spec:
    """What a worker is to do: the words of its command line."""

    work: str
    role: str
    system: str = "simpleipc"
    wait: str = "block"
    pattern: str = "stream"
    kind: str = "seen"
    sizes: list = field(default_factory=lambda: [64])
    budget_ms: int = 100
    count: int = 0
    gap_ms: int = 0
    inputs: int = 1
    outputs: int = 1
    index: int = 0
    core_b: int = -1
    dir: str = ""
    started_ns: int = STARTED_NS

    @property
    def is_spinning(self):
        return self.wait == "spin" and self.work not in WORKS_THAT_BLOCK

    @property
    def bytes_max(self):
        return max(64, *self.sizes, 0)

    @property
    def unique(self):
        """A prefix for names that live outside of the directory."""
        return os.path.basename(self.dir.rstrip("/"))

    def path(self, name):
        return os.path.join(self.dir, name)


def parse(words):
    values = {}
    fields = Spec.__dataclass_fields__
    for word in words:
        key, _, value = word.partition("=")
        if key not in fields:
            raise ValueError(f"there is no key {key}")
        if key == "sizes":
            values[key] = [int(size) for size in value.split(",") if size]
        else:
            values[key] = fields[key].type(value)
    return Spec(**values)


def say(line):
    print(line, flush=True)


def report(size=None, **fields):
    """Prints one result line."""
    if size is not None:
        fields = {"size": size, **fields}
    say("result " + " ".join(f"{key}={value}" for key, value in fields.items()))


def guarded(body):
    """Runs `body`; an exception becomes one line."""
    try:
        body()
        return 0
    except Exception as error:  # noqa: BLE001  (whatever it is, the runner is told)
        sentence = " ".join(f"{type(error).__name__}: {error}".split())
        say(f"error {sentence}")
        return 1


def wait_for_go():
    say("ready")
    line = sys.stdin.readline().strip()
    if line != "go":
        raise ValueError(f"the runner said {line!r} instead of go")


def work(spec):
    if spec.system not in SYSTEMS:
        raise ValueError(f"there is no system {spec.system} in Python")
    if spec.inputs != 1 or spec.outputs != 1:
        raise ValueError("Python works with one input and one output")
    system = importlib.import_module(f"systems.{SYSTEMS[spec.system]}")
    if spec.is_spinning and not system.SPINS:
        raise ValueError(f"{spec.system} has no receive that does not block")
    if (spec.role == "ab") != system.COMMON_PARENT:
        role = "ab" if system.COMMON_PARENT else "a or b"
        raise ValueError(f"{spec.system} runs with role={role}")
    if spec.work in ("start", "call") and spec.role == "ab":
        raise ValueError(f"the work {spec.work} is not for ends with a common parent")
    from works import Work

    with system.Session(spec) as session:
        if spec.role == "ab":
            work_as_couple(spec, session, Work)
        else:
            steps = Work(spec, session, report).run()
            next(steps)
            if spec.work == "start" and spec.role == "a":
                say("done")
                return
            wait_for_go()
            exhaust(steps)
        say("done")
        sys.stdin.readline()


def work_as_couple(spec, session, work_class):
    """Both roles, this process being a and one forked from it b."""
    wait_for_go()
    child = os.fork()
    if child == 0:
        if spec.core_b >= 0:
            os.sched_setaffinity(0, {spec.core_b})
        os._exit(guarded(lambda: work_as_partner(spec, session, work_class)))

    def end_with_partner(_signal, _frame):
        _, status = os.waitpid(child, 0)
        if status != 0:
            os._exit(1)  # it has said why
        partners.clear()

    partners = [child]
    signal.signal(signal.SIGCHLD, end_with_partner)
    exhaust(work_class(replace(spec, role="a"), session, report).run())
    while partners:
        time.sleep(0.001)


def work_as_partner(spec, session, work_class):
    with session:
        exhaust(work_class(replace(spec, role="b"), session, report).run())


def exhaust(steps):
    for _ in steps:
        pass


if __name__ == "__main__":
    sys.exit(guarded(lambda: work(parse(sys.argv[1:]))))
