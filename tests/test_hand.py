"""A hand is taught in Python and in the window: what was misread is read right from then on."""

import json
import os
import subprocess
import sys
from contextlib import closing
from itertools import islice

import numpy as np
import pytest
from hands import MISREAD, needs_features, run
from harness import PATIENCE, command, environment, lines, needs_display, press, xdotool

from fixtures.misread import TEXT, box, sheet, write_clip
from recognizer import Recognizer
from recognizer.errors import InputError, OutputError, UsageError
from recognizer.hand.correction import MARGIN, lacking
from recognizer.hand.examples import Examples
from recognizer.hand.store import Store
from recognizer.window.window import TITLE

pytestmark = pytest.mark.usefixtures("data")


@pytest.fixture
def clip(tmp_path):
    write_clip(tmp_path / "clip.avi", 40)
    return tmp_path / "clip.avi"


def sixth(recognizer, clip):
    """The labels of a clip's sixth frame."""
    with closing(recognizer.watch(clip)) as readings:
        return [digit.label for digit in next(islice(readings, 5, None)).digits]


def score_at(reading, place):
    """How likely there is a digit where one was written."""
    x, y, w, h = box(place)
    boxes = [(one.score, one.candidate.box.centre) for one in reading.judged]
    return max(score for score, (cx, cy) in boxes if abs(cx - x - w / 2) < 30 and abs(cy - y - h / 2) < 30)


@needs_features
def test_a_misread_digit_is_read_right_from_the_next_frame_on_and_after_a_restart(clip):
    recognizer = Recognizer(hand="mine")
    readings = recognizer.watch(clip)
    reading = next(islice(readings, 5, None))
    before = [digit.label for digit in reading.digits]
    assert before != list(TEXT)
    wrong = next(place for place in MISREAD if before[place] != TEXT[place])
    assert "learnt: 7" in recognizer.teach(reading.digits[wrong], TEXT[wrong])
    after = [[digit.label for digit in reading.digits] for reading in readings]
    assert len(after) == 34
    assert all(labels[wrong] == TEXT[wrong] for labels in after)
    assert after[0] == list(TEXT)
    assert sixth(Recognizer(hand="mine"), clip) == list(TEXT)
    assert sixth(Recognizer(), clip) == before


@needs_features
def test_a_frame_that_stays_on_the_screen_shows_what_was_learnt(clip):
    recognizer = Recognizer(hand="mine")
    with closing(recognizer.watch(clip)) as readings:
        reading = next(islice(readings, 5, None))
    before = [digit.label for digit in reading.digits]
    assert [digit.label for digit in recognizer.read_again(reading).digits] == before
    wrong = next(place for place in MISREAD if before[place] != TEXT[place])
    recognizer.teach(reading.digits[wrong], TEXT[wrong])
    again = recognizer.read_again(reading)
    assert [digit.label for digit in again.digits] == list(TEXT)
    assert [digit.track for digit in again.digits] == [digit.track for digit in reading.digits]
    assert [digit.top[0][0] for digit in again.digits] == list(TEXT)
    assert "".join(number.text for number in again.numbers) == "".join(map(str, TEXT))


@needs_features
def test_what_is_told_to_be_no_digit_is_less_of_one_and_undo_takes_that_back(clip):
    recognizer = Recognizer(hand="mine")
    readings = recognizer.watch(clip)
    reading = next(islice(readings, 5, None))
    labels, score = [digit.label for digit in reading.digits], score_at(reading, 1)
    recognizer.teach(reading.digits[1], None)
    assert score_at(next(readings), 1) < score
    assert "taken back" in recognizer.undo()
    again = next(islice(readings, 5, None))
    assert [digit.label for digit in again.digits] == labels
    assert score_at(again, 1) == pytest.approx(score, abs=0.02)
    assert "nothing" in recognizer.undo()


