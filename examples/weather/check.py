"""Verifies the weather station: its page shows what the sensors say, and tells of whoever is killed
until it is there again. The last line is "<n> passed, <m> failed"."""

import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request
import zlib

import sensor
import simpleipc as ipc
import station

SOON = 20  # seconds; the machine may be busy
MEASURES = {"temperature": sensor.temperature, "wind": sensor.wind, "pressure": sensor.pressure}


class Verdicts:
    passed = failed = 0

    def expect(self, name, found, wanted=True):
        if found == wanted:
            self.passed += 1
            print("ok", name, flush=True)
        else:
            self.failed += 1
            print(f"FAILED {name}: found: {found}; wanted: {wanted}", flush=True)


class Page:
    """What the web server of a station answers."""

    def __init__(self, address):
        self.address = address

    def get(self, path=""):
        with urllib.request.urlopen(self.address + path, timeout=SOON) as answer:
            return answer.read().decode()

    def data(self):
        return json.loads(self.get("data.php"))

    def until(self, is_so):
        """The first data of which this holds; none if there are none soon."""
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            try:
                data = self.data()
            except OSError:  # the web server is not there yet
                data = None
            if data and is_so(data):
                return data
            time.sleep(0.05)
        return None


class Station(Page):
    """The programs, and all that the sensors have published before the page was last asked for."""

    def __init__(self, host, commands, port):
        super().__init__(f"http://127.0.0.1:{port}/")
        self.host, self.commands, self.pids = host, commands, {}
        self.topics = {kind: ipc.Subscriber(f"weather.{kind}", timeout=0) for kind in MEASURES}
        self.published = {kind: [] for kind in MEASURES}

    def get(self, path=""):
        text = super().get(path)
        for kind, topic in self.topics.items():
            self.published[kind] += [message.value for message in topic]
        return text

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
            if event.event == "output" and event.plugin != "page":
                print(event.plugin, "says:", event.text)
            if (event.plugin, event.event) == (name, wanted):
                return event


def is_complete(data):
    return data["field"]["map"] and all(len(data[kind]["readings"]) > 2 for kind in MEASURES)


