"""python -m train [camera]: makes models/digits.tflite, the model that the program ships, and its manifest."""

from __future__ import annotations

import argparse
import hashlib
import shlex
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recognizer.errors import ModelError, UsageError

FLOOR = 0.99  # accuracy on MNIST's test set through the live normaliser; below it no bundle is written
AGREEMENT = 0.9995  # of Keras's answers there, the share that the exported file must give too


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train camera", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="PATH",
                        help="a local copy of MNIST (default: keras.datasets' own, downloaded once)")
    parser.add_argument("--not-digits", type=Path, metavar="FILE",
                        help="an .npz with more things that are no digits, beside those that the program makes")
    parser.add_argument("--epochs", type=int, default=80, metavar="N",
                        help="passes over the training set, degraded anew (default: 80)")
    parser.add_argument("--start", type=Path, metavar="FILE",
                        help="go on from this recipe's network, a .keras file such as a run's last checkpoint, instead "
                        "of from nothing: a few --epochs fit it to more data")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where all chance comes from (default: 1)")
    parser.add_argument("--limit", type=int, metavar="N",
                        help="learn from the first N digits only, for a quick try (the accuracy floor still holds)")
    parser.add_argument("--out", type=Path, default=Path("models/digits.tflite"), metavar="FILE",
                        help="where the model goes, its manifest beside it (default: models/digits.tflite)")
    parser.add_argument("--run", type=Path, metavar="DIR",
                        help="where checkpoints go; the same command goes on from there (default: runs/seed-N)")
    return parser


def main(argv: list[str]) -> None:
    """Load, fit, calibrate, export, compare, measure, write: the way of a model from top to bottom.

    Raises:
        UsageError: flags that can't be meant, or a checkpoint of another recipe.
        SourceError: data that can't be read.
        ModelError: the network is below the recipe's floors; nothing was written.
    """
    args = parser().parse_args(argv)
    if args.epochs < 1:
        raise UsageError(f"--epochs: expected 1 or more, found {args.epochs}")

    from recognizer.classification.classifier import NO_DIGIT, Classifier
    from recognizer.classification.model_file import Manifest
    from recognizer.core.bundle import save_bundle
    from train.augment.samples import Material, make_epoch, plain
    from train.data.mnist import load_mnist
    from train.data.not_digits import NotDigits
    from train.evaluation.measures import choose_threshold, fit_temperature, measure
    from train.model.export import keras_labels, to_litert
    from train.model.fit import fit

    mnist = load_mnist(args.data)
    outside = NotDigits.load(args.not_digits) if args.not_digits else None
    material = Material(mnist.train[: args.limit], outside.train if outside else ())
    validation = make_epoch(Material(mnist.validation, outside.held_back if outside else ()), args.seed, 1_000_000)
    recipe: dict[str, Any] = {
        "name": "camera", "epochs": args.epochs, "seed": args.seed, "digits": len(material.digits.labels),
        "mnist": mnist.sha256, "not_digits": outside.sha256 if outside else None,
    } | ({"start": _sha256(args.start)} if args.start else {})
    model, _ = fit(material, validation, recipe, args.run or Path(f"runs/seed-{args.seed}"), args.start)

    content = to_litert(model)
    draft = Manifest(sha256=hashlib.sha256(content).hexdigest(), threshold=0.5, temperature=1.0)
    classifier = Classifier(content, draft)
    crops, labels = validation
    clear = plain(mnist.validation)
    temperature = fit_temperature(classifier.logits(clear), mnist.validation.labels)
    logits = classifier.logits(crops)
    threshold = choose_threshold(logits[labels != NO_DIGIT], temperature)

    test = plain(mnist.test)
    test_logits = classifier.logits(test)
    figures = measure(test_logits, mnist.test.labels, logits[labels == NO_DIGIT], temperature, threshold)
    if figures.accuracy < FLOOR:
        raise ModelError(f"accuracy on MNIST's test set is {figures.accuracy:.2%}, below the floor of {FLOOR:.0%}; "
                         "no bundle was written: train for more epochs")
    agreement = float((test_logits.argmax(1) == keras_labels(model, test)).mean())
    if agreement < AGREEMENT:
        raise ModelError(f"the exported file gives Keras's answer for {agreement:.2%} of the test set, expected "
                         f"{AGREEMENT:.2%}; no bundle was written")
    manifest = Manifest(
        sha256=draft.sha256,
        threshold=threshold,
        temperature=temperature,
        made={
            "command": "python -m train " + shlex.join(_portable(args)),
            "recipe": f"camera: {args.epochs} epochs, half clear, half degraded; AdamW, cosine decay; int8 weights",
            "data": {name: recipe[name] for name in ("mnist", "not_digits", "start") if recipe.get(name)},
            "seed": args.seed,
            "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy", "opencv-python")},
        },
        figures={**{name: _rounded(value) for name, value in asdict(figures).items()},
                 "agrees_with_keras": agreement, "bytes": len(content)},
    )
    save_bundle(args.out, content, manifest)
    print(f"{args.out}: {len(content) / 1000:.0f} kB, MNIST test accuracy {figures.accuracy:.2%}, "
          f"calibration error {figures.ece:.4f}, digits against the rest: AUROC {figures.auroc:.4f}; "
          f"threshold {threshold}, temperature {temperature}")


def _rounded(value: Any) -> Any:
    return [round(v, 5) for v in value] if isinstance(value, (list, tuple)) else round(value, 5)


def _sha256(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"--start {file}: {error.strerror}; expected a .keras file of this recipe") from error


def _portable(args: argparse.Namespace) -> list[str]:
    """The arguments that shaped the model, with file names instead of this machine's paths."""
    shaping = {"--data": args.data and args.data.name, "--not-digits": args.not_digits and args.not_digits.name,
               "--epochs": args.epochs, "--start": args.start and args.start.name, "--seed": args.seed,
               "--limit": args.limit}
    return [str(part) for flag, value in shaping.items() if value is not None for part in (flag, value)]
