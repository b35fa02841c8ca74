"""python -m train [camera]: makes models/digits.tflite, the network that reads digits, and its manifest."""

from __future__ import annotations

import argparse
import hashlib
import shlex
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognizer.core.assets import shipped
from recognizer.errors import ModelError, UsageError

if TYPE_CHECKING:
    from recognizer.classification.classifier import Classifier
    from train.augment.sources import Sources
    from train.data.mnist import Labels, Pictures
    from train.finder.cut_out import Cutter

FLOOR = 0.99  # accuracy on MNIST's test set through the live normaliser; below it no bundle is written
AGREEMENT = 0.9995  # of Keras's answers there, the share that the exported file must give too


def parser() -> argparse.ArgumentParser:
    from train.augment.sources import add_sources

    parser = argparse.ArgumentParser(prog="python -m train camera", description=__doc__)
    add_sources(parser)
    parser.add_argument("--scenes", type=Path, metavar="DIR",
                        help="photographs without digits, and their index.json: what the finder takes for digits there "
                        "is learnt as none")
    parser.add_argument("--cut", type=int, default=0, metavar="N",
                        help="learn also what the finder cuts out of N scenes, which are made from the same files as "
                        "its own (default: 0; the shipped network: 5000)")
    parser.add_argument("--hand", metavar="NAME",
                        help="learn what this hand of the user's was taught, too; with --start and a few --epochs")
    parser.add_argument("--epochs", type=int, default=80, metavar="N",
                        help="passes over the training set, degraded anew (default: 80)")
    parser.add_argument("--start", type=Path, metavar="FILE", nargs="+", default=(),
                        help="go on from this recipe's network, a .keras file such as a run's last checkpoint or a "
                        ".tflite file, instead of from nothing: a few --epochs fit it to more data. Of several that "
                        "were fitted from one start the mean of their weights, with --epochs 0 that alone")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where all chance comes from (default: 1)")
    parser.add_argument("--limit", type=int, metavar="N",
                        help="learn from MNIST's first N digits only, for a quick try (the accuracy floor still holds)")
    parser.add_argument("--out", type=Path, default=Path("models/digits.tflite"), metavar="FILE",
                        help="where the model goes, its manifest beside it (default: models/digits.tflite)")
    parser.add_argument("--run", type=Path, metavar="DIR",
                        help="where checkpoints go; the same command goes on from there (default: runs/seed-N)")
    return parser


def main(argv: list[str]) -> None:
    """Load, fit, export, calibrate, measure, write: the way of a model from top to bottom.

    Raises:
        UsageError: flags that can't be meant, or a checkpoint of another recipe.
        SourceError: data that can't be read.
        ModelError: the network is below the recipe's floors; nothing was written.
    """
    args = parser().parse_args(argv)
    if args.epochs < (0 if args.start else 1):
        raise UsageError(f"--epochs: expected 1 or more, or 0 with --start, found {args.epochs}")
    if not args.epochs and (args.cut or args.hand or args.limit or args.scenes):
        raise UsageError("--epochs 0: nothing is fitted then; leave out --cut, --hand, --limit and --scenes")

    from recognizer.classification.classifier import Classifier
    from recognizer.classification.model_file import Manifest
    from recognizer.core.bundle import save_bundle
    from train.augment.samples import plain
    from train.augment.sources import Sources
    from train.model.export import keras_labels, to_litert
    from train.model.fit import begun, fit

    sources = Sources.load(args)
    run = args.run or Path(f"runs/seed-{args.seed}")
    validation = sources.validation(args.seed)
    origins: dict[str, Any] = dict(sources.hashes)
    if args.start:
        begun_from = [_sha256("start", file) for file in args.start]
        origins["start"] = begun_from[0] if len(begun_from) == 1 else begun_from
    if args.scenes:
        origins["scenes"] = _sha256("scenes", args.scenes)
    if args.epochs:
        material = replace(sources.train(args.limit), **_beside(args, run))
        recipe = {"name": "camera", "epochs": args.epochs, "seed": args.seed, "digits": len(material.digits)
                  } | origins | ({"hand": f"{args.hand}, {len(material.taught[1])} crops"} if args.hand else {}) | (
            {"cut": args.cut} if args.cut else {})
        model, _ = fit(material, validation, recipe, run, args.start)
    else:
        model = begun(args.start, validation[0])

    content = to_litert(model)
    draft = Manifest(sha256=hashlib.sha256(content).hexdigest(), threshold=0.5, temperature=1.0)
    classifier = Classifier(content, draft)
    temperature, threshold = _calibrate(classifier, sources, validation)
    figures = _measure(classifier, sources, validation, temperature, threshold)
    if figures["accuracy"] < FLOOR:
        raise ModelError(f"accuracy on MNIST's test set is {figures['accuracy']:.2%}, below the floor of {FLOOR:.0%}; "
                         "no bundle was written: train for more epochs")
    test = plain(sources.mnist.test)
    agreement = float((classifier.logits(test).argmax(1) == keras_labels(model, test)).mean())
    if agreement < AGREEMENT:
        raise ModelError(f"the exported file gives Keras's answer for {agreement:.2%} of the test set, expected "
                         f"{AGREEMENT:.2%}; no bundle was written")
    manifest = Manifest(
        sha256=draft.sha256,
        threshold=threshold,
        temperature=temperature,
        made={
            "command": "python -m train " + shlex.join(_portable(args)),
            "recipe": f"camera: {_way(args)}; int8 weights",
            "data": origins,
            "seed": args.seed,
            "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy", "opencv-python")},
        },
        figures=figures | {"agrees_with_keras": agreement, "bytes": len(content)},
    )
    save_bundle(args.out, content, manifest)
    print(f"{args.out}: {len(content) / 1000:.0f} kB, MNIST test accuracy {figures['accuracy']:.2%}, "
          + "".join(f"{n}: {v:.2%}, " for n, v in figures.items() if n.endswith("_accuracy"))
          + f"calibration error {figures['ece']:.4f}, digits against the rest: AUROC {figures['auroc']:.4f}; "
          f"threshold {threshold}, temperature {temperature}")


