"""python -m train: makes models/digits.tflite and its manifest from MNIST."""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from recognizer.errors import ModelError, OutputError, RecognizerError, UsageError

FLOOR = 0.99  # accuracy on MNIST's test set through the live normaliser; below it no bundle is written
AGREEMENT = 0.999  # of Keras's answers there, the share that the exported file must give too


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FILE",
                        help="a local mnist.npz in Keras's format (default: keras.datasets' own, downloaded once)")
    parser.add_argument("--not-digits", type=Path, metavar="FILE",
                        help="an .npz with more things that are no digits, beside those that the program makes")
    parser.add_argument("--epochs", type=int, default=40, metavar="N",
                        help="passes over the training set, each degraded anew (default: 40)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where all chance comes from (default: 1)")
    parser.add_argument("--limit", type=int, metavar="N",
                        help="learn from the first N digits only, for a quick try (the accuracy floor still holds)")
    parser.add_argument("--out", type=Path, default=Path("models/digits.tflite"), metavar="FILE",
                        help="where the model goes, its manifest beside it (default: models/digits.tflite)")
    parser.add_argument("--run", type=Path, metavar="DIR",
                        help="where checkpoints go; the same command goes on from there (default: runs/seed-N)")
    return parser


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["article"]:
        from train.article import main as article

        return article(argv[1:])
    args = parser().parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        if args.epochs < 1:
            raise UsageError(f"--epochs: expected 1 or more, found {args.epochs}")
        make(args)
    except RecognizerError as error:
        print(f"train: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"train: {error.filename}: {error.strerror}; nothing was half-written", file=sys.stderr)
        return OutputError.exit_code
    except KeyboardInterrupt:
        print("train: stopped; the same command goes on from the last epoch", file=sys.stderr)
        return 130
    return 0


def make(args: argparse.Namespace) -> None:
    """Load, fit, calibrate, export, compare, measure, write: the way of a model from top to bottom."""
    try:
        import tensorflow  # noqa: F401
    except ImportError as error:
        raise UsageError("training needs TensorFlow: pip install 'digit-recognizer[train]'") from error
    from recognizer.bundle import Manifest, save_bundle
    from recognizer.classify import Classifier
    from train.data import NO_DIGIT, load_mnist, load_not_digits
    from train.evaluate import choose_threshold, fit_temperature, measure
    from train.export import keras_labels, to_litert
    from train.fit import fit
    from train.samples import Material, make_epoch, plain

    mnist = load_mnist(args.data)
    outside = load_not_digits(args.not_digits) if args.not_digits else []
    # Of the outside negatives the last fifth is held back for validation.
    material = Material(mnist.train[: args.limit], tuple(x[: len(x) * 4 // 5] for x in outside))
    held_back = Material(mnist.validation, tuple(x[len(x) * 4 // 5 :] for x in outside))
    validation = make_epoch(held_back, args.seed, epoch=1_000_000)

    model = fit(material, validation, args.epochs, args.seed, args.run or Path(f"runs/seed-{args.seed}"))

    content = to_litert(model)
    draft = Manifest(sha256=hashlib.sha256(content).hexdigest(), threshold=0.5, temperature=1.0)
    classifier = Classifier(content, draft)
    crops, labels = validation
    logits = classifier.logits(crops)
    temperature = fit_temperature(logits, labels)
    threshold = choose_threshold(logits[labels != NO_DIGIT], temperature)

    test = plain(mnist.test)
    test_logits = classifier.logits(test)
    agreement = float((test_logits.argmax(1) == keras_labels(model, test)).mean())
    if agreement < AGREEMENT:
        raise ModelError(f"the exported file gives Keras's answer for {agreement:.2%} of the test set, expected "
                         f"{AGREEMENT:.2%}; no bundle was written")
    figures = measure(test_logits, mnist.test.labels, logits[labels == NO_DIGIT], temperature, threshold)
    if figures.accuracy < FLOOR:
        raise ModelError(f"accuracy on MNIST's test set is {figures.accuracy:.2%}, below the floor of {FLOOR:.0%}; "
                         "no bundle was written: train for more epochs")
    save_bundle(args.out, content, Manifest(
        sha256=draft.sha256,
        threshold=threshold,
        temperature=temperature,
        made={
            "command": "python -m train " + shlex.join(_portable(args)),
            "recipe": f"{args.epochs} epochs, degraded anew each; AdamW, cosine decay; int8 weights",
            "data": {"mnist": mnist.sha256,
                     **({"not_digits": hashlib.sha256(args.not_digits.read_bytes()).hexdigest()} if outside else {})},
            "seed": args.seed,
            "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy", "opencv-python")},
        },
        figures={**{name: round(value, 5) for name, value in asdict(figures).items()},
                 "agrees_with_keras": agreement, "bytes": len(content)},
    ))
    print(f"{args.out}: {len(content) / 1000:.0f} kB, MNIST test accuracy {figures.accuracy:.2%}, "
          f"calibration error {figures.ece:.4f}, digits against the rest: AUROC {figures.auroc:.4f}; "
          f"threshold {threshold}, temperature {temperature}")


def _portable(args: argparse.Namespace) -> list[str]:
    """The arguments that shaped the model, with file names instead of this machine's paths."""
    shaping = {"--data": args.data and args.data.name, "--not-digits": args.not_digits and args.not_digits.name,
               "--epochs": args.epochs, "--seed": args.seed, "--limit": args.limit}
    return [str(part) for flag, value in shaping.items() if value is not None for part in (flag, value)]


if __name__ == "__main__":
    sys.exit(main())
