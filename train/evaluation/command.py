"""python -m train evaluate: the figures of a model, as a report with pictures and as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from recognizer.core.writing import replacing
from recognizer.errors import UsageError
from train.augment.samples import Material, make_epoch, plain, plain_others
from train.augment.sources import Sources, add_sources
from train.data.mnist import NO_DIGIT, Mnist, Pictures
from train.evaluation.hands import of_hands
from train.evaluation.judge import Judge, load_judge
from train.evaluation.measures import Figures, measure
from train.evaluation.photographs import SCALES, score
from train.evaluation.report import write_report
from train.evaluation.result import Answers, Evaluation
from train.evaluation.speed import measure_speed

SEED = 20_000  # of the things that are no digits; no recipe's default is near


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train evaluate", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, metavar="FILE", help="a .tflite, .keras or .h5 file")
    add_sources(parser)
    parser.add_argument("--keras", type=Path, metavar="FILE",
                        help="the network that a .tflite file was made from: count the answers that are the same")
    parser.add_argument("--pictures", type=Path, metavar="LABELS",
                        help="score a .tflite model on labelled photographs too: JSON, pictures beside it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--out", type=Path, default=Path("runs/report"), metavar="DIR",
                        help="where report.md and its pictures go (default: runs/report)")
    return parser


def main(argv: list[str]) -> None:
    """Measure, print the report, write it.

    Raises:
        UsageError: flags that don't go together.
        SourceError: data or photographs that can't be read.
        ModelError: a model that can't be loaded, or only by running code in it.
        OutputError: the report can't be written.
    """
    args = parser().parse_args(argv)
    judge = load_judge(args.model)
    if args.pictures and not judge.classifier:
        raise UsageError(f"--pictures: expected a .tflite model, which the program can run, found {args.model}")
    sources = Sources.load(args)
    mnist, held_back = sources.mnist, sources.others.held_back
    answers = ask(judge, mnist, held_back)
    evaluation = Evaluation(
        name=args.model.name,
        size=judge.size,
        figures=measure(answers.logits, answers.labels, answers.others, judge.temperature, judge.threshold),
        degraded=measure_degraded(judge, mnist, held_back),
        hands=of_hands(judge.logits, sources, answers.others, judge.temperature, judge.threshold),
        answers=answers,
        temperature=judge.temperature,
        agreement=_agreement(answers, load_judge(args.keras)) if args.keras else None,
        speed=measure_speed(judge.classifier) if judge.classifier else None,
        photographs=tuple(score(args.model, args.pictures, scale) for scale in SCALES if args.pictures),
    )
    print(write_report(evaluation, args.out))
    if args.json:
        write_json(evaluation, args.json)


def ask(judge: Judge, mnist: Mnist, held_back: tuple[Pictures, ...]) -> Answers:
    """MNIST's test set and as many things that are no digits, all through the live normaliser alone."""
    crops = plain(mnist.test)
    others = plain_others(Material(mnist.test, held_back), len(crops), SEED)
    return Answers(crops, mnist.test.labels, judge.logits(crops), judge.logits(others))


def measure_degraded(judge: Judge, mnist: Mnist, held_back: tuple[Pictures, ...]) -> Figures:
    """The figures on what a camera makes of them: an epoch as in training, of digits and others never learnt from."""
    crops, labels = make_epoch(Material(mnist.test, held_back), SEED, 0)
    logits, none = judge.logits(crops), labels == NO_DIGIT
    return measure(logits[~none], labels[~none], logits[none], judge.temperature, judge.threshold)


def _agreement(answers: Answers, keras: Judge) -> float:
    return float((answers.logits.argmax(1) == keras.logits(answers.crops).argmax(1)).mean())


def write_json(evaluation: Evaluation, file: Path) -> None:
    """The figures under fixed keys, for other programs."""
    figures = evaluation.figures
    content = {
        "accuracy": figures.accuracy, "among_digits": figures.among_digits, "per_class": list(figures.per_class),
        "loss": figures.loss, "ece": figures.ece, "auroc": figures.auroc, "rejected_at_99": figures.rejected_at_99,
        "accuracy_degraded": evaluation.degraded.accuracy, "auroc_degraded": evaluation.degraded.auroc,
        **{f"{name}_{what}": value for name, of in evaluation.hands.items()
           for what, value in (("accuracy", of.accuracy), ("among_digits", of.among_digits), ("ece", of.ece))},
        "agreement": evaluation.agreement, "bytes": evaluation.size,
        "times_faster": evaluation.speed and evaluation.speed.times_faster,
        "photographs_f1": evaluation.photographs[0].f1 if evaluation.photographs else None,
    }
    with replacing(file) as [beside]:
        beside.write_text(json.dumps({k: v for k, v in content.items() if v is not None}, indent=2) + "\n")
