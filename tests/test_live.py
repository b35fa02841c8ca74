"""A camera that vanishes and comes back: played by one that misbehaves on cue."""

import itertools
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import CLIPS, frames_in, labels, truth
from misbehaving import FAULTS, Camera, until

from recognizer import InputError, Recognizer, SourceError
from recognizer.core.frame import Image
from recognizer.reading import Reading
from recognizer.sinks.labelled import LabelledSink
from recognizer.sources.live import Live
from recognizer.sources.settings import SETTINGS

CLIP = CLIPS / "dim.avi"


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    video, pictures = cv2.VideoCapture(str(CLIP)), []
    while (read := video.read())[0]:
        pictures.append(read[1])
    return pictures


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "recognizer"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_camera_is_told_once_and_taken_up_again(
    fault: str, pictures: list[Image], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    camera = Camera(pictures[:2])
    with Live(camera.open, "0", noisy=True) as live:
        frames = iter(live)
        until(frames, lambda frame: frame.index >= 3)
        camera.fail(fault)
        last = until(frames, lambda _: bool(told(caplog)))[-1]
        lost = [next(frames) for _ in range(5)]
        assert all(frame.lost and frame.index == last.index for frame in lost)
        np.testing.assert_array_equal(lost[-1].image, last.image)
        assert len(told(caplog)) == 1
        assert "camera lost" in told(caplog)[0]
        camera.recover()
        back = until(frames, lambda frame: not frame.lost)[-1]
        assert back.index > last.index
        assert "is back" in told(caplog)[1]
        assert len(told(caplog)) == 2
        times = [frame.time for frame in (*lost, back)]
        assert times == sorted(times)


def test_a_lost_camera_is_opened_anew_and_let_go_of(pictures: list[Image]) -> None:
    before = threading.active_count()
    camera = Camera(pictures[:1])
    with Live(camera.open, "0", noisy=True) as live:
        frames = iter(live)
        for _ in range(2):
            next(frames)
            opened = camera.opened
            camera.fail("gone")
            until(frames, lambda frame: frame.lost)
            camera.recover()
            until(frames, lambda frame: not frame.lost)
            assert camera.opened > opened
    assert camera.released == camera.opened
    assert threading.active_count() == before


@pytest.mark.parametrize("fault", ["gone", "silent"])
def test_it_is_tried_again_with_pauses_that_grow(fault: str, pictures: list[Image]) -> None:
    camera = Camera(pictures[:1])
    with Live(camera.open, "0", noisy=True) as live:
        frames = iter(live)
        next(frames)
        camera.fail(fault)
        until(frames, lambda _: len(camera.tries) >= 7)
    pauses = [later - earlier for earlier, later in itertools.pairwise(camera.tries)][1:]
    least = [min(SETTINGS.first_pause * 2**count, SETTINGS.longest_pause) for count in range(1, 6)]
    assert all(pause >= bound for pause, bound in zip(pauses, least, strict=False)), pauses


def test_readings_of_a_lost_camera_are_empty_and_ids_go_on(pictures: list[Image], tmp_path: Path) -> None:
    camera, wanted = Camera(pictures[:1]), labels(truth(CLIP)[0])
    with LabelledSink(str(tmp_path / "seen.mp4")) as save:
        readings = Recognizer().watch(Live(camera.open, "0", noisy=True))
        seen = await_digits(readings, len(wanted))
        camera.fail("gone")
        lost = next(reading for reading in readings if reading.frame.lost)
        assert (lost.digits, lost.numbers) == ((), ())
        assert lost.draw().mean() < 0.5 * seen.draw().mean()
        camera.recover()
        again = await_digits(readings, len(wanted))
        assert {digit.label for digit in again.digits} == {digit.label for digit in seen.digits}
        for reading in (seen, lost, again):
            save.write(reading)
        readings.close()
    assert frames_in(tmp_path / "seen.mp4") == 3


def await_digits(readings: Iterator[Reading], count: int) -> Reading:
    return next(reading for reading in readings if len(reading.digits) == count)


def test_the_size_may_change_in_mid_stream(pictures: list[Image], tmp_path: Path) -> None:
    small = [cv2.resize(picture, None, fx=0.5, fy=0.5) for picture in pictures[:2]]
    camera = Camera([*pictures[:2], *small, small[0][..., :1].copy()])
    sizes: set[tuple[int, int]] = set()
    with LabelledSink(str(tmp_path / "seen.mp4")) as save:
        readings = Recognizer().watch(Live(camera.open, "0", noisy=True))
        for reading in readings:
            save.write(reading)
            sizes.add(reading.frame.size)
            if len(sizes) == 2 and save.frames > 10:
                break
        readings.close()
    video = cv2.VideoCapture(str(tmp_path / "seen.mp4"))
    height, width = (video.get(side) for side in (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH))
    assert (height, width) == pictures[0].shape[:2]
    assert frames_in(tmp_path / "seen.mp4") == save.frames


@pytest.mark.parametrize(("fault", "said"), [("gone", "unplugged"), ("silent", "no picture"), ("stuck", "no picture")])
def test_a_camera_that_never_gives_a_picture_is_an_error(fault: str, said: str, pictures: list[Image]) -> None:
    camera = Camera(pictures[:1])
    camera.fail(fault)
    with pytest.raises(SourceError, match=said):
        Live(camera.open, "0", patience=0.3)
    camera.recover()


@pytest.mark.parametrize("name", [None, True, 1.5, b"clip.mp4", ["a.png"]])
def test_a_source_of_another_type_is_refused(name: object) -> None:
    with pytest.raises(InputError, match="expected a camera's index, a path or a URL"):
        next(Recognizer().watch(name))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_waiting_takes_little_of_the_processor(fault: str, pictures: list[Image]) -> None:
    camera = Camera(pictures[:2])
    with Live(camera.open, "0", noisy=True) as live:
        frames = iter(live)
        until(frames, lambda frame: frame.index >= 3)
        camera.fail(fault)
        until(frames, lambda frame: frame.lost)
        clock, processor = time.monotonic(), time.process_time()
        assert all(next(frames).lost for _ in range(10))
        share = (time.process_time() - processor) / (time.monotonic() - clock)
        camera.recover()
    print(f"{fault}: {share:.1%} of a processor")
    assert share < 0.1


def test_a_picture_that_nobody_took_in_time_is_not_read(pictures: list[Image]) -> None:
    camera = Camera(pictures[:1])
    with Live(camera.open, "0", noisy=True) as live:
        frames = iter(live)
        first = next(frames)
        while camera.given < 3:
            time.sleep(0.01)
        camera.fail("gone")
        while not camera.released:
            time.sleep(0.01)
        time.sleep(1.1 * SETTINGS.stale)  # nothing happens now but that the last picture ages
        lost = [next(frames) for _ in range(3)]
    assert all(frame.lost for frame in lost)
    assert len({frame.time for frame in (first, *lost)}) == 4
