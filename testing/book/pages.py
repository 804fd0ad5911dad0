"""Runs the blocks of the book that show a terminal, in the order of each page.

A block is one of these: lines after `$ ` are typed, lines after `> ` go on with them, all others
are what must come back.

    ```console
    $ sipc get speed
    30
    ```

`...` stands for any text within a line, and alone in a line for any lines. What a command prints is
not looked at when nothing is shown below it. Each must end with status 0, unless `; echo $?` shows
another. A page is one shell, which begins in the root of the repository with a channel directory of
its own and `sipc`, `python3` and pkg-config at hand. `<!-- needs: fpc -->` in a page names programs
without which it is left out; so it is where the command of `<!-- tries: perl -MX -e 1 -->` fails.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "--- ended:"
# A page that hangs, not one that is slow: the first one installs everything.
PAGE_SECONDS_MAX = 600
# What a shell says of a job that was killed; when it does is its own affair.
OBITUARY = re.compile(r"^.*: line \d+: +\d+ (Killed|Terminated)\b")


class Step:
    """A command and what must come back."""

    def __init__(self, line):
        self.line = line
        self.typed = []
        self.wanted = []

    @property
    def name(self):
        return self.typed[0]


def steps_of(text):
    """The commands of all terminal blocks of a page."""
    steps, inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            steps.append(Step(number))
            steps[-1].typed.append(line[2:])
        elif inside and line.startswith("> ") and not steps[-1].wanted:
            steps[-1].typed.append(line[2:])
        elif inside:
            steps[-1].wanted.append(line)
    return steps


def script_of(steps):
    """All of them for one shell, with a mark after each."""
    lines = []
    for step in steps:
        lines += step.typed
        lines.append(f'printf "\\n{MARK} %d\\n" $?')
    return "\n".join(lines) + "\n"


def fits(wanted, found):
    """Whether these lines are those that were shown."""
    if not wanted:
        return not found
    if wanted[0] == "...":
        return any(fits(wanted[1:], found[skip:]) for skip in range(len(found) + 1))
    pattern = ".*".join(re.escape(part) for part in wanted[0].split("..."))
    return bool(found) and bool(re.fullmatch(pattern, found[0])) and fits(wanted[1:], found[1:])


def environment(place, prefix):
    """What a reader has who has followed the chapter on installing."""
    programs = [str(ROOT / "target/release"), str(Path(sys.executable).parent)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIPC_")}
    return kept | {
        "SIPC_DIR": place,
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig",
        "LD_LIBRARY_PATH": f"{prefix}/lib",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def run(steps, place, prefix):
    """What each command printed, and its status; fewer if the shell ended or hung."""
    # In a group of its own, so that what a page leaves running ends with it.
    shell = subprocess.Popen(
        ["bash", "-c", script_of(steps)],
        cwd=ROOT,
        env=environment(place, prefix),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        encoding="utf-8",
        errors="replace",
    )

    def end():
        try:
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    watchdog = threading.Timer(PAGE_SECONDS_MAX, end)
    watchdog.start()
    outcomes, lines = [], []
    for line in shell.stdout:
        line = line.rstrip("\n")
        if line.startswith(MARK):
            if lines and not lines[-1]:
                lines.pop()
            outcomes.append((lines, int(line.split()[-1])))
            lines = []
        elif not OBITUARY.match(line):
            lines.append(line)
        if len(outcomes) == len(steps):
            break
    watchdog.cancel()
    end()
    shell.wait()
    shell.stdout.close()
    return outcomes + [(lines, None)] * (len(steps) - len(outcomes))


def complaint(step, found, status):
    """Why a step has failed, or None."""
    said = " | ".join(found)[-600:]
    if status is None:
        return f"does not end: {said}"
    if status != 0:
        return f"status {status}: {said}"
    if step.wanted and not fits(step.wanted, found):
        return f"printed: {said}"
    return None


def check_page(page, prefix):
    """Runs one page; how many steps went well and how many did not."""
    text = page.read_text()
    steps = steps_of(text)
    missing = [
        program
        for needed in re.findall(r"<!-- needs: (.*?) -->", text)
        for program in needed.split()
        if shutil.which(program) is None
    ] + [
        command
        for command in re.findall(r"<!-- tries: (.*?) -->", text)
        if subprocess.run(["sh", "-c", command], capture_output=True).returncode != 0
    ]
    name = page.relative_to(ROOT)
    if not steps or missing:
        if missing:
            print(f"left out {name}: there is no {' '.join(missing)}")
        return 0, 0
    place = tempfile.mkdtemp(prefix="sipc-book-", dir="/dev/shm")
    try:
        outcomes = run(steps, place, prefix)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    failed = 0
    for step, (found, status) in zip(steps, outcomes):
        why = complaint(step, found, status)
        failed += why is not None
        verdict = f"FAILED {name}:{step.line}" if why else f"ok {name}"
        print(f"{verdict}: {step.name}: {why}" if why else f"{verdict}: {step.name}")
        if status is None:
            break
    return len(steps) - failed, failed


def check_itself():
    """The comparison can fail."""
    page = "```console\n$ a\n1\n$ b <<E\n> c\n```\ntext\n```\n$ d\n```\n"
    steps = steps_of(page)
    assert [(s.typed, s.wanted) for s in steps] == [(["a"], ["1"]), (["b <<E", "c"], [])]
    assert fits(["a ... c", "...", "e"], ["a b c", "x", "y", "e"])
    assert not fits(["a"], ["b"]) and not fits(["a"], ["a", "b"]) and not fits(["a", "..."], [])
    assert complaint(steps[0], ["1"], 0) is None and complaint(steps[0], ["2"], 0)
    assert complaint(steps[1], ["2"], 0) is None and complaint(steps[1], [], 3)


def main(names):
    check_itself()
    pages = [Path(name).resolve() for name in names] or sorted((ROOT / "docs").rglob("*.md"))
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="sipc-book-") as prefix:
        install = [str(ROOT / "bindings/c/install.sh"), prefix]
        libraries = {**os.environ, "SIPC_LIB_DIR": str(ROOT / "target/release")}
        subprocess.run(install, check=True, env=libraries)
        for page in pages:
            good, bad = check_page(page, prefix)
            passed, failed = passed + good, failed + bad
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
