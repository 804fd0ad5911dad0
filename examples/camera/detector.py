"""The model: looks for faces in each newest frame of the topic "camera", without copying the frame,
and publishes what it found on the topic "boxes". Ctrl-C ends it.

    python detector.py

The detector is a cascade that ships inside the opencv-python-headless package.
"""

import time

import cv2
import numpy as np

import simpleipc as ipc

CASCADE = "haarcascade_frontalface_alt2.xml"
SHRINK = 3  # a third of the size shows a face well enough and takes a fraction of the time
SMALLEST_FACE = 80  # pixels of the frame
REPORT_PERIOD = 0.5  # seconds
U64_MASK = (1 << 64) - 1


class FaceDetector:
    def __init__(self):
        self.cascade = cv2.CascadeClassifier(cv2.data.haarcascades + CASCADE)
        cv2.setNumThreads(1)  # leaves the other cores to the other programs

    def faces(self, frame):
        """The faces as rectangles in pixels of the frame."""
        height, width, _ = frame.shape
        size = (width // SHRINK, height // SHRINK)
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        smallest = (SMALLEST_FACE // SHRINK, SMALLEST_FACE // SHRINK)
        found = self.cascade.detectMultiScale(grey, 1.2, 5, minSize=smallest)
        names = ("x", "y", "width", "height")
        return [{name: int(side) * SHRINK for name, side in zip(names, face)} for face in found]


class Stamp:
    """What the camera wrote over the first bytes of the last row; README.md shows it."""

    def __init__(self, frame):
        self.words = frame.reshape(len(frame), -1).view(np.uint64)
        self.number, self.checksum = (int(word) for word in self.words[-1, :2])

    def is_true(self):
        """Whether every byte of the frame is the one the camera drew."""
        rows = self.words.sum(axis=1)
        weights = np.arange(1, len(rows) + 1, dtype=np.uint64)
        total = int((rows * weights).sum())
        return (total - len(rows) * self.checksum) & U64_MASK == self.checksum


class Figures:
    """What happened so far, as the `key=value` words that `cargo xtask demo` reads."""

    def __init__(self):
        self.frames = self.missed = self.miscounted = self.torn = self.faces = 0
        self.busy_seconds = 0.0
        self.previous = None

    def count(self, message):
        self.frames += 1
        self.missed += message.missed
        if self.previous is not None:
            sender, sequence = self.previous
            # Frames of one camera: the gap in the numbers is what must have been missed.
            if message.sender == sender and message.sequence - sequence != message.missed + 1:
                self.miscounted += 1
        self.previous = (message.sender, message.sequence)

    def report(self):
        average = 1e3 * self.busy_seconds / max(self.frames, 1)
        print(
            f"detector: frames={self.frames} missed={self.missed} miscounted={self.miscounted} "
            f"torn={self.torn} faces={self.faces} detect_ms={average:.1f}",
            flush=True,
        )


def main():
    detector = FaceDetector()
    figures = Figures()
    next_report = time.monotonic() + REPORT_PERIOD
    with ipc.Subscriber("camera", latest=True) as frames, ipc.Publisher("boxes") as boxes:
        print("detector: waits for frames", flush=True)
        try:
            for message in frames:
                figures.count(message)
                start = time.perf_counter()
                frame = message.value  # the shared memory itself, as a NumPy array
                stamp = Stamp(frame)
                figures.torn += not stamp.is_true()
                found = detector.faces(frame)
                seconds = time.perf_counter() - start
                result = {
                    "frame": stamp.number,
                    "sequence": message.sequence,
                    "boxes": found,
                    "detect_ms": 1e3 * seconds,
                }
                boxes.publish(result, capture_time_ns=message.capture_time_ns)
                figures.faces += len(found)
                figures.busy_seconds += seconds
                if time.monotonic() >= next_report:
                    figures.report()
                    next_report += REPORT_PERIOD
        except KeyboardInterrupt:
            figures.report()


if __name__ == "__main__":
    main()
