"""Recordings from files, pipes and addresses: every frame of them, upright, of square pixels, by their own clock."""

import gc
import itertools
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from conftest import Run
from harness import CLIPS, PATIENCE, PICTURES, command, environment, errors, lines, truth, written
from numpy.typing import NDArray

from recognizer import Frame, SourceError, UsageError
from recognizer.sources.base import open_source
from recognizer.sources.files import read_file

DIGITS, FRAMES = "2357", 30
SHEET = np.dstack([(255 - 235 * written(DIGITS)).round().astype(np.uint8)] * 3)


def record(
    path: Path, picture: NDArray[np.uint8] = SHEET, codec: str = "libx264", aspect: Fraction = Fraction(1),
    options: dict[str, str] | None = None, container: dict[str, str] | None = None, form: str | None = None,
) -> Path:
    """A video of one picture."""
    with av.open(f"file:{path}", "w", options=container or {}, format=form) as file:
        stream = file.add_stream(codec, rate=30, options=options or {})
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        for _ in range(FRAMES):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        file.mux(stream.encode(None))
    return path


def numbers_of(run: Run, source: str | Path, **kinds: Any) -> list[str]:
    done = run("--source", source, "--no-window", "--numbers", **kinds)
    assert (done.returncode, errors(done)) == (0, []), done.stderr
    return done.stdout.split()


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
    path = record(tmp_path / "turned.mp4", np.ascontiguousarray(lies(SHEET)))
    content = bytearray(path.read_bytes())
    straight = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    place = content.index(straight, content.index(b"tkhd"))
    a, b, c, d = (65536 * part for part in matrix)
    content[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    first = next(read_file(path))
    assert first.image.shape == SHEET.shape
    assert np.abs(first.image.astype(int) - SHEET).mean() < 4


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


def piped(path: Path, folder: Path, source: str = "-", *args: str) -> subprocess.CompletedProcess[str]:
    """The program, with a file's bytes through a pipe."""
    with subprocess.Popen([sys.executable, "-c", "import shutil, sys; shutil.copyfileobj(open(sys.argv[1], 'rb'), "
                           "sys.stdout.buffer)", path], stdout=subprocess.PIPE) as writer:
        return subprocess.run(command("--source", source, "--no-window", *args), cwd=folder, env=environment(),
                              stdin=writer.stdout, capture_output=True, text=True, timeout=PATIENCE, check=False)


PIPED = {
    "stream.ts": {}, "end.mp4": {}, "start.mp4": {"container": {"movflags": "faststart"}},
    "pieces.mp4": {"container": {"movflags": "frag_keyframe+empty_moov"}}, "clip.mkv": {}, "clip.avi": {},
    "frames.mjpg": {"codec": "mjpeg", "form": "mjpeg"},
}


@pytest.mark.parametrize(("name", "options"), PIPED.items(), ids=PIPED.keys())
def test_a_recording_through_a_pipe_is_read_to_its_end(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    if name == "frames.mjpg":
        jpeg = cv2.imencode(".jpg", SHEET)[1].tobytes()
        (tmp_path / name).write_bytes(FRAMES * jpeg)
    else:
        record(tmp_path / name, **options)
    done = piped(tmp_path / name, tmp_path, "-", "--numbers", "--events", "e.jsonl")
    assert (done.returncode, errors(done), done.stdout.split()) == (0, [], [DIGITS])
    events = lines(tmp_path / "e.jsonl")
    assert [event["frame"] for event in events] == list(range(FRAMES))
    assert {event["source"] for event in events} == {"-"}


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="this system has no /dev/stdin")
@pytest.mark.parametrize("source", ["-", "/dev/stdin"])
def test_a_picture_through_a_pipe_is_a_picture(source: str, tmp_path: Path) -> None:
    done = piped(PICTURES / "note.jpg", tmp_path, source, "--numbers")
    wanted = [number["text"] for number in truth(PICTURES / "note.jpg")[0]["numbers"]]
    assert (done.returncode, errors(done), done.stdout.split()) == (0, [], wanted)


def test_nothing_through_a_pipe_and_what_is_no_picture(run: Run, tmp_path: Path) -> None:
    done = run("--source", "-", "--no-window")
    assert done.returncode == 3
    assert "-: nothing came from it" in errors(done)[0]
    (tmp_path / "text").write_text("no picture\n" * 100)
    done = piped(tmp_path / "text", tmp_path)
    assert done.returncode == 3
    assert len(errors(done)) == 1


@contextmanager
def served(contents: dict[str, Callable[[], bytes] | bytes], lengths: bool = True) -> Iterator[str]:
    """An address under which a web server gives these, in parts where it is asked to; others it hasn't."""

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = contents.get(self.path.partition("?")[0].lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            data = content() if callable(content) else content
            start = int(self.headers.get("Range", "bytes=0-").partition("=")[2].partition("-")[0]) if lengths else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            if lengths:
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            with suppress(OSError):  # the client has seen enough
                self.wfile.write(data[start:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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


def test_damages_in_the_middle_cost_but_their_frames(tmp_path: Path) -> None:
    path = record(tmp_path / "clip.ts", options={"g": "5"})
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 3000] = bytes(3000)
    path.write_bytes(content)
    frames: list[Frame] = []
    try:
        frames += read_file(path)
    except SourceError as error:
        assert "ends early" in str(error)  # noqa: PT017
    assert len(frames) > FRAMES // 3
