"""A hand is taught in Python, by files and in the window; a file that is none does no harm."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from itertools import islice

import cv2
import numpy as np
import pytest
from harness import PATIENCE, command, environment, errors, lines, needs_display, press, xdotool

from fixtures.misread import TEXT, box, sheet, write_clip
from recognizer import Recognizer
from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.core.assets import shipped
from recognizer.errors import InputError, ModelError, OutputError, UsageError
from recognizer.hand.correction import MARGIN, lacking
from recognizer.hand.examples import MOST_BYTES, Examples
from recognizer.hand.store import Store
from recognizer.window.window import TITLE

MODEL = Classifier.load(shipped("models/digits.tflite"))
needs_features = pytest.mark.skipif(not MODEL.feature_count, reason="the shipped model can't be taught")
MISREAD = [place for place, label in enumerate(TEXT) if label == 7]


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """The user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


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


def run(*words, cwd):
    done = subprocess.run(command(*words), cwd=cwd, env=environment() | {"XDG_DATA_HOME": os.environ["XDG_DATA_HOME"]},
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done, errors(done)


def some_examples(count=3, model=MODEL.manifest.sha256):
    crops = np.zeros((count, 28, 28), np.uint8)
    crops[:, 4:24, 12:16] = 255
    return Examples(model, crops, np.full(count, 1, np.uint8), np.arange(count, dtype=np.uint32))


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
    for label in (-1, 10, "3"):
        with pytest.raises(InputError):
            recognizer.teach(digit, label)
    with pytest.raises(UsageError, match="expected a recognizer with a hand"):
        Recognizer().teach(digit, 1)
    for name in ("", "../up", "none", "a/b", ".hidden", "x" * 65):
        with pytest.raises(UsageError, match="expected a name"):
            Recognizer(hand=name)
    assert Store().names() == []


def test_lacking_is_the_least_step_to_the_margin():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 4, (50, 11)), rng.integers(0, 11, 50).astype(np.uint8)
    after = logits + lacking(logits, labels)
    own = after[np.arange(50), labels]
    others = np.where(np.arange(11) == labels[:, None], -np.inf, after).max(1)
    assert (own - others >= MARGIN - 1e-9).all()
    led = np.where(np.arange(11) == labels[:, None], -np.inf, logits).max(1) + MARGIN <= logits[np.arange(50), labels]
    assert (lacking(logits, labels)[led] == 0).all()


def test_a_file_holds_what_was_saved_and_the_last_lesson_can_go(tmp_path):
    rng = np.random.default_rng(0)
    crops = (rng.random((5, 28, 28)) < 0.3).astype(np.uint8) * np.uint8(255)
    examples = Examples("ab" * 32).taught(crops[:2], 3).taught(crops[2:], NO_DIGIT)
    examples.save(tmp_path / "h.npz")
    loaded = Examples.load(tmp_path / "h.npz")
    np.testing.assert_array_equal(loaded.crops, crops)
    assert (loaded.model, loaded.labels.tolist()) == ("ab" * 32, [3, 3, 10, 10, 10])
    assert loaded.without_last().labels.tolist() == [3, 3]
    assert len(Examples("ab" * 32).without_last()) == 0
    assert loaded.with_lessons_of(loaded).lessons.tolist() == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]


def damage(kind, file):
    some_examples().save(file)
    whole = file.read_bytes()
    if kind == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif kind == "text":
        file.write_text("not a hand")
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "flipped":
        file.write_bytes(bytes(byte ^ (place % 97 == 50) for place, byte in enumerate(whole)))
    elif kind == "huge":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("crops.npy", bytes(50 * MOST_BYTES))
    elif kind == "pickle":
        np.savez(file, crops=np.array([{"a": 1}], object), labels=[0], lessons=[0], model=[0])
    elif kind == "other arrays":
        np.savez(file, crops=np.zeros((3, 5)), labels=np.zeros(3), lessons=np.zeros(3), model=np.zeros(32))
    elif kind == "folder":
        file.unlink()
        file.mkdir()
    elif kind == "foreign":
        some_examples(model="cd" * 32).save(file)


