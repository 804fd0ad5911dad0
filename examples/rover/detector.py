"""The detector of the rover: looks for rocks in the newest frame of the topic rover.frames, where
the frame lies, and publishes their boxes on the topic rover.rocks."""

import signal
import sys

import numpy as np

import simpleipc as ipc

SMALLEST = 6  # pixels; what is smaller is too far away to matter


def rocks(frame):
    """The boxes round all that is bluer than it is red: x, y, width, height."""
    is_rock = frame[:, :, 2] > frame[:, :, 0]
    while True:
        rows, columns = is_rock.nonzero()
        if len(rows) == 0:
            return
        top, bottom, left, right = grown(is_rock, rows[0], rows[0] + 1, columns[0], columns[0] + 1)
        is_rock[top:bottom, left:right] = False
        if min(bottom - top, right - left) >= SMALLEST:
            yield [int(side) for side in (left, top, right - left, bottom - top)]


def grown(is_rock, top, bottom, left, right):
    """The box, with all that touches it."""
    while True:
        before = (top, bottom, left, right)
        rows, columns = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
        around = is_rock[rows, columns]
        y, x = around.nonzero()
        top, bottom = rows.start + y.min(), rows.start + y.max() + 1
        left, right = columns.start + x.min(), columns.start + x.max() + 1
        if (top, bottom, left, right) == before:
            return before


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # snippet-begin
    with (
        ipc.Subscriber("rover.frames", latest=True) as frames,
        ipc.Publisher("rover.rocks") as found,
    ):
        for message in frames:
            boxes = list(rocks(message.value))  # the frame is not copied
            found.publish({"frame": message.sequence, "boxes": boxes}, message.capture_time_ns)
    # snippet-end


if __name__ == "__main__":
    main()
