"""Recordings from files: every frame of them, upright, of square pixels, by their own clock."""

import gc
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from conftest import Run
from harness import CLIPS, errors, lines, written
from recordings import DIGITS, FRAMES, SHEET, numbers_of, record, turned

from recognizer import Frame, SourceError
from recognizer.sources.files import read_file


@pytest.mark.parametrize(("codec", "ending", "options"), [
    ("libx264", ".ts", {"x264-params": "tff=1"}), ("mpeg2video", ".mpg", {"flags": "+ildct+ilme", "top": "1"}),
])
def test_interlaced_video_is_read(codec: str, ending: str, options: dict[str, str], run: Run, tmp_path: Path) -> None:
    path = record(tmp_path / f"woven{ending}", codec=codec, options=options)
    frames = list(read_file(path))
    assert len(frames) == FRAMES
    assert np.abs(frames[-1].image.astype(int) - SHEET).mean() < 8
    with av.open(str(path)) as file:
        assert next(file.decode(video=0)).interlaced_frame
    assert numbers_of(run, path) == [DIGITS]


@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(1, 2)])
def test_pixels_of_a_video_are_made_square(aspect: Fraction, run: Run, tmp_path: Path) -> None:
    narrow = (round(640 / aspect) // 2 * 2, 360) if aspect > 1 else (640, round(360 * aspect))
    path = record(tmp_path / "wide.mp4", cv2.resize(SHEET, narrow, interpolation=cv2.INTER_AREA), aspect=aspect)
    first = next(read_file(path))
    assert abs(first.size[0] / first.size[1] - 640 / 360) < 0.02
    assert numbers_of(run, path) == [DIGITS]


TURNS: dict[str, tuple[tuple[int, int, int, int], Callable[[Any], Any]]] = {
    # what the display matrix says, and how a picture lies in a file that it sets right
    "as it is": ((1, 0, 0, 1), lambda p: p),
    "left and right": ((-1, 0, 0, 1), np.fliplr),
    "upside down": ((1, 0, 0, -1), np.flipud),
    "half a turn": ((-1, 0, 0, -1), lambda p: np.rot90(p, 2)),
    "quarter to the right": ((0, 1, -1, 0), lambda p: np.rot90(p, 1)),
    "quarter to the left": ((0, -1, 1, 0), lambda p: np.rot90(p, -1)),
    "turned and flipped": ((0, 1, 1, 0), lambda p: p.transpose(1, 0, 2)),
}


@pytest.mark.parametrize(("matrix", "lies"), TURNS.values(), ids=TURNS.keys())
def test_a_display_matrix_is_followed(
    matrix: tuple[int, int, int, int], lies: Callable[[Any], Any], tmp_path: Path
) -> None:
    path = turned(tmp_path / "turned.mp4", matrix, lies)
    first = next(read_file(path))
    assert first.image.shape == SHEET.shape
    assert np.abs(first.image.astype(int) - SHEET).mean() < 4
    assert first.tones.shape == SHEET.shape[:2]
    assert np.abs(first.tones.astype(int) - SHEET[..., 0]).mean() < 4


@pytest.mark.parametrize("full", [False, True])
def test_frames_are_as_bright_in_grey_as_in_colour(full: bool, tmp_path: Path) -> None:
    options = {"x264-params": "fullrange=on"} if full else {}
    first, *_, last = read_file(record(tmp_path / "clip.mp4", options=options))
    for frame in (first, last):  # whose colours are made when the recording is closed
        assert cv2.absdiff(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY), frame.tones).mean() < 2


def test_a_video_whose_rows_lie_upside_down_is_read(tmp_path: Path) -> None:
    path = tmp_path / "toy.avi"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("amv", rate=16)
        stream.width, stream.height, stream.pix_fmt = 640, 368, "yuvj420p"
        stream.codec_context.options = {"strict": "experimental"}
        picture = cv2.copyMakeBorder(SHEET, 0, 8, 0, 0, cv2.BORDER_REPLICATE)
        for _ in range(3):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        file.mux(stream.encode(None))
    frames = list(read_file(path))
    assert len(frames) == 3
    assert all(np.abs(frame.image.astype(int) - picture).mean() < 8 for frame in frames)


