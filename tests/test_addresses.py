"""What is behind an address: a recording, a picture, one that is looked at again and again; a web page is none."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import pytest
from conftest import Run
from harness import CLIPS, PICTURES, errors, lines
from recordings import DIGITS, FRAMES, SHEET, numbers_of, record, served

from recognizer import UsageError
from recognizer.sources.base import open_source


@pytest.mark.parametrize("lengths", [True, False], ids=["length told", "length not told"])
def test_a_recording_at_an_address_is_read_frame_by_frame(lengths: bool, run: Run, tmp_path: Path) -> None:
    record(tmp_path / "clip.mp4", container={"movflags": "faststart"})
    with served({"clip": (tmp_path / "clip.mp4").read_bytes()}, lengths) as address:
        done = run("--source", f"{address}/clip?x=1", "--no-window", "--numbers", "--events", "e.jsonl")
    assert (done.returncode, errors(done), done.stdout.split()) == (0, [], [DIGITS])
    events = lines(tmp_path / "e.jsonl")
    assert [event["frame"] for event in events] == list(range(FRAMES))
    assert [event["time"] for event in events] == [pytest.approx(index / 30, abs=0.002) for index in range(FRAMES)]


def test_a_finished_list_of_pieces_is_a_recording(run: Run, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "list.m3u8"), "w", format="hls",
                 options={"hls_time": "0.5", "hls_list_size": "0", "hls_playlist_type": "vod"}) as file:
        stream = file.add_stream("libx264", rate=30, options={"g": "10"})
        stream.height, stream.width, stream.pix_fmt = 360, 640, "yuv420p"
        for _ in range(FRAMES):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(SHEET, format="bgr24")))
        file.mux(stream.encode(None))
    contents: dict[str, Callable[[], bytes] | bytes] = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(contents) > 2
    with served(contents) as address:
        for source in (f"{address}/list.m3u8", "list.m3u8"):
            done = run("--source", source, "--no-window", "--events", "-")
            assert (done.returncode, errors(done)) == (0, [])
            assert [json.loads(line)["frame"] for line in done.stdout.splitlines()] == list(range(FRAMES))


def test_of_a_list_of_lists_the_largest_is_read(run: Run, tmp_path: Path) -> None:
    """As senders offer one recording in several sizes."""
    sizes = {"small": (64, 36), "large": (640, 360)}
    for name, size in sizes.items():
        record(tmp_path / f"{name}.ts", cv2.resize(SHEET, size))
        (tmp_path / f"{name}.m3u8").write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{name}.ts\n#EXT-X-ENDLIST\n")
    (tmp_path / "all.m3u8").write_text("#EXTM3U\n" + "".join(
        f"#EXT-X-STREAM-INF:BANDWIDTH={width * height},RESOLUTION={width}x{height}\n{name}.m3u8\n"
        for name, (width, height) in sizes.items()))
    contents: dict[str, Callable[[], bytes] | bytes] = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with served(contents) as address:
        for source in (f"{address}/all.m3u8", "all.m3u8"):
            assert numbers_of(run, source) == [DIGITS]


@pytest.mark.parametrize("lengths", [True, False], ids=["length told", "length not told"])
@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp"])
def test_a_picture_at_an_address(kind: str, lengths: bool, run: Run) -> None:
    with served({"snapshot": cv2.imencode(kind, SHEET)[1].tobytes()}, lengths) as address:
        done = run("--source", f"{address}/snapshot", "--no-window")
    assert (done.returncode, errors(done)) == (0, [])
    assert done.stdout == f"{address}/snapshot: {DIGITS}\n"


def test_a_password_is_for_the_sender_alone(run: Run) -> None:
    with served({"snapshot": cv2.imencode(".jpg", SHEET)[1].tobytes()}) as address:
        secret = address.replace("://", "://me:hush%21@")
        for path in ("snapshot", "missing"):
            done = run("--source", f"{secret}/{path}", "--no-window")
            assert "hush" not in done.stdout + done.stderr
            assert "me:***@127.0.0.1" in done.stdout + done.stderr


def test_files_by_their_address(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a clip.mp4")
    (tmp_path / "note.jpg").write_bytes((PICTURES / "note.jpg").read_bytes())
    assert numbers_of(run, (tmp_path / "a clip.mp4").as_uri()) == [DIGITS]
    assert len(numbers_of(run, f"file://{tmp_path}/note.jpg")) == 3


@pytest.mark.parametrize("address", ["http://admin:pa[ss@127.0.0.1:9/live", "rtsp://admin:pa[ss@127.0.0.1:9/live",
                                     "http://192.168.1..5/snap.jpg"])
def test_an_address_that_cannot_be_is_told_in_one_line(address: str, run: Run) -> None:
    done = run("--source", address, "--no-window")
    assert done.returncode == 3
    assert len(errors(done)) == 1
    assert "pa[ss" not in done.stderr


def test_what_is_no_picture_or_video_at_an_address(run: Run) -> None:
    with served({"page": b"<!DOCTYPE html><html><body>camera</body></html>"}) as address:
        for path, part in (("page", "found a web page"), ("missing", "404")):
            done = run("--source", f"{address}/{path}", "--no-window")
            assert done.returncode == 3
            [said] = errors(done)
            assert f"{address}/{path}: " in said
            assert part in said


def test_a_snapshot_is_looked_at_again_and_again() -> None:
    jpegs = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in (SHEET, 255 - SHEET)]
    asked = iter([*jpegs, b"", jpegs[0]])
    with served({"snapshot": lambda: next(asked, jpegs[1])}) as address, \
            open_source(f"{address}/snapshot", poll=0.02) as source:
        frames = [frame for frame, _ in zip(source, range(4), strict=False)]
    assert [bool(frame.image.mean() > 128) for frame in frames] == [True, False, True, False]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert all(frame.still and frame.live for frame in frames)
    times = [frame.time for frame in frames]
    assert all(later - earlier >= 0.02 for earlier, later in itertools.pairwise(times))


def test_only_a_picture_can_be_looked_at_again_and_again(run: Run) -> None:
    done = run("--source", CLIPS / "dim.avi", "--poll", "1", "--no-window")
    assert done.returncode == 3
    assert "expected a picture to look at again and again" in errors(done)[0]
    for args, part in ((("--source", "rtsp://127.0.0.1/x"), "poll"), (("--camera", "0"), "--poll")):
        done = run(*args, "--poll", "1", "--no-window")
        assert done.returncode == 2
        assert part in errors(done)[0]
    with pytest.raises(UsageError, match="over 0"):
        open_source(PICTURES / "note.jpg", poll=-1)
