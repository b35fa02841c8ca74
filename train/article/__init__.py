"""The well-known Keras tutorial on MNIST, step by step: `python -m train article`."""

from train.article.command import main

__all__ = ["main"]