def _way(args: argparse.Namespace) -> str:
    """How its weights came about, in a few words."""
    mean = f"mean of {len(args.start)} networks" if len(args.start) > 1 else "" if args.epochs else "another network"
    fitted = f"{args.epochs} epochs, half clear, half degraded; AdamW, cosine decay" if args.epochs else ""
    return ", then ".join(part for part in (mean, fitted) if part)


def _beside(args: argparse.Namespace, run: Path) -> dict[str, Any]:
    """What else is learnt: what the shipped finder cuts out of photographs without digits and of scenes, and a user's
    hand."""
    from train.finder.cut_out import Cutter
    from train.finder.material import load_photographs
    from train.hand.crops import load_hand_crops

    found: dict[str, Any] = {}
    if args.scenes or args.cut:
        cutter = Cutter(shipped("models/finder.tflite"), shipped("models/digits.tflite"))
        found["cut_out"] = cutter.of_photographs(load_photographs(args.scenes) if args.scenes else ())
        found["cut"] = _cut(args, cutter, run / f"cut-{args.cut}-{args.seed}.npz")
    if args.hand:
        found["taught"] = load_hand_crops(args.hand)
    return found


def _cut(args: argparse.Namespace, cutter: Cutter, file: Path) -> tuple[Pictures, Labels]:
    """What the finder cuts out of scenes: made once, and kept in the run's folder."""
    import numpy as np

    from recognizer.core.writing import replacing
    from train.data.mnist import load_arrays
    from train.finder.cut_out import cut_scenes
    from train.finder.material import Sources

    if not file.exists():
        files = Sources(args.data, args.strokes, args.more_digits, args.not_digits, args.scenes)
        crops, labels = cut_scenes(files, args.cut, args.seed, cutter)
        with replacing(file) as [beside]:
            np.savez_compressed(beside, crops=crops, labels=labels)
    arrays = load_arrays(file, ("crops", "labels"))
    return arrays["crops"], arrays["labels"]


def _calibrate(
    classifier: Classifier, sources: Sources, validation: tuple[Pictures, Labels]
) -> tuple[float, float]:
    """The temperature for digits clearly seen, and the threshold for those of a camera."""
    from train.data.mnist import NO_DIGIT
    from train.evaluation.measures import choose_threshold, fit_temperature

    clear, clear_labels = sources.plain_validation()
    temperature = fit_temperature(classifier.logits(clear), clear_labels)
    crops, labels = validation
    return temperature, choose_threshold(classifier.logits(crops[labels != NO_DIGIT]), temperature)


def _measure(
    classifier: Classifier, sources: Sources, validation: tuple[Pictures, Labels], temperature: float, threshold: float
) -> dict[str, Any]:
    """The figures on MNIST's test set, and the accuracy on the other hands that were held back."""
    from train.augment.samples import plain
    from train.data.mnist import NO_DIGIT
    from train.evaluation.hands import of_hands
    from train.evaluation.measures import measure

    crops, labels = validation
    others = classifier.logits(crops[labels == NO_DIGIT])
    test = classifier.logits(plain(sources.mnist.test))
    figures = measure(test, sources.mnist.test.labels, others, temperature, threshold)
    hands = of_hands(classifier.logits, sources, others, temperature, threshold)
    return {name: _rounded(value) for name, value in asdict(figures).items()} | {
        f"{name}_accuracy": round(of.accuracy, 5) for name, of in hands.items()}


def _rounded(value: Any) -> Any:
    return [round(v, 5) for v in value] if isinstance(value, (list, tuple)) else round(value, 5)


def _sha256(name: str, file: Path) -> str:
    """Of a file, or of the index of a folder."""
    try:
        return hashlib.sha256((file / "index.json" if file.is_dir() else file).read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"--{name} {file}: {error.strerror}") from error


def _portable(args: argparse.Namespace) -> list[str]:
    """The arguments that shaped the model, with file names instead of this machine's paths."""
    files = ("data", "not_digits", "strokes", "more_digits", "scenes")
    shaping = {name: [getattr(args, name).name] for name in files if getattr(args, name)}
    numbers = {"hand": args.hand, "epochs": args.epochs, "seed": args.seed, "limit": args.limit,
               "cut": args.cut or None}
    shaping |= {"start": [file.name for file in args.start]} if args.start else {}
    shaping |= {name: [str(value)] for name, value in numbers.items() if value is not None}
    return [part for name, values in shaping.items() for part in (f"--{name.replace('_', '-')}", *values)]
