"""python -m docs.picture: renders the README's picture, a frame of the demo clip as the program shows it.

Beside the frame stand the 28×28 crops exactly as the network gets them.
"""

from pathlib import Path

import cv2
import numpy as np

from recognizer import Recognizer
from recognizer.assets import shipped
from recognizer.find import find
from recognizer.types import Image

FRAME = 150
OUT = Path(__file__).parent / "at_work.jpg"


def strip_of_crops(image: Image, boxes: list[tuple[int, int, int, int]], height: int) -> Image:
    """The crops of the candidates on these boxes, one under the other, (height, W, 3) uint8."""
    by_box = {c.box: c.crop for c in find(image) if not c.refused}
    crops = [np.pad(by_box[box], 2, constant_values=90) for box in boxes if box in by_box]
    strip = cv2.resize(np.vstack(crops), (height // len(crops), height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(strip, cv2.COLOR_GRAY2BGR), np.uint8)


def main() -> None:
    for reading in Recognizer().watch(shipped("fixtures/clips/demo.mp4")):
        if reading.frame.index == FRAME:
            strip = strip_of_crops(reading.frame.image, [d.box for d in reading.digits], reading.picture.shape[0])
            picture = np.hstack([reading.picture, strip])
            small = cv2.resize(picture, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(OUT), small, [cv2.IMWRITE_JPEG_QUALITY, 82])
            print(OUT.name, [n.text for n in reading.numbers])
            return


if __name__ == "__main__":
    main()