def check_readings(verdicts, there, data):
    for kind, measure in MEASURES.items():
        shown = data[kind]["readings"]
        unknown = [reading for reading in shown if reading not in there.published[kind]]
        verdicts.expect(f"{kind}: the page has what the sensors have published", unknown, [])
        ticks = [reading[0]["minute"] // sensor.MINUTES_PER_READING for reading in shown]
        wanted = [list(sensor.readings(measure, "1", tick)) for tick in ticks]
        verdicts.expect(f"{kind}: which is the weather of the seed", shown, wanted)
        verdicts.expect(f"{kind}: its driver is known", data[kind]["driver"], there.pids[kind])


def check_field(verdicts, there, data):
    field = data["field"]["map"]
    cells = [cell for row in field for cell in row]
    verdicts.expect("the map has 48 rows of 72 cells", (len(field), len(cells)), (48, 48 * 72))
    # Cells are means of what was measured, rounded to single precision.
    measured = [site["celsius"] for reading in there.published["temperature"] for site in reading]
    is_within = min(measured) - 0.001 <= min(cells) and max(cells) <= max(measured) + 0.001
    verdicts.expect("no cell is outside of what was measured", is_within)
    newest = {site["site"]: site["celsius"] for site in data["temperature"]["readings"][-1]}
    for name, (east, north, _) in sensor.SITES.items():
        error = field[int(north / 2.5)][int(east / 2.5)] - newest[name]
        verdicts.expect(f"{name}: the map agrees with the thermometer", abs(error) < 2.5 or error)
    verdicts.expect("the solver is known", data["field"]["solver"], there.pids["solver"])


def check_page(verdicts, there):
    text = there.get()
    cards = re.findall(r'<h2>(\w+)</h2><p class="celsius ">(-?[0-9.]+)<', text)
    told = [
        [(site["site"], f"{site['celsius']:.1f}") for site in reading]
        for reading in there.published["temperature"]
    ]
    verdicts.expect("the page has a card for each site, as published", cards in told or cards)
    verdicts.expect("nobody is said to be missing", "missing" in text, False)
    png = base64.b64decode(re.search(r'data:image/png;base64,([^"]+)', text)[1])
    size = int.from_bytes(png[33:37], "big")
    pixels = zlib.decompress(png[41 : 41 + size])
    verdicts.expect("its picture has a pixel for each cell", len(pixels), 48 * (1 + 3 * 72))


def check_deaths(verdicts, there):
    there.kill("temperature")
    data = there.until(lambda data: data["temperature"]["driver"] is None)
    verdicts.expect("a driver that was killed is missing", data is not None)
    verdicts.expect("the page says so", "Thermometers are missing: the last" in there.get())
    last = data["temperature"]["readings"]
    data = there.until(lambda data: data["minute"] > last[-1][0]["minute"] + 30)
    verdicts.expect("its last readings stay", data["temperature"]["readings"], last)
    data = there.until(lambda data: data["temperature"]["age"] - data["field"]["age"] > 3)
    verdicts.expect("the solver goes on without them", data is not None)
    there.start("temperature")
    data = there.until(
        lambda data: data["temperature"]["driver"] == there.pids["temperature"]
        and data["temperature"]["readings"][-1] not in last
    )
    verdicts.expect("it is started again, and its readings are shown", data is not None)
    verdicts.expect("the page does not say so any more", "missing" in there.get(), False)

    there.kill("solver")
    data = there.until(lambda data: data["field"]["solver"] is None)
    verdicts.expect("a solver that was killed is missing", data is not None)
    verdicts.expect("the page says so", "The solver is missing: the last" in there.get())
    left, minute = data["field"]["map"], data["minute"]
    data = there.until(lambda data: data["minute"] > minute + 30)
    verdicts.expect("its last map stays", data["field"]["map"] == left)
    there.start("solver")
    data = there.until(
        lambda data: data["field"]["solver"] == there.pids["solver"]
        and data["field"]["map"] != left
    )
    verdicts.expect("it is started again, and its maps are shown", data is not None)


@contextlib.contextmanager
def command_of_the_station():
    """The one command; ended, whatever comes."""
    path = pathlib.Path(__file__).with_name("run")
    with subprocess.Popen([path], stdout=subprocess.PIPE, text=True) as command:
        try:
            yield command
        finally:
            command.terminate()


def check_command(verdicts, command):
    """It is ended as by Ctrl-C."""
    lines = [command.stdout.readline() for _ in range(2)]
    page = Page(re.search("http://[^/]+/", lines[0])[0])
    channels = pathlib.Path(re.search("SIPC_DIR=([^ ]+)", lines[1])[1])
    verdicts.expect("one command starts all", page.until(is_complete) is not None)
    command.send_signal(signal.SIGINT)
    rest = command.communicate(timeout=SOON)[0]
    verdicts.expect("it ends well", command.returncode, 0)
    pids = re.findall("started, process ([0-9]+)", rest)
    verdicts.expect("five programs were started", len(pids), 5)
    verdicts.expect("none is left", [pid for pid in pids if os.path.exists(f"/proc/{pid}")], [])
    verdicts.expect("nor are channels", channels.exists(), False)


def main():
    verdicts = Verdicts()
    with station.folders() as (work, channels):
        port = station.free_port(0)
        with ipc.Host("station") as host:
            there = Station(host, station.programs(work, port), port)
            for name in there.commands:
                there.start(name)
            data = there.until(is_complete)
            verdicts.expect("the page is there, and all that it shows", data is not None)
            if data:
                check_readings(verdicts, there, data)
                check_field(verdicts, there, data)
                check_page(verdicts, there)
                check_deaths(verdicts, there)
        for topic in there.topics.values():
            topic.close()
        left = [name for name, pid in there.pids.items() if os.path.exists(f"/proc/{pid}")]
        verdicts.expect("no process is left", left, [])
        ipc.clean(age_max=0)
        verdicts.expect("no channel is left", os.listdir(channels), [])
    with command_of_the_station() as command:
        check_command(verdicts, command)
    print(f"{verdicts.passed} passed, {verdicts.failed} failed")
    sys.exit(verdicts.failed > 0)


if __name__ == "__main__":
    main()
