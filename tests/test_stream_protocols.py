"""What a live stream's transport tells is heeded: a refusal, two fields that make a picture, a flip."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from harness import errors
from recordings import SHEET, record, served, turned
from rtsp_sender import RtspSender

from recognizer import SourceError
from recognizer.sources.addresses.stream import open_stream
from recognizer.sources.live import Live

WOVEN = {"options": {"x264-params": "tff=1:keyint=5"}}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The host of a camera that wants a password; its stream is interlaced."""
    content = record(tmp_path_factory.mktemp("rtsp") / "clip.ts", **WOVEN).read_bytes()
    with closing(RtspSender(content, "me:hush")) as sender:
        yield sender.host


def first_picture(address: str) -> np.ndarray:
    with Live(partial(open_stream, address), address, patience=20) as source:
        return next(iter(source)).image


def test_an_interlaced_stream_by_rtsp_is_woven(guarded: str) -> None:
    picture = first_picture(f"rtsp://me:hush@{guarded}/live")
    assert picture.shape == SHEET.shape
    assert np.abs(picture.astype(int) - SHEET).mean() < 8


@pytest.mark.parametrize(("login", "path", "told"), [
    ("", "live", "wants another name or password (401); put NAME:PASSWORD@ before the host"),
    ("me:wrong@", "live", "wants another name or password (401)"),
    ("me:hush@", "gone", "has nothing there (404)"),
])
def test_a_camera_that_refuses_is_told_from_one_that_is_absent(
    login: str, path: str, told: str, guarded: str, run: Run
) -> None:
    done = run("--source", f"rtsp://{login}{guarded}/{path}", "--no-window")
    assert done.returncode == 3
    [said] = errors(done)
    assert told in said
    assert "hush" not in said
    assert "wrong" not in said


def test_nobody_answers() -> None:
    sender = RtspSender(b"")
    sender.close()
    with pytest.raises(SourceError, match="no video stream there"):
        open_stream(f"rtsp://{sender.host}/live")


def test_a_flipped_stream_is_set_right(tmp_path: Path) -> None:
    path = turned(tmp_path / "pieces.mp4", (1, 0, 0, -1), np.flipud,
                  container={"movflags": "frag_keyframe+empty_moov"}, options={"g": "5"})
    with served({"live": path.read_bytes()}, lengths=False) as address:
        picture = first_picture(f"{address}/live")
    assert np.abs(picture.astype(int) - SHEET).mean() < 4
