"""Verifies the rover: the detector finds what is there, the logger records it, the display shows
it, and none of them stops another one by dying. The last line is "<n> passed, <m> failed"."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np

import detector
import rover
import simpleipc as ipc

SOON = 20  # seconds; the machine may be busy
GREEN = (64, 255, 96)
KEPT = 200  # frames


class Verdicts:
    passed = failed = 0

    def expect(self, name, found, wanted=True):
        if found == wanted:
            self.passed += 1
            print("ok", name, flush=True)
        else:
            self.failed += 1
            print(f"FAILED {name}: found: {found}; wanted: {wanted}", flush=True)


class Rover:
    """The programs, and what camera and detector have published."""

    def __init__(self, host, commands):
        self.host, self.commands, self.pids = host, commands, {}
        self.camera = ipc.Subscriber("rover.frames", timeout=0)
        self.detector = ipc.Subscriber("rover.rocks", lossless=True, timeout=0)
        self.frames, self.rocks = {}, []

    def start(self, name):
        program, *arguments = self.commands[name]
        self.host.start(name, program, arguments, restarts=0)
        self.pids[name] = self.hear(name, "started").pid

    def kill(self, name):
        os.kill(self.pids[name], signal.SIGKILL)
        self.hear(name, "given_up")

    def hear(self, name, wanted):
        """Waits until this has happened to a program."""
        while True:
            event = self.host.receive(timeout=SOON)
            if event.event == "output":
                print(event.plugin, "says:", event.text)
            if (event.plugin, event.event) == (name, wanted):
                return event

    def look(self):
        for message in self.camera:
            self.frames[message.capture_time_ns] = (message.sequence, message.value.copy())
            for oldest in list(self.frames)[:-KEPT]:
                del self.frames[oldest]
        for message in self.detector:
            self.rocks.append((message.capture_time_ns, message.value))

    def until(self, is_so):
        """Looks on until this holds; whether it did soon."""
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            self.look()
            if is_so():
                return True
            time.sleep(0.01)
        return False

    def more(self, of, count):
        """Looks on until this camera's or detector's list has grown by so much."""
        goal = len(self.rocks) + count
        newest = max(self.frames, default=0)
        if of == "rocks":
            return self.until(lambda: len(self.rocks) >= goal)
        return self.until(lambda: sum(captured > newest for captured in self.frames) >= count)


def spots(frame):
    """The boxes round the connected spots that are bluer than red, found pixel by pixel."""
    left_over = set(zip(*(frame[:, :, 2] > frame[:, :, 0]).nonzero()))
    while left_over:
        edge = [left_over.pop()]
        spot = list(edge)
        while edge:
            y, x = edge.pop()
            near = {(y + j, x + i) for j in (-1, 0, 1) for i in (-1, 0, 1)} & left_over
            left_over -= near
            edge += near
            spot += near
        ys, xs = zip(*spot)
        yield min(xs), min(ys), max(xs) + 1, max(ys) + 1


def agree(frame, boxes):
    """Whether each box is the smallest round the spots in it, and none that matters is outside."""
    there = list(spots(frame))
    for x, y, width, height in boxes:
        right, bottom = x + width, y + height
        inside = [s for s in there if x <= s[0] and y <= s[1] and s[2] <= right and s[3] <= bottom]
        there = [spot for spot in there if spot not in inside]
        lefts, tops, rights, bottoms = zip(*inside)
        if (min(lefts), min(tops), max(rights), max(bottoms)) != (x, y, right, bottom):
            return False
    return all(min(s[2] - s[0], s[3] - s[1]) < detector.SMALLEST for s in there)


def drawn(frame, boxes):
    """What the display is to show."""
    picture = frame.copy()
    for x, y, width, height in boxes:
        is_edge = np.zeros(frame.shape[:2], bool)
        is_edge[max(y - 2, 0) : y + height + 2, max(x - 2, 0) : x + width + 2] = True
        is_edge[y : y + height, x : x + width] = False
        picture[is_edge] = GREEN
    return picture


def check_rocks(verdicts, there):
    verdicts.expect("camera and detector publish", there.more("rocks", 30))
    shapes = {(frame.shape, frame.dtype.name) for _, frame in there.frames.values()}
    verdicts.expect("frames have 240 rows of 320 pixels", shapes, {((240, 320, 3), "uint8")})
    found = [(there.frames[when], value) for when, value in there.rocks if when in there.frames]
    named = [value["frame"] for _, value in found]
    verdicts.expect("rocks are of frames", named, [sequence for (sequence, _), _ in found])
    verdicts.expect("there are some", sum(len(value["boxes"]) for _, value in found) > 20)
    wrong = [value for (_, frame), value in found[::3] if not agree(frame, value["boxes"])]
    verdicts.expect("boxes are round all rocks", wrong, [])


def check_display(verdicts, there, work):
    path = work / "picture.ppm"
    display = subprocess.Popen([*there.commands["display"], path])
    ended = there.until(lambda: display.poll() is not None)
    verdicts.expect("the display writes a picture", (ended, display.returncode), (True, 0))
    if not path.exists():
        display.kill()
        return
    there.more("rocks", 1)
    header, pixels = path.read_bytes().split(b"\n255\n", 1)
    verdicts.expect("of the size of a frame", header, b"P6\n320 240")
    wanted = [
        drawn(there.frames[when][1], value["boxes"]).tobytes()
        for when, value in there.rocks
        if when in there.frames
    ]
    verdicts.expect("it is a frame with boxes round its rocks", pixels in wanted)


def check_deaths(verdicts, there, record):
    there.kill("detector")
    verdicts.expect("the camera goes on without a detector", there.more("frames", 20))
    newest = max(sequence for sequence, _ in there.frames.values())
    recorded = f'"frames","frame":{newest},'
    verdicts.expect("so does the logger", there.until(lambda: recorded in record.read_text()))
    there.start("detector")
    verdicts.expect("a new detector finds rocks", there.more("rocks", 5))

    there.host.stop("logger")
    there.more("rocks", 1)
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    frames = [line for line in lines if line["topic"] == "frames"]
    steps = [after["frame"] - before["frame"] - 1 for before, after in zip(frames, frames[1:])]
    missed = [line["missed"] for line in frames[1:]]
    verdicts.expect("the record counts the frames that are not in it", missed, steps)
    rocks = [
        (line["captured_ns"], line["frame"], line.get("boxes", []))
        for line in lines
        if line["topic"] == "rocks"
    ]
    wanted = [(when, value["frame"], value["boxes"]) for when, value in there.rocks]
    verdicts.expect("it has all rocks", rocks, wanted[: len(rocks)])
    verdicts.expect("up to its end", len(rocks) > 30)

    there.start("logger")
    there.until(lambda: any(peer.language == "go" for peer in ipc.peers("rover.rocks")))
    there.kill("logger")
    verdicts.expect("a detector does not wait for a dead logger", there.more("rocks", 20))
    there.kill("camera")
    there.start("camera")
    verdicts.expect("a new camera is looked at by the same detector", there.more("rocks", 5))


def processes(channels):
    """Those whose channels are there."""
    there = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"SIPC_DIR={channels}\0".encode() in path.read_bytes():
                there.append(path.parent.name)
        except OSError:
            pass  # it has ended meanwhile
    return there


@contextlib.contextmanager
def command_of_the_rover():
    """The one command; ended, whatever comes."""
    path = pathlib.Path(__file__).with_name("run")
    with subprocess.Popen([path], stdout=subprocess.PIPE, text=True) as command:
        try:
            yield command
        finally:
            command.terminate()


def check_command(verdicts, command):
    """It is ended as by Ctrl-C."""
    channels = pathlib.Path(command.stdout.readline().split()[-1])
    shown = ""
    while "rocks: " not in shown:
        shown = command.stdout.readline() or "it has ended; no rocks: "
    verdicts.expect("one command shows rocks", shown[:5], "frame")
    verdicts.expect("of four programs", len(processes(channels)), 4)
    command.send_signal(signal.SIGINT)
    rest = command.communicate(timeout=SOON)[0]
    verdicts.expect("it ends well", command.returncode, 0)
    verdicts.expect("the logger has a last word", len(re.findall("recorded [1-9]", rest)), 1)
    verdicts.expect("no process is left", processes(channels), [])
    verdicts.expect("nor are channels", channels.exists(), False)


def main():
    verdicts = Verdicts()
    with rover.folders() as (work, channels):
        commands = rover.programs(work)
        with ipc.Host("crew") as host:
            there = Rover(host, commands)
            there.start("logger")
            logs = there.until(lambda: len(ipc.peers("rover.rocks")) == 2)
            verdicts.expect("the logger waits for the others", logs)
            there.start("detector")
            there.start("camera")
            check_rocks(verdicts, there)
            check_display(verdicts, there, work)
            check_deaths(verdicts, there, work / "record.jsonl")
        there.camera.close()
        there.detector.close()
        verdicts.expect("no process is left", processes(channels), [])
        ipc.clean(age_max=0)
        verdicts.expect("no channel is left", os.listdir(channels), [])
    with command_of_the_rover() as command:
        check_command(verdicts, command)
    print(f"{verdicts.passed} passed, {verdicts.failed} failed")
    sys.exit(verdicts.failed > 0)


if __name__ == "__main__":
    main()
