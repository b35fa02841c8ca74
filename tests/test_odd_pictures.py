"""Pictures of every depth, kind of colour and size that a decoder may hand over."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from harness import PICTURES, Line, errors, labels, lines, recognize, truth, written

TINY = PICTURES / "tiny.png"
DIGITS = "2357"


def odd_pictures() -> dict[str, np.ndarray]:
    """Pictures of all the kinds that a decoder may hand over; most show DIGITS."""
    ink = written(DIGITS)
    grey = (255 - 235 * ink).round().astype(np.uint8)
    black = np.zeros((*ink.shape, 3), np.uint8)
    alpha = (255 * ink).round().astype(np.uint8)
    deep = (40000 * (1 - 0.9 * ink)).round().astype(np.uint16)
    return {
        "grey.png": grey,
        "colour.jpg": cv2.merge([grey, grey, grey]),
        "ink on transparent.png": np.dstack([black, alpha]),
        "light ink on transparent.png": np.dstack([255 - black, alpha]),
        "opaque.png": np.dstack([grey, grey, grey, np.full_like(grey, 255)]),
        "16 bit.png": deep,
        "16 bit colour.png": cv2.merge([deep, deep, deep]),
        "16 bit on transparent.png": np.dstack([black, alpha]).astype(np.uint16) * 257,
        "float.tiff": (1 - 0.9 * ink).astype(np.float32),
        "grey.webp": cv2.merge([grey, grey, grey]),
        "UPPER.PNG": grey,
        "1x1.png": grey[:1, :1],
        "row.png": grey[:1],
        "column.png": grey[:, :1],
    }


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Line]:
    """Events of all odd pictures, by name."""
    folder = tmp_path_factory.mktemp("odd")
    for name, picture in odd_pictures().items():
        assert cv2.imwrite(str(folder / name), picture)
    done = recognize("--source", ".", "--no-window", "--events", "e.jsonl", cwd=folder)
    assert (done.returncode, errors(done)) == (0, [])
    return {line["source"]: line for line in lines(folder / "e.jsonl")}


@pytest.mark.parametrize(("name", "picture"), odd_pictures().items(), ids=odd_pictures().keys())
def test_odd_pictures_are_read(name: str, picture: np.ndarray, odd: dict[str, Line]) -> None:
    assert odd[name]["size"] == [*picture.shape[1::-1]]
    text = "".join(str(digit["label"]) for digit in odd[name]["digits"])
    assert text == (DIGITS if min(picture.shape[:2]) > 1 else "")


def test_a_picture_of_12000_by_9000(run: Run, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "huge.jpg"), cv2.resize(cv2.imread(str(TINY)), (12000, 9000)))
    done = run("--source", "huge.jpg", "--no-window", "--events", "-")
    assert (done.returncode, errors(done)) == (0, [])
    found, [true] = json.loads(done.stdout), truth(TINY)
    assert found["size"] == [12000, 9000]
    assert labels(found) == labels(true)
    [digit], [wanted] = found["digits"], true["digits"]
    assert np.abs(np.subtract(digit["box"], np.multiply(wanted["box"], 60))).max() <= 3 * 60


@pytest.mark.parametrize("name", ["photo.mp4", "photo.txt", "photo"])
def test_a_photograph_by_another_name(name: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes((PICTURES / "note.jpg").read_bytes())
    done = run("--source", name, "--no-window", "--numbers", "--save", "seen/")
    wanted = [number["text"] for number in truth(PICTURES / "note.jpg")[0]["numbers"]]
    assert (done.returncode, done.stdout.split()) == (0, wanted)
    assert cv2.imread(str(tmp_path / "seen" / "photo.png")) is not None
