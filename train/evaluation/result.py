"""What an evaluation tells of a model."""

from __future__ import annotations

from dataclasses import dataclass, field

from train.data.mnist import Labels, Pictures
from train.evaluation.measures import Figures, Logits
from train.evaluation.photographs import Score
from train.evaluation.speed import Speed


@dataclass(frozen=True)
class Answers:
    """What a model was asked, and what it said.

    Attributes:
        crops, labels: (N, 28, 28) and (N,), digits.
        logits: (N, C), for them.
        others: (M, C), for things that are no digits.
    """

    crops: Pictures
    labels: Labels
    logits: Logits
    others: Logits


@dataclass(frozen=True)
class Evaluation:
    """All that is known of a model.

    Attributes:
        name: of its file.
        size: of its file, in bytes.
        figures: on MNIST's test set through the live normaliser, and on things that are no digits likewise.
        degraded: the same as training shows them: digits and others bent, half of them blurred, broken, noisy.
        hands: figures on other hands, "strokes" and "more_digits", where their files are at hand.
        answers: behind `figures`.
        temperature: that it was judged with.
        agreement: share of the test set on which the Keras network says the same.
        speed: against the article's network.
        photographs: the whole program's score with it, for each of SCALES.
    """

    name: str
    size: int
    figures: Figures
    degraded: Figures
    answers: Answers
    temperature: float
    hands: dict[str, Figures] = field(default_factory=dict)
    agreement: float | None = None
    speed: Speed | None = None
    photographs: tuple[Score, ...] = ()