@needs_features
def test_what_cannot_be_meant_is_refused():
    recognizer = Recognizer(hand="mine")
    digit = recognizer.read(sheet()).digits[0]
    for label in (-1, 10, "3", 3.0, True, np.float32(3), np.True_, [3]):
        with pytest.raises(InputError, match="expected a label"):
            recognizer.teach(digit, label)
    with pytest.raises(UsageError, match="expected a recognizer with a hand"):
        Recognizer().teach(digit, 1)
    for name in ("", "../up", "none", "a/b", ".hidden", "x" * 65):
        with pytest.raises(UsageError, match="expected a name"):
            Recognizer(hand=name)
    assert Store().names() == []
    assert "learnt: 3" in recognizer.teach(digit, np.uint8(3))


def test_lacking_is_the_least_step_to_the_margin():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 4, (50, 11)), rng.integers(0, 11, 50).astype(np.uint8)
    after = logits + lacking(logits, labels)
    own = after[np.arange(50), labels]
    others = np.where(np.arange(11) == labels[:, None], -np.inf, after).max(1)
    assert (own - others >= MARGIN - 1e-9).all()
    led = np.where(np.arange(11) == labels[:, None], -np.inf, logits).max(1) + MARGIN <= logits[np.arange(50), labels]
    assert (lacking(logits, labels)[led] == 0).all()


@needs_features
def test_two_programs_that_teach_at_once_lose_nothing(tmp_path):
    code = ("import sys; from recognizer import Recognizer; from fixtures.misread import sheet; "
            "r = Recognizer(hand='mine'); d = r.read(sheet()).digits[0]; [r.teach(d, 1) for _ in range(8)]")
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path,
                             env=environment() | {"XDG_DATA_HOME": os.environ["XDG_DATA_HOME"]}) for _ in range(2)]
    assert [one.wait(PATIENCE) for one in both] == [0, 0]
    assert np.unique(Examples.load(Store().file("mine")).lessons).tolist() == list(range(16))


@needs_features
def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_learnt(data):
    recognizer = Recognizer(hand="mine")
    digit = recognizer.read(sheet()).digits[0]
    data.write_text("in the way")
    with pytest.raises(OutputError, match="hand"):
        recognizer.teach(digit, 1)
    assert recognizer.read(sheet()).digits[0].label == digit.label


@needs_features
@needs_display
@pytest.mark.parametrize("how", ["click", "Tab"])
def test_keys_and_clicks_in_the_window_teach_it(how, display, clip, tmp_path, data):
    write_clip(tmp_path / "long.avi", 1200)
    before = sixth(Recognizer(), clip)
    wrong = next(place for place in MISREAD if before[place] != TEXT[place])
    events, hand = tmp_path / "e.jsonl", Store().file("default")
    words = command("--source", "long.avi", "--events", "e.jsonl")
    env = environment(display) | {"XDG_DATA_HOME": str(data)}
    with subprocess.Popen(words, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) as program:
        window = xdotool(display, "search", "--sync", "--onlyvisible", "--name", f"^{TITLE}$").splitlines()[0]
        while not events.exists() or events.read_bytes().count(b"\n") < 5:
            assert program.poll() is None
        x, y, w, h = box(wrong)
        while not hand.exists():  # OpenCV loses keys that come while it draws
            assert program.poll() is None
            if how == "click":
                xdotool(display, "mousemove", "--window", window, str(x + w // 2), str(y + h // 2), "click", "1")
            else:
                for _ in range(wrong + 1):
                    press(display, window, "Tab")
            press(display, window, str(TEXT[wrong]))
        taught = events.read_bytes().count(b"\n") + 3  # lines that may have been on their way
        while events.read_bytes().count(b"\n") < taught + 3:
            assert program.poll() is None
        press(display, window, "q")
        program.communicate(timeout=PATIENCE)
    read = [[digit["label"] for digit in line["digits"]] for line in lines(events)]
    assert read[4] == before
    assert Examples.load(hand).labels.tolist()[0] == TEXT[wrong]
    if how == "click":  # a Tab that was lost chooses another digit
        assert read[-1] == list(TEXT)
        done, _ = run("--source", clip, "--no-window", "--events", "-", cwd=tmp_path)
        assert [digit["label"] for digit in json.loads(done.stdout.splitlines()[-1])["digits"]] == list(TEXT)
