"""A driver of the weather station: reads the sensors of one kind at all sites, twice a second, and
publishes the readings on the topic weather.KIND.

    python sensor.py temperature|wind|pressure [SEED]

No sensors are needed: the weather is made up, the same for the same seed and time. It passes 600
times as fast as outside.
"""

import math
import random
import signal
import sys
import time

import simpleipc as ipc

PERIOD_NS = 500_000_000
MINUTES_PER_READING = 5
HISTORY = 60  # readings that latecomers may have: five hours

# Where the sensors stand: kilometres east and north of the map's corner, metres above the sea.
SITES = {
    "Harbour": (24, 30, 3),
    "Lighthouse": (14, 98, 20),
    "Airport": (64, 62, 40),
    "Forest": (112, 26, 180),
    "Ridge": (118, 94, 640),
    "Valley": (158, 60, 210),
}


def wave(minute, hours, phase=0.0):
    return math.sin(2 * math.pi * (minute / 60 / hours + phase))


def temperature(minute, east, height, chance):
    """Warm days and cool nights, less so at the sea in the west; cooler with the height."""
    swing = 2.5 + 4.5 * min(east / 120, 1)
    front = 3 * wave(minute, 31, -east / 400)
    return {"celsius": 15 - 0.0065 * height + swing * wave(minute, 24, -0.4) + front + chance(0.1)}


def wind(minute, east, height, chance):
    """It turns slowly, comes later in the east, and blows harder on the heights."""
    speed = (6 + 2.5 * wave(minute, 7, -east / 300)) * (1 + height / 1500) + chance(0.4)
    return {"speed": max(speed, 0), "from": (250 + 70 * wave(minute, 17, -east / 900)) % 360}


def pressure(minute, east, height, chance):
    """Reduced to the level of the sea."""
    return {"hpa": 1013 + 9 * wave(minute, 40, -east / 2500) + chance(0.05)}


def readings(measure, seed, tick):
    """What the sensors say at this tick of the clock: a map for each site."""
    minute = tick * MINUTES_PER_READING
    for site, (east, north, height) in SITES.items():
        chance = random.Random(f"{seed} {measure.__name__} {site} {tick}")
        measured = measure(minute, east, height, lambda deviation: chance.gauss(0, deviation))
        yield {"site": site, "east": east, "north": north, "minute": minute} | {
            name: round(value, 2) for name, value in measured.items()
        }


def main(kind, seed="1"):
    measure = {"temperature": temperature, "wind": wind, "pressure": pressure}[kind]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # snippet-begin
    with ipc.Publisher(f"weather.{kind}", history=HISTORY) as publisher:
        tick = ipc.now_ns() // PERIOD_NS
        while True:
            publisher.publish(list(readings(measure, seed, tick)), tick * PERIOD_NS)
            tick += 1
            time.sleep(max(tick * PERIOD_NS - ipc.now_ns(), 0) / 1e9)
    # snippet-end


if __name__ == "__main__":
    main(*sys.argv[1:])