def test_frames_of_a_recording_are_let_go_as_they_are_read(tmp_path: Path) -> None:
    path = record(tmp_path / "clip.mp4")
    gc.collect()
    gc.disable()  # so that only what nobody holds goes
    try:
        alive = [sum(isinstance(one, av.VideoFrame) for one in gc.get_objects()) for _ in read_file(path)]
    finally:
        gc.enable()
    assert len(alive) == FRAMES
    assert max(alive) < FRAMES / 2


def test_a_video_that_is_black_all_over_is_told(run: Run, tmp_path: Path) -> None:
    path = record(tmp_path / "black.mp4", np.zeros_like(SHEET))
    done = run("--source", path, "--no-window")
    assert done.returncode == 0
    [said] = errors(done)
    assert "black.mp4: every frame is black" in said


def test_a_video_of_an_unknown_kind_is_told(run: Run, tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "known.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    writer.write(np.full((48, 64, 3), 200, np.uint8))
    writer.release()
    content = (tmp_path / "known.avi").read_bytes()
    (tmp_path / "unknown.avi").write_bytes(content.replace(b"MJPG", b"ZZZZ"))
    done = run("--source", "unknown.avi", "--no-window")
    assert done.returncode == 3
    assert "of a kind that isn't known" in errors(done)[0]


def test_sound_alone_is_no_video(run: Run, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mp4"), "w") as file:
        stream = file.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        file.mux([*stream.encode(frame), *stream.encode(None)])
    done = run("--source", "sound.mp4", "--no-window")
    assert done.returncode == 3
    assert "found no moving picture" in errors(done)[0]


@pytest.mark.parametrize("name", ["12:30:05.ts", "a:b.mp4", "http:clip.mkv", "line\nbreak.mp4"])
def test_a_name_that_looks_like_an_address(name: str, run: Run, tmp_path: Path) -> None:
    record(tmp_path / name)
    assert numbers_of(run, name) == [DIGITS]
    assert numbers_of(run, ".") == [DIGITS]
    done = run("--source", name, "--no-window", "--save", "seen:1.mp4")
    assert done.returncode == 0
    assert len(list(read_file(tmp_path / "seen:1.mp4"))) == FRAMES


def test_damages_in_the_middle_cost_but_their_frames(tmp_path: Path) -> None:
    path = record(tmp_path / "clip.ts", options={"g": "5"})
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = bytes(3000)
    path.write_bytes(content)
    frames: list[Frame] = []
    try:
        frames += read_file(path)
    except SourceError as error:
        assert "damaged" in str(error)  # noqa: PT017
    assert len(frames) > FRAMES // 3


def test_a_recording_with_many_frames_that_cannot_be_decoded_is_told(run: Run, tmp_path: Path) -> None:
    """The last frame is there, at its time, so the length tells nothing."""
    content = bytearray((CLIPS / "signs.mp4").read_bytes())
    third, quarter = len(content) // 3, len(content) // 4
    content[third : third + quarter] = bytes(quarter)
    (tmp_path / "hole.mp4").write_bytes(content)
    done = run("--source", "hole.mp4", "--no-window", "--events", "e.jsonl")
    assert done.returncode == 3
    assert "can't be decoded" in errors(done)[-1]
    assert 30 < len(lines(tmp_path / "e.jsonl")) < 90


def test_a_recording_of_one_frame_is_read_as_the_picture_it_is(run: Run, tmp_path: Path) -> None:
    path = record(tmp_path / "one.mp4", frames=1)
    assert numbers_of(run, path) == [DIGITS]
    done = run("--source", path, "--no-window", "--save", "seen.mp4")
    assert done.returncode == 0
    assert len(list(read_file(tmp_path / "seen.mp4"))) == 1


def test_damage_at_the_very_beginning_is_told(run: Run, tmp_path: Path) -> None:
    path = record(tmp_path / "clip.mp4", options={"g": "15", "x264-params": "scenecut=0"}, frames=60)
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as file:
        packets = [(packet.pos, packet.size) for packet in file.demux(video=0) if packet.size]
    for place, size in packets[:15]:
        content[place + 4 : place + size] = bytes(size - 4)
    path.write_bytes(content)
    done = run("--source", path, "--no-window", "--events", "e.jsonl")
    assert done.returncode == 3
    assert "damaged: 15 of its 60 frames can't be decoded" in errors(done)[-1]
    assert len(lines(tmp_path / "e.jsonl")) == 45


def test_a_beginning_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    """A part of the file was never written, as in a download that isn't over: no packet of it is there to fail."""
    noisy = np.random.default_rng(0).integers(-20, 20, SHEET.shape) + SHEET
    path = record(tmp_path / "clip.ts", noisy.clip(0, 255).astype(np.uint8), options={"g": "30"}, frames=60)
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as file:
        first, second, *_ = [packet.pos for packet in file.demux(video=0) if packet.size and packet.is_keyframe]
    content[first + 30 * 188 : second] = bytes(second - first - 30 * 188)
    path.write_bytes(content)
    done = run("--source", path, "--no-window", "--events", "e.jsonl")
    assert done.returncode == 3
    assert "damaged" in errors(done)[-1]
    assert 20 < len(lines(tmp_path / "e.jsonl")) < 40


def test_of_several_streams_of_pictures_the_largest_is_read(run: Run, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "two.mkv"), "w") as file:
        streams = [file.add_stream("libx264", rate=30) for _ in range(3)]
        for stream, (width, height) in zip(streams, [(64, 36), (640, 360), (320, 180)], strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(FRAMES):
            for stream in streams:
                frame = av.VideoFrame.from_ndarray(cv2.resize(SHEET, (stream.width, stream.height)), format="bgr24")
                frame.pts, frame.time_base = index, Fraction(1, 30)
                file.mux(stream.encode(frame))
        for stream in streams:
            file.mux(stream.encode(None))
    assert {frame.size for frame in read_file(tmp_path / "two.mkv")} == {(640, 360)}
    assert numbers_of(run, "two.mkv") == [DIGITS]


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_a_frame_that_stands_for_seconds_is_told(ending: str, run: Run, tmp_path: Path) -> None:
    """As a slide show is recorded: a frame a slide. The second one is over too soon to be told."""
    path = tmp_path / f"slides{ending}"
    slides = {0: "2357", 5000: "4680", 5200: "9351", 10000: "2357", 15000: "4680"}
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=30)
        stream.height, stream.width, stream.pix_fmt = 360, 640, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for moment, digits in slides.items():
            picture = np.dstack([(255 - 235 * written(digits)).round().astype(np.uint8)] * 3)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = moment, Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert [round(frame.stands, 1) for frame in read_file(path)] == [5.0, 0.2, 4.8, 5.0, 5.0]
    done = run("--source", path, "--no-window", "--numbers", "--events", "e.jsonl")
    assert (done.returncode, errors(done)) == (0, [])
    assert done.stdout.split() == ["2357", "9351", "2357", "4680"]
    events = lines(tmp_path / "e.jsonl")
    assert [round(event["time"], 1) for event in events] == [0.0, 5.0, 5.2, 10.0, 15.0]


@pytest.mark.parametrize("oblong_first", [False, True])
def test_pixels_whose_shape_changes_midway_are_made_square(oblong_first: bool, tmp_path: Path) -> None:
    """As broadcasts do between programmes."""
    narrow = cv2.resize(SHEET, (320, 360), interpolation=cv2.INTER_AREA)
    parts = [record(tmp_path / "square.ts").read_bytes(),
             record(tmp_path / "oblong.ts", narrow, aspect=Fraction(2)).read_bytes()]
    (tmp_path / "both.ts").write_bytes(b"".join(parts[::-1] if oblong_first else parts))
    frames = list(read_file(tmp_path / "both.ts"))
    assert len(frames) == 2 * FRAMES
    assert {frame.size for frame in frames} == {(640, 360)}
