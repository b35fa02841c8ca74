"""python -m docs.picture: renders the README's picture, a frame of the demo clip as the program shows it.

Beside the frame stand the 28×28 crops exactly as the network gets them.
"""

from pathlib import Path

import cv2
import imutils
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
    crops = [cv2.cvtColor(np.pad(by_box[box], 2, constant_values=90), cv2.COLOR_GRAY2BGR) for box in boxes]
    side = height // len(crops)
    large = [imutils.resize(crop, width=side, inter=cv2.INTER_NEAREST) for crop in crops]
    (montage,) = imutils.build_montages(large, (side, side), (1, len(crops)))
    return np.asarray(cv2.copyMakeBorder(montage, 0, height - len(crops) * side, 0, 0, cv2.BORDER_CONSTANT), np.uint8)


def main() -> None:
    for reading in Recognizer().watch(shipped("fixtures/clips/demo.mp4")):
        if reading.frame.index == FRAME:
            picture = reading.draw()
            strip = strip_of_crops(reading.frame.image, [d.box for d in reading.digits], picture.shape[0])
            picture = np.hstack([picture, strip])
            cv2.imwrite(str(OUT), imutils.resize(picture, width=1040), [cv2.IMWRITE_JPEG_QUALITY, 82])
            print(OUT.name, [n.text for n in reading.numbers])
            return


if __name__ == "__main__":
    main()
