"""Prepares what the camera looks at when the machine has none: a wall of three photographs.

    python pictures.py WALL.ppm

The photographs come out of the scikit-image package (astronaut: NASA, public domain; coffee: Rachel
Michetti, CC0; rocket: SpaceX, CC0). The place of the face, measured by eye in the photograph and
carried over to the wall, is written into the picture file as a comment, for the camera to read.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from skimage import data

PHOTO_HEIGHT = 720
GAP = 40
WALL_COLOUR = (24, 26, 30)
FACE_IN_ASTRONAUT = (180, 70, 90, 92)  # x, y, width, height: hair line to mouth


def hung(photo):
    """The photograph, enlarged to the height of the wall's pictures."""
    scale = PHOTO_HEIGHT / photo.shape[0]
    size = (round(photo.shape[1] * scale), PHOTO_HEIGHT)
    return cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC)


def main():
    target = Path(sys.argv[1])
    photos = [data.coffee(), data.astronaut(), data.rocket()]
    hanging = [hung(photo) for photo in photos]
    width = sum(photo.shape[1] for photo in hanging) + GAP * (len(hanging) + 1)
    wall = np.full((PHOTO_HEIGHT + 2 * GAP, width, 3), WALL_COLOUR, np.uint8)
    left = GAP
    for photo, large in zip(photos, hanging):
        wall[GAP : GAP + PHOTO_HEIGHT, left : left + large.shape[1]] = large
        if photo is photos[1]:
            scale = PHOTO_HEIGHT / photo.shape[0]
            x, y, w, h = (round(side * scale) for side in FACE_IN_ASTRONAUT)
            face = (left + x, GAP + y, w, h)
        left += large.shape[1] + GAP

    header = "P6\n# face {} {} {} {}\n{} {}\n255\n".format(*face, wall.shape[1], wall.shape[0])
    unfinished = target.with_suffix(".part")
    unfinished.write_bytes(header.encode("ascii") + wall.tobytes())
    unfinished.rename(target)  # so that there is a whole picture or none
    print(f"{target}: {wall.shape[1]} x {wall.shape[0]}, the face at {face}")


if __name__ == "__main__":
    main()
