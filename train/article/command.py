"""The command line of the article."""

from __future__ import annotations

import argparse
from pathlib import Path

from recognizer.errors import OutputError, UsageError

STEPS = ("load", "look", "preprocess", "fit", "evaluate", "predict", "confusion", "mistakes", "curves")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train article",
        description="The well-known Keras tutorial on MNIST, step by step. docs/article.md explains it.",
    )
    parser.add_argument("step", nargs="?", choices=STEPS, metavar="STEP",
                        help=f"only this one: {', '.join(STEPS)}; those after fit need what it saved (default: all)")
    parser.add_argument("--data", type=Path, metavar="FILE",
                        help="an .npz in Keras's format, or a folder with the four IDX files or with pictures in "
                        "folders 0 to 9 (default: keras.datasets' MNIST, downloaded once)")
    parser.add_argument("--out", type=Path, default=Path("runs/article"), metavar="DIR",
                        help="where pictures and models go (default: runs/article)")
    parser.add_argument("--show", action="store_true", help="show each picture in a window too, until a key is pressed")
    parser.add_argument("--denoise", type=int, choices=(3, 5), metavar="N",
                        help="fit on pictures denoised by a median over N×N pixels, 3 or 5 (default: not denoised)")
    parser.add_argument("--epochs", type=int, default=10, metavar="N",
                        help="fit for so many passes over the training set (default: 10)")
    parser.add_argument("--learning-rate", type=float, default=0.001, metavar="R",
                        help="of Adadelta (default: 0.001, Keras's own, as in the article; 1.0 is what it needs)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where all chance comes from (default: 1)")
    parser.add_argument("--limit", type=int, metavar="N",
                        help="use the first N training pictures only, for a quick try")
    return parser


def main(argv: list[str]) -> None:
    """Run all steps, or one.

    Raises:
        UsageError: flags that can't be meant.
        SourceError: digits that can't be read.
        ModelError: a step wants what `fit` saves, and that isn't there or damaged.
        OutputError: the folder can't be written to.
    """
    args = parser().parse_args(argv)
    from recognizer.window.screen import has_display
    from train.article import steps
    from train.article.run import Run, Settings

    if args.show and not has_display():
        raise UsageError("--show: expected a display, found none; the pictures are saved without it too")
    try:
        settings = Settings(args.epochs, args.learning_rate, args.seed, args.limit, args.denoise)
    except ValueError as error:
        raise UsageError(f"--{error}") from error
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"--out {args.out}: {error.strerror}; choose another folder") from error
    run = Run(args.out, settings, args.data, windows=args.show)
    for name in [args.step] if args.step else STEPS:
        step = getattr(steps, name)
        print(f"{name}: {step.__doc__.splitlines()[0]}", flush=True)
        step(run)
