"""Regions, turned pictures, plausible values, wall-clock time, names with the date, files that are gone on with."""

import csv
import json
import math
import re
import time
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from harness import CLIPS, PICTURES, errors, lines, written

from recognizer import InputError, Recognizer, UsageError
from recognizer.core.digits import Number
from recognizer.core.frame import turned
from recognizer.core.geometry import Box, Region
from recognizer.numbers.plausible import Plausible, Rules
from recognizer.tracking.settings import SETTINGS

NOTE = PICTURES / "note.jpg"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A picture of 2048."""
    path = tmp_path / "sheet.png"
    picture = 235 - 190 * written("2048")
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    cv2.imwrite(str(path), (picture + noise).clip(0, 255).astype(np.uint8))
    return path


def test_only_regions_are_looked_at_and_boxes_are_those_of_the_frame() -> None:
    image = cv2.imread(str(NOTE))
    whole = {number.text: number.box for number in Recognizer().read(image).numbers}
    recognizer = Recognizer(regions=[Region.parse("0,0,100%,45%")])
    [number] = recognizer.read(image).numbers
    assert number.text == "1958"
    assert np.allclose(number.box, whole["1958"], atol=8)
    recognizer.regions = Region.parse("0,0,100%,45%"), Region.parse("0%,46%,100%,20%")
    assert [number.text for number in recognizer.read(image).numbers] == ["1958", "4036"]
    recognizer.regions = ()
    assert [number.text for number in recognizer.read(image).numbers] == list(whole)


def test_a_digit_in_two_regions_is_one() -> None:
    image = cv2.imread(str(NOTE))
    whole = sorted(number.text for number in Recognizer().read(image).numbers)
    both = Recognizer(regions=[Region.parse("0,0,100%,70%"), Region.parse("0%,5%,100%,95%")]).read(image)
    assert sorted(number.text for number in both.numbers) == whole


def test_other_regions_are_looked_through_at_once() -> None:
    recognizer = Recognizer()
    searched = []
    for reading in recognizer.watch(CLIPS / "dim.avi"):
        if reading.frame.index == 20:
            assert reading.digits
            recognizer.regions = (Region.parse("0,0,1%,1%"),)
        searched.append((reading.searched, bool(reading.digits)))
    assert not searched[20][0]
    assert searched[21][0]
    assert not any(shown for _, shown in searched[20 + SETTINGS.coasts + 2 :])


def test_regions_hold_for_videos_too(run: Run) -> None:
    done = run("--source", CLIPS / "signs.mp4", "--no-window", "--numbers", "--roi", "0,0,50%,100%")
    assert done.returncode == 0
    assert 0 < len(done.stdout.split()) < 6


HUGE = "9" * 400


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "0,0,0,10", "-1,0,5,5", f"0,0,{HUGE},5", f"{HUGE[:300]}%,0,5,5"],
                         ids=lambda text: text[:20])
def test_a_region_that_is_none_is_refused(text: str, run: Run) -> None:
    with pytest.raises(UsageError, match="region"):
        Region.parse(text)
    done = run("--source", NOTE, "--no-window", f"--roi={text}")
    assert done.returncode == 2
    assert len(errors(done)) == 1


@pytest.mark.parametrize("sides", [(0, 0, 0, 10), (-1, 0, 5, 5), (0, 0, math.nan, 5), (0, 0, math.inf, 5), (1, 2, 3)],
                         ids=str)
def test_a_region_that_is_made_from_python_is_checked_too(sides: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="region: expected"):
        Region(sides)  # type: ignore[arg-type]


def test_a_region_outside_of_the_picture_is_refused(run: Run) -> None:
    done = run("--source", NOTE, "--no-window", "--roi", "9000,0,10,10")
    assert done.returncode == 2
    assert "1600x1200" in errors(done)[0]


@pytest.mark.parametrize(("rotate", "flip"), [(90, ""), (180, ""), (270, ""), (0, "h"), (0, "v"), (90, "h")])
def test_turned_and_flipped_pictures_are_turned_back_before_they_are_read(
    rotate: int, flip: str, sheet: Path, tmp_path: Path, run: Run
) -> None:
    upright = cv2.imread(str(sheet))
    askew = turned(turned(upright, 0, flip), (360 - rotate) % 360)
    assert np.array_equal(turned(askew, rotate, flip), upright)
    cv2.imwrite(str(tmp_path / "askew.png"), askew)
    flags = [f"--rotate={rotate}", *([f"--flip={flip}"] if flip else [])]
    done = run("--source", "askew.png", "--no-window", "--numbers", *flags)
    assert done.stdout.split() == ["2048"]


def number(text: str, x: int = 0) -> Number:
    return Number(text, 0.9, Box(x, 0, 50, 20), (0,))


def reasons(rules: Rules, *texts: str) -> list[str]:
    plausible, found = Plausible(rules), []
    for text in texts:
        marked = plausible.marked((number(text),))
        found.append(marked[0].implausible)
        plausible.tell(tuple(one for one in marked if not one.implausible))
    return found


def test_what_does_not_go_on_from_the_value_before_is_implausible() -> None:
    assert reasons(Rules(r"\d{3}"), "123", "12", "1234") == ["", "pattern", "pattern"]
    assert reasons(Rules(step=5), "100", "104", "200", "108", "90") == ["", "", "step", "", "step"]
    assert reasons(Rules(no_decrease=True), "100", "99", "99,5", "100.5", "1:20") == ["", *["decrease"] * 2, "", ""]
    assert reasons(Rules(), "1", "2") == ["", ""]


TOO_MUCH = ["(", "a{99999999999999}", "(" * 3000 + ")" * 3000, f"a{{{'9' * 5000}}}"]


@pytest.mark.parametrize("pattern", TOO_MUCH, ids=["open", "often", "deep", "long"])
def test_a_pattern_that_is_none_is_refused_in_one_line(pattern: str, run: Run) -> None:
    with pytest.raises(UsageError, match="expected a regular expression"):
        Rules(pattern)
    done = run("--source", NOTE, "--no-window", "--expect", pattern)
    assert done.returncode == 2
    [said] = errors(done)
    assert "expected a regular expression" in said


@pytest.mark.parametrize("wrong", [{"pattern": 5}, {"pattern": b"5"}, {"step": "5"}, {"step": True}], ids=str)
def test_rules_of_other_types_are_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="expected"):
        Rules(**wrong)  # type: ignore[arg-type]


def test_rules_that_are_none_are_refused_in_words() -> None:
    with pytest.raises(InputError, match="expected Rules"):
        Recognizer(rules="5").read(np.zeros((40, 40), np.uint8))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [
    {"regions": [(0, 0, 10, 10)]}, {"regions": 5}, {"model": 5}, {"finder": 5}, {"hand": 5},
], ids=str)
def test_a_recognizer_of_other_types_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))}: expected .*, found .*[05]"):
        Recognizer(**wrong)  # type: ignore[arg-type]


def test_regions_of_other_types_are_refused_while_it_reads_too() -> None:
    recognizer = Recognizer()
    with pytest.raises(InputError, match="regions: expected"):
        recognizer.regions = [(0, 0, 10, 10)]  # type: ignore[list-item]
    assert recognizer.regions == ()


@pytest.mark.parametrize("every", [0, -1, 1.5, "2", None, True])
def test_every_so_many_is_a_whole_number(every: object) -> None:
    with pytest.raises(InputError, match="every: expected a whole number from 1 on"):
        next(Recognizer().watch(NOTE, every=every))  # type: ignore[arg-type]


def test_numbers_at_other_places_have_values_of_their_own() -> None:
    plausible = Plausible(Rules(step=1))
    plausible.tell(plausible.marked((number("5"), number("900", 400))))
    marked = plausible.marked((number("6"), number("905", 400)))
    assert [one.implausible for one in marked] == ["", "step"]


def test_two_meters_that_are_told_one_after_the_other_keep_their_values() -> None:
    plausible, both = Plausible(Rules(step=5)), (number("100"), number("50", 400))
    for told in both:
        plausible.marked(both)
        plausible.tell((told,))
    marked = plausible.marked((number("900"), number("54", 400)))
    assert [one.implausible for one in marked] == ["step", ""]


def test_a_number_that_stands_alone_may_move() -> None:
    plausible = Plausible(Rules(step=5))
    for x, text, wanted in ((0, "100", ""), (400, "103", ""), (0, "300", "step")):
        [marked] = plausible.marked((number(text, x),))
        assert marked.implausible == wanted
        plausible.tell((marked,) if not marked.implausible else ())


def test_implausible_numbers_are_marked_in_events_and_not_told(tmp_path: Path, run: Run) -> None:
    done = run("--source", NOTE, "--no-window", "--numbers", "--expect", r"\d{4}", "--events", "e.jsonl")
    assert done.stdout.split() == ["1958", "4036"]
    [event] = lines(tmp_path / "e.jsonl")
    assert {n["text"]: n.get("implausible") for n in event["numbers"]} == {"1958": None, "4036": None, "72": "pattern"}


def test_events_and_tables_have_the_clock_and_go_on(tmp_path: Path, run: Run) -> None:
    before = time.time()
    for _ in range(2):
        done = run("--source", NOTE, "--no-window", "--append", "--events", "{date}.jsonl", "--csv", "n.csv")
        assert done.returncode == 0
    [events] = tmp_path.glob("*.jsonl")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\.jsonl", events.name)
    moments = [datetime.fromisoformat(json.loads(line)["clock"]) for line in events.read_text().splitlines()]
    assert len(moments) == 2
    assert all(moment.tzinfo and before - 1 <= moment.timestamp() <= time.time() for moment in moments)
    with (tmp_path / "n.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["1958", "4036", "72"] * 2
    assert all(datetime.fromisoformat(row["clock"]).tzinfo for row in rows)
