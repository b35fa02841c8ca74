"""The score on labelled photographs counts as anybody would by hand."""

import json
import shutil
import subprocess
import sys

import pytest
from harness import PICTURES, ROOT, recognize, truth

from recognizer.core.assets import shipped
from recognizer.core.digits import Digit
from recognizer.core.geometry import Box
from recognizer.errors import SourceError
from train.evaluation.photographs import match, overlap, score

EVAL = ROOT.parent / "shared" / "eval"


def digit(label, *box):
    return Digit(label, 0.9, Box(*box))


def test_overlap_is_intersection_over_union():
    assert overlap(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1
    assert overlap(Box(0, 0, 10, 10), Box(20, 0, 10, 10)) == 0
    assert overlap(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)


def test_a_thin_1_may_be_a_pixel_off():
    assert overlap(Box(50, 0, 2, 40), Box(53, 0, 2, 40)) >= 0.5


def test_each_place_is_found_once_and_by_the_nearest():
    wanted = [Box(0, 0, 20, 20), Box(100, 0, 20, 20)]
    found = (digit(3, 3, 0, 20, 20), digit(3, 0, 0, 20, 20), digit(5, 200, 0, 20, 20))
    assert match(found, wanted) == [(1, 0)]


@pytest.fixture
def labelled(tmp_path):
    """Fixture pictures with their truth in the form of `--pictures`; one label is wrong on purpose."""
    records = []
    for file in sorted(PICTURES.glob("*.png")):
        if file.with_suffix(".jsonl").exists():
            shutil.copy(file, tmp_path)
            records.append({"file": file.name, "digits": truth(file)[0]["digits"]})
    records[0]["digits"][0]["label"] = 9 - records[0]["digits"][0]["label"]
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(records))
    return labels


def test_a_wrong_label_is_placed_but_not_right(labelled):
    result = score(shipped("models/digits.tflite"), labelled)
    assert result.placed - result.right >= 1
    assert result.found <= result.digits + 1
    assert result.label_accuracy == result.right / result.placed


def test_photographs_made_smaller_are_scored_where_their_digits_are_then(labelled):
    whole, half = (score(shipped("models/digits.tflite"), labelled, scale) for scale in (1.0, 0.5))
    assert (half.pictures, half.digits) == (whole.pictures, whole.digits)
    assert half.placed > 0.8 * whole.placed


@pytest.mark.parametrize("content", ["no json", '{"file": 1}', '[{"file": "a.png", "digits": [{"label": 1}]}]'])
def test_other_labels_are_refused_by_name(tmp_path, content):
    labels = tmp_path / "odd.json"
    labels.write_text(content)
    with pytest.raises(SourceError, match=r"odd\.json: expected a list"):
        score(shipped("models/digits.tflite"), labels)


@pytest.mark.slow
@pytest.mark.skipif(not EVAL.is_dir(), reason="the labelled photographs in ../shared/eval are not here")
def test_it_agrees_with_the_other_program_that_scores(tmp_path):
    recognize("--source", EVAL / "images", "--no-window", "--events", "events.jsonl", cwd=tmp_path)
    call = [sys.executable, EVAL / "score.py", EVAL / "labels.json", tmp_path / "events.jsonl"]
    told = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    f1 = float(told.split("F1 with negatives")[1].split()[0])
    assert score(shipped("models/digits.tflite"), EVAL / "labels.json").f1 == pytest.approx(f1, abs=5e-5)
