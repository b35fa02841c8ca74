"""python -m docs.animation: renders the README's moving picture, the demo clip as the program shows it."""

from pathlib import Path

import cv2
import imutils

from recognizer import Recognizer
from recognizer.core.assets import shipped

OUT = Path(__file__).parent / "at_work.webp"
EVERY, WIDTH, QUALITY = 3, 720, 70  # every third frame


def main() -> None:
    shown = [reading for reading in Recognizer().watch(shipped("fixtures/clips/demo.mp4"))
             if reading.frame.index % EVERY == 0]
    animation = cv2.Animation()
    animation.frames = [imutils.resize(reading.draw(), width=WIDTH) for reading in shown]
    animation.durations = [round(1000 * EVERY / (reading.frame.fps or 30)) for reading in shown]
    if not cv2.imwriteanimation(str(OUT), animation, [cv2.IMWRITE_WEBP_QUALITY, QUALITY]):
        raise OSError(f"{OUT}: OpenCV can't write an animation here")
    print(f"{OUT.name}: {len(shown)} frames, {OUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
