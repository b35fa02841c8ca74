"""The whole program over the recorded clips and pictures, compared with what is known to be in them."""

import json
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from harness import CLIPS, PICTURES, ROOT, Line, errors, labels, lines, placed, recognize, texts, truth

from recognizer.cli import parser

RIGHT = 0.95  # share of the steady frames, and of their digits, that must be right
FALSE_ALARMS = 0.05  # share of a clip's frames that may show a digit where there is none
STEADY_ID = 0.95  # share of a steady digit's frames in which it must carry the same id

WITH_DIGITS = [
    "lined.mp4",
    "dim.avi",
    *(pytest.param(f"{name}.mp4", marks=pytest.mark.slow)
      for name in ("demo", "squared", "whiteboard", "chalkboard", "tilted", "many")),
]
ALL_CLIPS = [*WITH_DIGITS, "negative.mp4"]
FILES = sorted(path for path in PICTURES.iterdir() if path.suffix != ".jsonl")
FLAGS = sorted({flag for action in parser()._actions for flag in action.option_strings if flag.startswith("--")})

_events: dict[str, list[Line]] = {}


@pytest.fixture
def events(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """The events of the clip that the test is about; each clip is watched once a session."""
    clip: str = request.getfixturevalue("clip")
    if clip not in _events:
        folder = tmp_path_factory.mktemp("clip")
        done = recognize("--source", CLIPS / clip, "--no-window", "--events", "events.jsonl", cwd=folder)
        assert (done.returncode, errors(done)) == (0, [])
        _events[clip] = lines(folder / "events.jsonl")
    return _events[clip]


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Line]]:
    """The fixture pictures, read as a folder and saved into another: that folder, and the events by file name."""
    folder = tmp_path_factory.mktemp("album")
    done = recognize("--source", PICTURES, "--no-window", "--events", "e.jsonl", "--save", "labelled/", cwd=folder)
    assert (done.returncode, errors(done)) == (0, ["recognizer: labelled frames are in labelled/"])
    return folder / "labelled", {Path(line["source"]).name: line for line in lines(folder / "e.jsonl")}


def steady(clip: str, events: list[Line]) -> list[tuple[Line, Line]]:
    """Truth and event of each frame in which only the hand's tremor moves the sheet."""
    return [pair for pair in zip(truth(CLIPS / clip), events, strict=True) if pair[0]["steady"]]


@pytest.mark.parametrize("clip", ALL_CLIPS)
def test_every_frame_has_its_line_in_order(clip: str, events: list[Line]) -> None:
    video = cv2.VideoCapture(str(CLIPS / clip))
    fps, size = video.get(cv2.CAP_PROP_FPS), [int(video.get(p)) for p in (3, 4)]
    assert [line["frame"] for line in events] == [line["frame"] for line in truth(CLIPS / clip)]
    assert {line["source"] for line in events} == {str(CLIPS / clip)}
    assert all(line["size"] == size for line in events)
    assert [line["time"] for line in events] == pytest.approx([n / fps for n in range(len(events))], abs=0.5 / fps)


@pytest.mark.parametrize("clip", ALL_CLIPS)
def test_lines_have_the_promised_keys_and_types(clip: str, events: list[Line]) -> None:
    for line in events:
        assert list(line) == ["source", "frame", "time", "size", "digits", "numbers"]
        for digit in line["digits"]:
            assert list(digit) == ["label", "confidence", "box", "track", "top"]
            assert digit["label"] in range(10)
            assert type(digit["track"]) is int
            assert [type(side) for side in digit["box"]] == [int] * 4
            assert digit["top"][0] == [digit["label"], digit["confidence"]]
            shares = [share for _, share in digit["top"]]
            assert shares == sorted(shares, reverse=True)
            assert all(0 <= share <= 1 for share in shares)
        for number in line["numbers"]:
            assert list(number) == ["text", "confidence", "box", "digits"]
            assert 0 <= number["confidence"] <= 1
            assert number["text"] == "".join(str(line["digits"][i]["label"]) for i in number["digits"])
        assert sorted(i for number in line["numbers"] for i in number["digits"]) == list(range(len(line["digits"])))


@pytest.mark.parametrize("clip", WITH_DIGITS)
def test_digits_are_right_while_the_hand_is_steady(clip: str, events: list[Line]) -> None:
    right = [labels(line) == labels(true) for true, line in steady(clip, events)]
    assert np.mean(right) >= RIGHT


@pytest.mark.parametrize("clip", WITH_DIGITS)
def test_boxes_stand_on_their_digits(clip: str, events: list[Line]) -> None:
    pairs = steady(clip, events)
    found = sum(len(placed(line["digits"], true["digits"])) for true, line in pairs)
    assert found >= RIGHT * sum(len(true["digits"]) for true, _ in pairs)


@pytest.mark.parametrize("clip", WITH_DIGITS)
def test_a_digit_keeps_its_id(clip: str, events: list[Line]) -> None:
    written = groupby(zip(truth(CLIPS / clip), events, strict=True),
                      lambda pair: pair[0]["steady"] and [digit["label"] for digit in pair[0]["digits"]])
    for digits, pairs in written:
        ids: dict[int, Counter[int]] = {index: Counter() for index in range(len(digits or ()))}
        for true, line in pairs:
            for index, digit in placed(line["digits"], true["digits"]).items():
                if digits:
                    ids[index][digit["track"]] += 1
        for index, seen in ids.items():
            assert seen, f"digit {index} of {digits} was never found"
            assert seen.most_common(1)[0][1] >= STEADY_ID * seen.total(), f"digit {index} of {digits}: ids {seen}"


