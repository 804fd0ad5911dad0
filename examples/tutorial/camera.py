"""A camera: publishes 30 frames a second, a bright column that moves, until it is killed."""

import itertools
import time

import simpleipc as ipc

camera = ipc.Publisher("camera")
for number in itertools.count():
    frame = camera.loan((720, 1280, 3), "uint8", format="rgb8")
    frame[:] = 32
    frame[:, number * 8 % 1280] = 255
    camera.publish(frame, capture_time_ns=ipc.now_ns())
    time.sleep(1 / 30)
