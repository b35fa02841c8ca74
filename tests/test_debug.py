"""The debug view shows the crops as the network gets them, and what became of each candidate; --crops writes them."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from harness import PICTURES, ROOT, errors, labels, truth

from recognizer import Recognizer
from recognizer.drawing.debug import caption
from recognizer.drawing.settings import SETTINGS

NOTE = PICTURES / "note.jpg"


def test_the_view_is_the_frame_and_a_strip_of_the_digits_crops():
    reading = Recognizer().read(cv2.imread(str(NOTE)))
    view, (width, height) = reading.draw_debug(), reading.frame.size
    assert view.shape == (height + SETTINGS.rows * SETTINGS.cell[1], width, 3)
    strip = view[height:]
    read = [j.candidate.crop for j in reading.judged if not j.reason]
    assert len(read) == len(reading.digits)
    for crop in read:
        twice = cv2.cvtColor(np.kron(crop, np.ones((2, 2), np.uint8)), cv2.COLOR_GRAY2BGR)
        _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(strip, twice, cv2.TM_SQDIFF))
        np.testing.assert_array_equal(strip[y : y + len(twice), x : x + len(twice)], twice)


def test_small_pictures_are_shown_large_enough_to_be_read():
    image = cv2.imread(str(PICTURES / "tiny.png"))
    assert Recognizer().read(image).draw_debug().shape[1] == 640


def test_every_candidate_has_a_word():
    judged = Recognizer().read(cv2.imread(str(NOTE))).judged
    assert all(caption(j) for j in judged)
    assert {caption(j).split()[0] for j in judged if not j.reason} == {*"1958403672"}


def test_debug_is_saved_without_a_window(run: Run, tmp_path: Path):
    done = run("--source", NOTE, "--no-window", "--debug", "--save", "view.png")
    assert done.returncode == 0
    height = cv2.imread(str(NOTE)).shape[0]
    assert cv2.imread(str(tmp_path / "view.png")).shape[0] == height + SETTINGS.rows * SETTINGS.cell[1]


def test_crops_lie_in_folders_of_their_labels(run: Run, tmp_path: Path):
    done = run("--source", NOTE, "--no-window", "--crops", "crops")
    assert (done.returncode, errors(done)) == (0, [])
    written = Counter(path.parent.name for path in (tmp_path / "crops").glob("*/*.png"))
    del written["none"]
    (true,) = truth(NOTE)
    assert written == {str(label): count for label, count in labels(true).items()}
    for path in (tmp_path / "crops").glob("*/note.jpg_000000_*.png"):
        crop = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert crop.shape == (28, 28)
        assert set(np.unique(crop)) == {0, 255}


def test_crops_that_cannot_be_written_are_told_in_one_line(run: Run, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    done = run("--source", NOTE, "--no-window", "--crops", "file")
    assert done.returncode == 5
    (line,) = errors(done)
    assert "--crops file" in line


@pytest.mark.parametrize(("score", "status"), [(0.0, 1), (1.0, 0)])
def test_the_gate_holds_the_recorded_score(score: float, status: int):
    gate = ROOT / ".ci" / "gate.py"
    said = f"one line\nF1 0.9 · F1 with negatives {score:.4f} · bag F1 with negatives 0.9"
    done = subprocess.run([sys.executable, gate, "score"], input=said, text=True, capture_output=True, check=False)
    assert done.returncode == status
    assert "F1 with negatives" in done.stdout
