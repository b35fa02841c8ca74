"""On real photographs without digits none is reported."""

import cv2
import pytest
from harness import ROOT

from recognizer import Recognizer

PHOTOGRAPHS = ROOT / "fixtures" / "photographs"
FILES = sorted(path.name for path in PHOTOGRAPHS.glob("*.jpg"))


@pytest.mark.parametrize("file", FILES)
def test_a_photograph_without_digits_has_none(file: str) -> None:
    reading = Recognizer().read(cv2.imread(str(PHOTOGRAPHS / file)))
    assert [(digit.label, digit.box) for digit in reading.digits] == []


def test_each_photograph_is_small_and_has_its_licence() -> None:
    told = (PHOTOGRAPHS / "LICENCES.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"| `{name}` |" not in told] == []
    assert sum((PHOTOGRAPHS / name).stat().st_size for name in FILES) <= 250_000
    assert all(max(cv2.imread(str(PHOTOGRAPHS / name)).shape) <= 480 for name in FILES)