KINDS = ["cut", "text", "empty", "flipped", "huge", "pickle", "other arrays", "folder"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_none_is_named(kind, tmp_path):
    damage(kind, tmp_path / "h.npz")
    with pytest.raises(ModelError, match=r"hand .*h\.npz"):
        Examples.load(tmp_path / "h.npz")


@needs_features
@pytest.mark.parametrize("kind", ["cut", "huge", "foreign"])
def test_the_program_says_one_line_and_goes_on_without_it(kind, tmp_path):
    file = Store().file("mine")
    file.parent.mkdir(parents=True)
    damage(kind, file)
    cv2.imwrite(str(tmp_path / "sheet.png"), sheet())
    done, [said] = run("--source", "sheet.png", "--no-window", "--hand", "mine", cwd=tmp_path)
    assert done.returncode == 0
    assert "hand" in said
    assert "going on without it" in said
    bare, _ = run("--source", "sheet.png", "--no-window", "--hand", "none", cwd=tmp_path)
    assert done.stdout == bare.stdout != ""


def test_a_model_without_features_says_that_it_cannot_be_taught(tmp_path):
    if MODEL.feature_count:
        pytest.skip("the shipped model can be taught")
    with pytest.raises(ModelError, match="can't be taught"):
        Recognizer(hand="mine")
    cv2.imwrite(str(tmp_path / "sheet.png"), sheet())
    done, [said] = run("--source", "sheet.png", "--no-window", "--hand", "mine", cwd=tmp_path)
    assert done.returncode == 0
    assert "can't be taught" in said


@needs_features
def test_crops_of_a_folder_are_learnt_and_the_hand_moves_by_file(tmp_path):
    cv2.imwrite(str(tmp_path / "sheet.png"), sheet())
    _, said = run("--source", "sheet.png", "--no-window", "--crops", "crops", "--hand", "none", cwd=tmp_path)
    assert said == []
    for place in MISREAD:  # sorted anew by a person
        x, y, w, h = box(place)
        for file in (tmp_path / "crops").glob("[!7]/*.png"):
            left, top, wide, high = map(int, file.stem.split("_")[-1].split("-"))
            if abs(left + wide / 2 - x - w / 2) < 20 and abs(top + high / 2 - y - h / 2) < 20:
                shutil.move(file, tmp_path / "crops" / "7" / file.name)
    count = len(list((tmp_path / "crops" / "7").iterdir()))
    assert count >= 2
    done, [said] = run("teach", "--crops", "crops", "--hand", "mine", cwd=tmp_path)
    assert (done.returncode, f"7 ({count})" in said) == (0, True), said
    read, _ = run("--source", "sheet.png", "--no-window", "--numbers", cwd=tmp_path)  # with the one used last
    assert read.stdout.count("7") >= count
    assert run("hand", "list", cwd=tmp_path)[0].stdout == "mine (used last)\n"
    assert f"7: {count}" in run("hand", "show", "mine", cwd=tmp_path)[0].stdout
    assert run("hand", "export", "mine", "out.npz", cwd=tmp_path)[0].returncode == 0
    assert run("hand", "remove", "mine", cwd=tmp_path)[0].returncode == 0
    assert Store().names() == []
    done, [said] = run("hand", "show", "mine", cwd=tmp_path)
    assert (done.returncode, "found no mine.npz" in said) == (4, True)
    assert run("hand", "import", "out.npz", "--hand", "again", cwd=tmp_path)[0].returncode == 0
    again, _ = run("--source", "sheet.png", "--no-window", "--numbers", cwd=tmp_path)
    assert again.stdout == read.stdout


@needs_features
def test_the_hand_of_another_model_is_learnt_anew_by_import(tmp_path):
    file = Store().file("mine")
    file.parent.mkdir(parents=True)
    damage("foreign", file)
    with pytest.raises(ModelError, match="hand import"):
        Recognizer(hand="mine")
    assert run("hand", "import", file, "--hand", "mine", cwd=tmp_path)[0].returncode == 0
    Recognizer(hand="mine")
    assert len(Examples.load(file)) == 3


@pytest.mark.parametrize("words", [("teach",), ("hand",), ("hand", "show"), ("hand", "list", "more"), ("hand", "new")])
def test_a_wrong_call_is_one_line(words, tmp_path):
    done, said = run(*words, cwd=tmp_path)
    assert (done.returncode, len(said)) == (2, 1)


def test_a_folder_without_crops_is_named(tmp_path):
    (tmp_path / "3").mkdir()
    for content in (None, b"no picture", cv2.imencode(".png", np.zeros((5, 7), np.uint8))[1].tobytes()):
        if content is not None:
            (tmp_path / "3" / "a.png").write_bytes(content)
        done, [said] = run("teach", "--crops", tmp_path, cwd=tmp_path)
        assert (done.returncode, "expected" in said) == (3, True)


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
