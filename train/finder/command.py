"""python -m train finder: makes models/finder.tflite, the network that finds digits."""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognizer.core.assets import shipped
from recognizer.errors import ModelError, UsageError

if TYPE_CHECKING:
    from train.finder.calibrate import Example
    from train.finder.fit import Trainer
    from train.finder.material import Material, Sources

AGREEMENT = 1e-3  # the exported file's logits may differ by so much from Keras's


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train finder", description=__doc__)
    add_sources(parser)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, metavar="N", help="fit so long, all sittings together (default: 90)")
    length.add_argument("--steps", type=int, metavar="N",
                        help="fit so many steps instead: the same network every time")
    parser.add_argument("--start", type=Path, metavar="FILE", nargs="+", default=(),
                        help="averaged weights of an earlier run to begin from, as it wrote them beside its network; "
                        "of several that began from the same their mean, with --steps 0 that alone")
    parser.add_argument("--until", type=int, metavar="N",
                        help="end this sitting after step N; the same command goes on from there")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="processor cores for fitting (default: 2)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where all chance comes from (default: 1)")
    parser.add_argument("--calibrate", type=Path, metavar="LABELS",
                        help="labelled photographs to calibrate on, none of those fitted on (default: scenes)")
    parser.add_argument("--classifier", type=Path, default=shipped("models/digits.tflite"), metavar="FILE",
                        help="what will read the finder's candidates (default: the shipped models/digits.tflite)")
    parser.add_argument("--out", type=Path, default=Path("models/finder.tflite"), metavar="FILE",
                        help="where the network goes (default: models/finder.tflite)")
    parser.add_argument("--run", type=Path, metavar="DIR",
                        help="where checkpoints, scenes and figures on the way go; the same command goes on from there "
                        "(default: runs/finder-N)")
    return parser


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The flags that name what scenes are made from."""
    parser.add_argument("--data", type=Path, metavar="PATH",
                        help="a local copy of MNIST (default: keras.datasets' own, downloaded once)")
    parser.add_argument("--strokes", type=Path, metavar="FILE", help="an .npz of digits as pen strokes")
    parser.add_argument("--more-digits", type=Path, metavar="FILE", help="an .npz of more pictures of digits")
    parser.add_argument("--not-digits", type=Path, metavar="FILE", help="an .npz of things that are no digits")
    parser.add_argument("--scenes", type=Path, metavar="DIR",
                        help="a folder of photographs without digits, its index.json says what to ignore in them")
    parser.add_argument("--pictures", type=Path, metavar="LABELS",
                        help="labelled photographs: a JSON list, their images in a folder beside it")


def sources_of(args: argparse.Namespace) -> Sources:
    from train.finder.material import Sources

    return Sources(args.data, args.strokes, args.more_digits, args.not_digits, args.scenes, args.pictures)


def main(argv: list[str]) -> None:
    """Scenes, fit, export, compare, measure, write: the way of the finder from top to bottom.

    The file is written when the run has its full length, with a manifest that tells how it was made.

    Raises:
        UsageError: flags that can't be meant, or a checkpoint of another recipe.
        SourceError: data that can't be read.
        ModelError: the exported file isn't what was fitted; nothing was written.
    """
    args = parser().parse_args(argv)
    if (args.steps is not None and args.steps < (0 if args.start else 1)) or (
            args.minutes is not None and args.minutes <= 0):
        raise UsageError("--steps, --minutes: expected more than 0, or --steps 0 with --start")

    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    from recognizer.classification.classifier import Classifier
    from recognizer.core.bundle import save_bundle
    from train.finder import fit
    from train.finder.batches.pool import Pool
    from train.finder.calibrate import calibrate
    from train.finder.material import load_material

    sources = sources_of(args)
    run = args.run or Path(f"runs/finder-{args.seed}")
    recipe: dict[str, Any] = {"name": "finder", "seed": args.seed} | {
        name: _sha256(file) for name, file in asdict(sources).items() if file is not None}
    if args.start:
        begun_from = [_sha256(file) for file in args.start]
        recipe["start"] = begun_from[0] if len(begun_from) == 1 else begun_from
    desk = _Desk(run, load_material(sources, validation=True), load_material(sources).photographs)
    if args.steps == 0:
        run.mkdir(parents=True, exist_ok=True)
        trainer = fit.Trainer()
        trainer.begin_from(args.start)
    else:
        length = fit.Length(args.steps, None if args.steps else args.minutes or 90.0)
        trainer = fit.fit(lambda step: Pool(sources, args.seed, run / "shards", step), length, recipe, run,
                          desk.hand_out, desk.mine, args.until, args.start)
        if length.share(trainer.step, trainer.seconds) < 1:
            return
    content, figures = desk.hand_out(trainer)
    made = {
        "command": "python -m train " + shlex.join(_portable(args)),
        "recipe": f"finder: {_way(trainer, len(args.start))}; float32",
        "data": {name: value for name, value in recipe.items() if name not in ("name", "seed")},
        "seed": args.seed,
        "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy", "opencv-python")},
    }
    classifier = Classifier.load(args.classifier)
    examples, scenes = desk.examples(args.calibrate)
    manifest = calibrate(content, classifier, examples, scenes, made, figures | {"bytes": len(content)})
    save_bundle(args.out, content, manifest)
    trainer.save_averaged(args.out.with_suffix(".npz"))
    print(f"{args.out}: {len(content) / 1000:.0f} kB, calibrated, threshold {manifest.threshold}")


def _way(trainer: Trainer, starts: int) -> str:
    """How its weights came about, in a few words."""
    mean = f"mean of {starts} networks" if starts > 1 else "" if trainer.step else "another network"
    minutes = trainer.seconds / 60
    fitted = f"{trainer.step} steps in {minutes:.0f} minutes; AdamW, cosine decay, averaged weights"
    return ", then ".join(part for part in (mean, fitted if trainer.step else "") if part)


class _Desk:
    """Where a network is exported, measured, and shown what fools it, during a run and after it."""

    def __init__(self, run: Path, validation: Material, photographs: tuple[Any, ...]) -> None:
        from train.finder.measure import validation_scenes

        self._run, self._scenes = run, validation_scenes(validation)
        self._held_back, self._photographs = validation.photographs, photographs

    def measured(self, trainer: Trainer) -> tuple[bytes, dict[str, Any]]:
        """The exported file and its figures; ModelError where it isn't what was fitted."""
        from recognizer.detection.network import Network
        from train.finder.export import difference, to_litert
        from train.finder.measure import measure

        model = trainer.averaged()
        content = to_litert(model)
        if (most := difference(model, content)) > AGREEMENT:
            raise ModelError(f"the exported file's logits differ by up to {most:.2g} from Keras's, expected at most "
                             f"{AGREEMENT}; nothing was written")
        return content, asdict(measure(Network(content), self._scenes, self._held_back))

    def hand_out(self, trainer: Trainer) -> tuple[bytes, dict[str, Any]]:
        """Write the network of now into the run's folder, and a line of its figures; returns both."""
        from recognizer.core.writing import replacing

        content, figures = self.measured(trainer)
        with replacing(self._run / "finder.tflite") as [beside]:
            beside.write_bytes(content)
        when = {"step": trainer.step, "minutes": round(trainer.seconds / 60, 1), "time": time.strftime("%H:%M")}
        line = when | figures
        with (self._run / "figures.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
        return content, figures

    def examples(self, pictures: Path | None) -> tuple[list[Example], list[Example]]:
        """What to calibrate on and choose the threshold by, and what for the calibration alone.

        That is photographs, labelled ones and those without digits, and scenes; without labelled ones, scenes in their
        place.
        """
        from train.finder.calibrate import examples_of_photographs, examples_of_pictures, examples_of_scenes

        scenes, without = [*examples_of_scenes(self._scenes)], [*examples_of_photographs(self._photographs)]
        return ([*examples_of_pictures(pictures), *without], scenes) if pictures else ([*scenes, *without], [])

    def mine(self, trainer: Trainer) -> None:
        """Note where photographs without digits fool the network of now: they will be shown more often."""
        from recognizer.detection.network import Network
        from train.finder.batches.pool import save_fooled
        from train.finder.export import to_litert
        from train.finder.measure import fooled

        if not self._photographs:
            return
        places = fooled(Network(to_litert(trainer.averaged())), self._photographs)
        save_fooled(self._run / "shards", trainer.step, places)
        print(f"fooled at {sum(map(len, places.values()))} places in {len(places)} of {len(self._photographs)} "
              "photographs", flush=True)


def _portable(args: argparse.Namespace) -> list[str]:
    """The arguments that shaped the network, with file names instead of this machine's paths."""
    files = ("data", "strokes", "more_digits", "not_digits", "scenes", "pictures", "calibrate")
    shaping = {name: [getattr(args, name).name] for name in files if getattr(args, name)}
    numbers = {"minutes": args.minutes, "steps": args.steps, "seed": args.seed}
    shaping |= {"start": [file.name for file in args.start]} if args.start else {}
    shaping |= {name: [str(value)] for name, value in numbers.items() if value is not None}
    return ["finder", *(part for name, values in shaping.items() for part in (f"--{name.replace('_', '-')}", *values))]


def _sha256(file: Path) -> str:
    """Of a file, or of the index of a folder."""
    file = file / "index.json" if file.is_dir() and (file / "index.json").exists() else file
    if file.is_dir():
        return file.name
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}; expected a file of training data") from error
