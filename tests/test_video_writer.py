"""Saved videos keep the times of their pictures in every container."""

from pathlib import Path

import av
import numpy as np
import pytest

from recognizer.sinks.video_writer import CONTAINERS, VideoWriter

SIZE = 64, 48
EVEN = [index / 12 for index in range(24)]
UNEVEN = [0.0, 0.03, 0.2, 0.24, 0.5, 0.51, 0.9, 1.4, 1.45, 2.0]


def written(path: Path, times: list[float], fps: float = 30) -> list[float]:
    """Write a picture at each of these times; the times at which they are found."""
    video = VideoWriter(path, SIZE, fps)
    for index, moment in enumerate(times):
        video.write(np.full((SIZE[1], SIZE[0], 3), 20 * index % 256, np.uint8), moment)
    video.close()
    with av.open(str(path)) as video:
        return [float(frame.pts * frame.time_base) for frame in video.decode(video=0)]


@pytest.mark.parametrize("times", [EVEN, UNEVEN], ids=["another rate than it says", "a varying rate"])
@pytest.mark.parametrize("ending", [ending for ending in CONTAINERS if ending != ".avi"])
def test_pictures_keep_their_times(ending: str, times: list[float], tmp_path: Path) -> None:
    assert written(tmp_path / f"video{ending}", times) == pytest.approx(times, abs=0.002)


def test_a_recording_begins_at_0(tmp_path: Path) -> None:
    found = written(tmp_path / "video.mkv", [moment + 100 for moment in EVEN])
    assert found == pytest.approx(EVEN, abs=0.002)


@pytest.mark.parametrize("times", [EVEN, UNEVEN])
def test_an_avi_is_as_long_as_its_times(times: list[float], tmp_path: Path) -> None:
    found = written(tmp_path / "video.avi", times)
    assert found[-1] - found[0] == pytest.approx(times[-1], abs=1.5 / 30)


def test_faster_pictures_than_an_avi_has_places_are_left_out(tmp_path: Path) -> None:
    times = [index / 60 for index in range(60)]
    found = written(tmp_path / "video.avi", times)
    assert len(found) < len(times)
    assert found[-1] - found[0] == pytest.approx(times[-1], abs=1.5 / 30)


@pytest.mark.parametrize("ending", CONTAINERS)
@pytest.mark.parametrize("pause", [1500, 3600])
def test_a_time_lapse_keeps_its_times(pause: int, ending: str, tmp_path: Path) -> None:
    found = written(tmp_path / f"video{ending}", [0, pause, 2 * pause], fps=1 / pause)
    assert np.diff(found) == pytest.approx([pause, pause], abs=0.01)


def test_any_rate_over_0_is_taken(tmp_path: Path) -> None:
    assert len(written(tmp_path / "video.avi", [0], fps=1e-300)) == 1


@pytest.mark.parametrize("ending", CONTAINERS)
def test_it_is_h264(ending: str, tmp_path: Path) -> None:
    written(tmp_path / f"video{ending}", EVEN)
    with av.open(str(tmp_path / f"video{ending}")) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")


def test_odd_sides_lose_a_pixel(tmp_path: Path) -> None:
    video = VideoWriter(tmp_path / "video.mp4", (65, 49), fps=30)
    video.write(np.zeros((49, 65, 3), np.uint8), 0)
    video.close()
    with av.open(str(tmp_path / "video.mp4")) as video:
        assert (video.streams.video[0].width, video.streams.video[0].height) == (64, 48)
