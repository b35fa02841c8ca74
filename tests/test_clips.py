"""The whole program over the recorded clips: its events, compared with what is known to be in each frame."""

import re
from collections import Counter
from itertools import groupby

import cv2
import numpy as np
import pytest
from harness import CLIPS, Line, errors, labels, lines, placed, recognize, truth

RIGHT = 0.95  # share of the steady frames, and of their digits, that must be right
FALSE_ALARMS = 0.05  # share of a clip's frames that may show a digit where there is none
STEADY_ID = 0.95  # share of a steady digit's frames in which it must carry the same id

WITH_DIGITS = [
    "lined.mp4",
    "dim.avi",
    "signs.mp4",
    *(pytest.param(f"{name}.mp4", marks=pytest.mark.slow)
      for name in ("demo", "squared", "whiteboard", "chalkboard", "tilted", "many")),
]
MOVING = "moving.mp4"  # in which no frame is steady: all of them count
EVERYTHING_MOVES = pytest.param(MOVING, marks=pytest.mark.slow)
ALL_CLIPS = [*WITH_DIGITS, EVERYTHING_MOVES, "negative.mp4"]
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


def counts(clip: str, line: Line) -> bool:
    return clip == MOVING or line["steady"]


def counted(clip: str, events: list[Line]) -> list[tuple[Line, Line]]:
    """Truth and event of each frame in which only the hand's tremor moves the sheet."""
    return [pair for pair in zip(truth(CLIPS / clip), events, strict=True) if counts(clip, pair[0])]


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
        assert list(line) == ["source", "frame", "time", "clock", "size", "digits", "numbers"]
        for digit in line["digits"]:
            assert list(digit) == ["label", "confidence", "box", "track", "top", "frame_label", "frame_confidence"]
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
            labelled = "".join(str(line["digits"][i]["label"]) for i in number["digits"])
            assert re.sub("[-.,]", "", number["text"]) == labelled
        assert sorted(i for number in line["numbers"] for i in number["digits"]) == list(range(len(line["digits"])))


@pytest.mark.parametrize("clip", [*WITH_DIGITS, EVERYTHING_MOVES])
def test_digits_are_right_while_the_hand_is_steady(clip: str, events: list[Line]) -> None:
    right = [labels(line) == labels(true) for true, line in counted(clip, events)]
    assert np.mean(right) >= RIGHT


@pytest.mark.parametrize("clip", [*WITH_DIGITS, EVERYTHING_MOVES])
def test_boxes_stand_on_their_digits(clip: str, events: list[Line]) -> None:
    pairs = counted(clip, events)
    found = sum(len(placed(line["digits"], true["digits"])) for true, line in pairs)
    assert found >= RIGHT * sum(len(true["digits"]) for true, _ in pairs)


@pytest.mark.parametrize("clip", [*WITH_DIGITS, EVERYTHING_MOVES])
def test_a_digit_keeps_its_id(clip: str, events: list[Line]) -> None:
    written = groupby(zip(truth(CLIPS / clip), events, strict=True),
                      lambda pair: counts(clip, pair[0]) and [digit["label"] for digit in pair[0]["digits"]])
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
