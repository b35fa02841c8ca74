"""The report of an evaluation: Markdown with tables, and pictures beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from recognizer.classification.classifier import softmax
from recognizer.classification.model_file import CLASSES
from recognizer.core.writing import replacing
from train import plots as draw
from train.evaluation.photographs import SCALES
from train.evaluation.result import Answers, Evaluation

WORST = 30  # mistakes shown
HANDS = {"strokes": "writers held back, drawn with three pens", "more_digits": "photographed digits held back"}


def write_report(evaluation: Evaluation, folder: Path) -> str:
    """Write report.md and its pictures into a folder; the report's text.

    Raises:
        OutputError: they can't be written.
    """
    answers, temperature = evaluation.answers, evaluation.temperature
    probabilities = softmax(answers.logits / np.float32(temperature))
    said = probabilities.argmax(1)
    draw.confusion_matrix(folder / "confusion.png", answers.labels, said, CLASSES[: probabilities.shape[1]])
    draw.reliability(folder / "reliability.png", probabilities.max(1), said == answers.labels)
    _draw_worst(folder / "worst.png", answers, probabilities)
    text = "\n".join(_lines(evaluation))
    with replacing(folder / "report.md") as [beside]:
        beside.write_text(text, encoding="utf-8")
    return text


def _draw_worst(path: Path, answers: Answers, probabilities: np.ndarray) -> None:
    """The digits whose own label got the least probability, the worst first."""
    right = probabilities[np.arange(len(answers.labels)), answers.labels]
    said = probabilities.argmax(1)
    worst = np.argsort(right)[:WORST].tolist()
    titles = [f"{answers.labels[i]} read as {CLASSES[said[i]]}" for i in worst]
    draw.grid(path, answers.crops[worst], titles)


def _lines(evaluation: Evaluation) -> Iterable[str]:
    figures, degraded = evaluation.figures, evaluation.degraded
    yield f"# {evaluation.name}"
    yield ""
    yield ("MNIST's test set through the live normaliser, and as many things that are no digits; *degraded*: others, "
           "as in training, half of them bent, half also blurred, broken and noisy as a camera gives them.")
    yield ""
    yield from _table(
        ("what", "plain", "degraded"),
        ("right of all classes", f"{figures.accuracy:.2%}", f"{degraded.accuracy:.2%}"),
        ("right among the ten digits alone", f"{figures.among_digits:.2%}", f"{degraded.among_digits:.2%}"),
        ("loss", f"{figures.loss:.4f}", f"{degraded.loss:.4f}"),
        ("expected calibration error, 15 bins", f"{figures.ece:.4f}", f"{degraded.ece:.4f}"),
        ("digits accepted at the threshold", f"{figures.accepted:.2%}", f"{degraded.accepted:.2%}"),
        ("others refused at the threshold", f"{figures.rejected:.2%}", f"{degraded.rejected:.2%}"),
        ("digits against the others, AUROC", f"{figures.auroc:.4f}", f"{degraded.auroc:.4f}"),
        ("others refused where 99% of the digits are accepted", f"{figures.rejected_at_99:.2%}",
         f"{degraded.rejected_at_99:.2%}"),
    )
    if hands := evaluation.hands:
        yield from _table(
            ("other hands", "right of all classes", "right among the ten digits", "expected calibration error",
             *map(str, range(10))),
            *((HANDS[name], f"{of.accuracy:.2%}", f"{of.among_digits:.2%}", f"{of.ece:.4f}",
               *(f"{share:.1%}" for share in of.per_class)) for name, of in hands.items()),
        )
    yield from _table(("digit", *map(str, range(10))), ("right", *(f"{share:.2%}" for share in figures.per_class)))
    yield from _table(("file", ""), *_of_the_file(evaluation))
    if photographs := evaluation.photographs:
        yield from _table(
            ("photographs", "made", "digits", "recall", "precision", "F1", "label right where found"),
            *((str(s.pictures), f"{scale:g} times as large", str(s.digits), f"{s.recall:.3f}", f"{s.precision:.3f}",
               f"{s.f1:.4f}", f"{s.label_accuracy:.3f}") for scale, s in zip(SCALES, photographs, strict=True)),
        )
    for name in ("confusion", "reliability", "worst"):
        yield f"![{name}]({name}.png)"
    yield ""


def _of_the_file(evaluation: Evaluation) -> Iterable[tuple[str, str]]:
    yield "bytes", f"{evaluation.size:,}"
    if evaluation.agreement is not None:
        yield "same answers as the Keras network", f"{evaluation.agreement:.2%}"
    if speed := evaluation.speed:
        yield "16 crops", f"{speed.live:.3f} ms"
        yield "the article's network, `predict`", f"{speed.article:.1f} ms, {speed.times_faster:.0f} times as long"


def _table(head: tuple[str, ...], *rows: tuple[str, ...]) -> Iterable[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""
