"""python -m docs.conditions: how far light, noise, blur, tilt, pen and size may go before reading breaks.

Writes conditions.md, with the score at four strengths of each, and conditions.jpg, with an example of each.
"""

from collections import Counter
from pathlib import Path

import cv2
import imutils
import numpy as np

from fixtures.conditions import CONDITIONS, WRITERS, Condition
from fixtures.truth import FrameTruth
from recognizer import Reading, Recognizer
from recognizer.core.frame import Image

HERE = Path(__file__).parent
BREAKS = 0.9  # an F1 under this is broken
CURVE = "▁▂▃▄▅▆▇█"
WIDTH = 200  # pixels of an example

INTRO = f"""# Hard conditions

Made by `python -m docs.conditions`: sheets with the ten digits by {len(WRITERS)} writers, rendered by `fixtures/`, each
condition at four strengths with all else easy. The score is F1 over the labels of a picture, false alarms counted. A
condition breaks at the first strength whose score is under {BREAKS}.

| condition | strength | F1 at each | curve | breaks at |
| --- | --- | --- | --- | --- |"""

EXAMPLES = """
![An example of each: a row a condition in the table's order, weakest first](conditions.jpg)
"""


def main() -> None:
    recognizer, rows, table = Recognizer(), [], [INTRO]
    for condition in CONDITIONS:
        scores, examples = [], []
        for strength in condition.strengths:
            read = [(recognizer.read(image), truth) for image, truth in condition.pictures(strength)]
            scores.append(f1(read))
            examples.append(imutils.resize(read[0][0].draw(), width=WIDTH))
        table.append(row(condition, scores))
        print(table[-1], flush=True)
        rows.append(np.hstack(examples))
    (HERE / "conditions.md").write_text("\n".join([*table, EXAMPLES]), encoding="utf-8")
    picture: Image = np.vstack(rows)
    cv2.imwrite(str(HERE / "conditions.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 75])


def f1(read: list[tuple[Reading, FrameTruth]]) -> float:
    """Of all pictures together, by their bags of labels."""
    both = all_ = 0
    for reading, truth in read:
        found, true = (Counter(digit.label for digit in digits) for digits in (reading.digits, truth.digits))
        both, all_ = both + (found & true).total(), all_ + found.total() + true.total()
    return 2 * both / all_


def row(condition: Condition, scores: list[float]) -> str:
    curve = "".join(CURVE[round(score * (len(CURVE) - 1))] for score in scores)
    broken = [strength for strength, score in zip(condition.strengths, scores, strict=True) if score < BREAKS]
    strengths = ", ".join(f"{strength:g}" for strength in condition.strengths)
    return (f"| {condition.name} | {strengths} {condition.unit} | {', '.join(f'{score:.2f}' for score in scores)} "
            f"| {curve} | {f'{broken[0]:g}' if broken else '–'} |")


if __name__ == "__main__":
    main()
