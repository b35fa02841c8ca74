"""python -m docs.picture: renders the README's picture, a frame of the demo clip as the program shows it.

Beside the frame stand the 28×28 crops exactly as the network gets them.
"""

from pathlib import Path

import cv2
import imutils
import numpy as np

from recognizer import Reading, Recognizer
from recognizer.core.assets import shipped
from recognizer.core.frame import Image

FRAME = 150
OUT = Path(__file__).parent / "at_work.jpg"


def strip_of_crops(reading: Reading, height: int) -> Image:
    """The crops of a reading's digits, one under the other, (height, W, 3) uint8."""
    by_box = {j.candidate.box: j.candidate.crop for j in reading.judged if not j.reason}
    crops = [cv2.cvtColor(np.pad(by_box[digit.box], 2, constant_values=90), cv2.COLOR_GRAY2BGR)
             for digit in reading.digits]
    side = height // len(crops)
    large = [imutils.resize(crop, width=side, inter=cv2.INTER_NEAREST) for crop in crops]
    (montage,) = imutils.build_montages(large, (side, side), (1, len(crops)))
    return np.asarray(cv2.copyMakeBorder(montage, 0, height - len(crops) * side, 0, 0, cv2.BORDER_CONSTANT), np.uint8)


def main() -> None:
    for reading in Recognizer().watch(shipped("fixtures/clips/demo.mp4")):
        if reading.frame.index == FRAME:
            picture = reading.draw()
            strip = strip_of_crops(reading, picture.shape[0])
            picture = np.hstack([picture, strip])
            cv2.imwrite(str(OUT), imutils.resize(picture, width=1040), [cv2.IMWRITE_JPEG_QUALITY, 82])
            print(OUT.name, [n.text for n in reading.numbers])
            return


if __name__ == "__main__":
    main()