@pytest.mark.parametrize("clip", ["negative.mp4"])
def test_drawings_and_a_blank_sheet_are_no_digits(clip: str, events: list[Line]) -> None:
    assert np.mean([bool(line["digits"]) for line in events]) <= FALSE_ALARMS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_picture_gives_its_digits(file: Path, album: tuple[Path, dict[str, Line]]) -> None:
    line, [true] = album[1][file.name], truth(file)
    assert labels(line) == labels(true)
    assert texts(line) == texts(true)
    assert sorted(placed(line["digits"], true["digits"])) == list(range(len(true["digits"])))


def test_a_folder_gives_one_line_a_picture_by_its_own_path(album: tuple[Path, dict[str, Line]]) -> None:
    events = list(album[1].values())
    assert [line["source"] for line in events] == [str(file) for file in FILES]
    assert [line["size"] for line in events] == [list(cv2.imread(str(file)).shape[1::-1]) for file in FILES]
    assert {line["frame"] for line in events} == {0}
    assert {digit["track"] for line in events for digit in line["digits"]} == {None}


def test_a_glob_gives_what_fits(run: Run, tmp_path: Path) -> None:
    for name in ("one.png", "two.png", "other.txt", "three.bmp"):
        (tmp_path / name).write_bytes((PICTURES / "tiny.png").read_bytes())
    done = run("--source", "*o*.png", "--no-window", "--events", "-")
    assert (done.returncode, errors(done)) == (0, [])
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == ["one.png", "two.png"]


def test_saving_a_folder_gives_labelled_pictures_of_the_same_names(album: tuple[Path, dict[str, Line]]) -> None:
    folder, events = album
    assert sorted(path.name for path in folder.iterdir()) == [file.name for file in FILES]
    for file in FILES:
        source, labelled = cv2.imread(str(file)), cv2.imread(str(folder / file.name))
        assert labelled.shape == source.shape
        for digit in events[file.name]["digits"]:
            assert drawn_over(source, labelled, digit["box"])


def drawn_over(source: np.ndarray, labelled: np.ndarray, box: list[int]) -> bool:
    """Whether something as strong as a line was drawn in or close around a box."""
    x, y, w, h = box
    area = np.s_[max(0, y - 4):y + h + 4, max(0, x - 4):x + w + 4]
    return bool(cv2.absdiff(source[area], labelled[area]).max() > 60)


def test_saving_one_picture(run: Run, tmp_path: Path) -> None:
    done = run("--source", PICTURES / "tiny.png", "--no-window", "--save", "seen.png")
    assert (done.returncode, errors(done)) == (0, ["recognizer: labelled frames are in seen.png"])
    source, labelled = cv2.imread(str(PICTURES / "tiny.png")), cv2.imread(str(tmp_path / "seen.png"))
    [true] = truth(PICTURES / "tiny.png")
    assert all(drawn_over(source, labelled, digit["box"]) for digit in true["digits"])


@pytest.mark.parametrize("name", ["seen.mp4", "seen.mkv", "seen.avi"])
def test_saving_a_video(name: str, run: Run, tmp_path: Path) -> None:
    done = run("--source", CLIPS / "dim.avi", "--no-window", "--save", name, "--events", "e.jsonl")
    assert (done.returncode, errors(done)) == (0, [f"recognizer: labelled frames are in {name}"])
    source, labelled = cv2.VideoCapture(str(CLIPS / "dim.avi")), cv2.VideoCapture(str(tmp_path / name))
    assert labelled.get(cv2.CAP_PROP_FPS) == pytest.approx(source.get(cv2.CAP_PROP_FPS), rel=0.05)
    for line in lines(tmp_path / "e.jsonl"):
        (_, before), (good, after) = source.read(), labelled.read()
        assert good
        assert after.shape == before.shape
        assert all(drawn_over(before, after, digit["box"]) for digit in line["digits"])
    assert not labelled.read()[0]


def test_without_arguments_camera_and_display_it_plays_the_clip(run: Run, tmp_path: Path) -> None:
    done = run()
    assert done.returncode == 0
    display, camera, saved = errors(done)
    assert "no display" in display
    assert "camera 0" in camera
    assert "demo.mp4" in camera
    named = tmp_path / saved.split()[-1]
    true = truth(CLIPS / "demo.mp4")
    frames = cv2.VideoCapture(str(named))
    assert sum(frames.read()[0] for _ in true) == len(true)
    printed = re.findall(r" s  (\d+)  \(\d+%\)$", done.stdout, re.MULTILINE)
    assert len(printed) == len(done.stdout.splitlines())
    steadily, ever = (
        {number["text"] for line in true if line["steady"] or moving for number in line["numbers"]}
        for moving in (False, True)  # while a sheet comes or goes, the border cuts its numbers
    )
    assert steadily <= set(printed) <= ever


def test_version_and_help(run: Run) -> None:
    from recognizer import __version__

    assert run("--version").stdout.split()[-1] == __version__
    assert not [flag for flag in FLAGS if flag not in run("--help").stdout]


def test_every_flag_has_help() -> None:
    assert not [action.option_strings for action in parser()._actions if not action.help]


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag != "--help"])
def test_every_flag_stands_in_the_readme(flag: str) -> None:
    rows = [row for row in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if row.startswith("|")]
    assert any(f"`{flag}" in row.split("|")[1] for row in rows)
