"""What can't be read or written: one clear line, the promised exit code, and never a traceback."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import Run
from harness import CLIPS, PICTURES, ROOT, errors, lines, truth
from PIL import Image

from recognizer import SourceError
from recognizer.sources.camera import open_camera

TINY, DIM = PICTURES / "tiny.png", CLIPS / "dim.avi"
USAGE, SOURCE, MODEL, OUTPUT = 2, 3, 4, 5
NOBODY = 65534  # a user who may do nothing


@pytest.fixture
def things(tmp_path: Path) -> Path:
    """A folder with things that a user may point at by mistake."""
    (tmp_path / "text.mp4").write_text("this is no video\n" * 100)
    (tmp_path / "text.png").write_text("this is no picture\n" * 100)
    (tmp_path / "zero.mp4").touch()
    (tmp_path / "zero.png").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.png").write_bytes(TINY.read_bytes()[:60])
    model = (ROOT / "models" / "digits.tflite").read_bytes()
    manifest = json.loads((ROOT / "models" / "digits.json").read_text())
    flipped = bytearray(model)
    flipped[len(flipped) // 2] ^= 1
    bundle(tmp_path / "flipped", bytes(flipped), manifest)
    bundle(tmp_path / "shape", model, manifest | {"input_shape": [32, 32, 1]})
    bundle(tmp_path / "classes", model, manifest | {"classes": manifest["classes"][:10]})
    bundle(tmp_path / "unhashed", model, manifest | {"sha256": None})
    bundle(tmp_path / "foreign", model, ["not", "a", "manifest"])
    bundle(tmp_path / "garbage", b"no model", manifest | {"sha256": hashlib.sha256(b"no model").hexdigest()})
    (tmp_path / "alone.tflite").write_bytes(model)
    return tmp_path


def bundle(stem: Path, model: bytes, manifest: object) -> None:
    stem.with_suffix(".tflite").write_bytes(model)
    stem.with_suffix(".json").write_text(json.dumps(manifest))


LONG = "a" * 300  # no file system takes it as a name

CASES = {
    "no such camera": (SOURCE, ["--camera", "7"], "camera 7"),
    "negative camera": (SOURCE, ["--camera", "-1"], "camera -1"),
    "no such file": (SOURCE, ["--source", "missing.mp4"], "missing.mp4"),
    "no file fits the glob": (SOURCE, ["--source", "missing*.png"], "missing*.png"),
    "overlong name": (SOURCE, ["--source", LONG], "too long"),
    "text named .mp4": (SOURCE, ["--source", "text.mp4"], "text.mp4"),
    "text named .png": (SOURCE, ["--source", "text.png"], "text.png"),
    "empty video": (SOURCE, ["--source", "zero.mp4"], "empty"),
    "empty picture": (SOURCE, ["--source", "zero.png"], "empty"),
    "empty folder": (SOURCE, ["--source", "empty"], "empty"),
    "cut picture": (SOURCE, ["--source", "cut.png"], "cut.png"),
    "nothing read, nothing saved": (SOURCE, ["--source", "text.mp4", "--save", "out.mp4"], "text.mp4"),
    "two sources": (USAGE, ["--camera", "0", "--source", TINY], "--camera"),
    "unknown flag": (USAGE, ["--colour"], "--colour"),
    "threshold over 1": (USAGE, ["--source", TINY, "--threshold", "2"], "2"),
    "threshold nan": (USAGE, ["--source", TINY, "--threshold", "nan"], "nan"),
    "threshold a word": (USAGE, ["--source", TINY, "--threshold", "high"], "high"),
    "save: unknown kind": (USAGE, ["--source", TINY, "--save", "x.xyz"], "x.xyz"),
    "model missing": (MODEL, ["--source", TINY, "--model", "missing.tflite"], "missing.tflite"),
    "manifest missing": (MODEL, ["--source", TINY, "--model", "alone.tflite"], "alone.json"),
    "model with a flipped bit": (MODEL, ["--source", TINY, "--model", "flipped.tflite"], "sha256"),
    "manifest of another shape": (MODEL, ["--source", TINY, "--model", "shape.tflite"], "shape.json"),
    "manifest of other classes": (MODEL, ["--source", TINY, "--model", "classes.tflite"], "classes.json"),
    "manifest without a hash": (MODEL, ["--source", TINY, "--model", "unhashed.tflite"], "sha256"),
    "another JSON file": (MODEL, ["--source", TINY, "--model", "foreign.tflite"], "foreign.json"),
    "model that is none": (MODEL, ["--source", TINY, "--model", "garbage.tflite"], "garbage.tflite"),
    "events below a file": (OUTPUT, ["--source", TINY, "--events", "text.mp4/e.jsonl"], "text.mp4/e.jsonl"),
    "events on a full disk": (OUTPUT, ["--source", TINY, "--events", "/dev/full"], "/dev/full"),
    "picture below a file": (OUTPUT, ["--source", TINY, "--save", "text.mp4/x.png"], "text.mp4/x.png"),
    "video below a file": (OUTPUT, ["--source", DIM, "--save", "text.mp4/x.mp4"], "text.mp4/x.mp4"),
    "folder below a file": (OUTPUT, ["--source", TINY, "--save", "text.mp4/x/"], "text.mp4/x"),
    "overlong output": (OUTPUT, ["--source", TINY, "--save", f"{LONG}.png"], "too long"),
}


@pytest.mark.parametrize(("code", "args", "part"), CASES.values(), ids=CASES.keys())
def test_one_line_and_the_exit_code(code: int, args: list[str | Path], part: str, things: Path, run: Run) -> None:
    if "/dev/full" in args and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here, a file that is always full")
    done = run("--no-window", *args, cwd=things)
    assert done.returncode == code
    [said] = errors(done)
    assert part in said
    assert done.stdout == "" or code == OUTPUT  # what one output can't take, the others still may


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere cameras are no files")
def test_a_camera_that_may_not_be_used_or_gives_nothing() -> None:
    with tempfile.TemporaryDirectory() as folder:  # not in tmp_path, into which only its owner may look
        device, ours = Path(folder) / "video77", os.geteuid()
        device.touch()
        with pytest.raises(SourceError, match=f"no picture from it; it is in use .*{device}"):
            open_camera(77, devices=device.parent)
        device.chmod(0)
        device.parent.chmod(0o755)
        os.seteuid(ours or NOBODY)
        try:
            with pytest.raises(SourceError, match=f"{device} may not be used by you; .*usermod"):
                open_camera(77, devices=device.parent)
        finally:
            os.seteuid(ours)


@pytest.mark.parametrize("flag", ["--save", "--events", "--csv"])
@pytest.mark.parametrize("name", ["clip.avi", "picture.png"])
def test_the_source_is_not_written_over(name: str, flag: str, run: Run, tmp_path: Path) -> None:
    source = shutil.copy(DIM if name == "clip.avi" else TINY, tmp_path / name)
    before = source.read_bytes()
    done = run("--source", name, "--no-window", flag, f"./{name}")
    assert done.returncode == OUTPUT
    assert "source itself" in errors(done)[0]
    assert source.read_bytes() == before


@pytest.mark.parametrize("clip", ["dim.avi", "lined.mp4"])
def test_a_video_cut_short_gives_its_frames_and_says_so(clip: str, run: Run, tmp_path: Path) -> None:
    whole = (CLIPS / clip).read_bytes()
    (tmp_path / clip).write_bytes(whole[: len(whole) // 2])
    done = run("--source", clip, "--no-window", "--events", "e.jsonl")
    assert done.returncode == SOURCE
    [said] = errors(done)
    assert clip in said
    frames = [line["frame"] for line in lines(tmp_path / "e.jsonl")]
    assert frames == list(range(len(frames)))
    assert 0 < len(frames) < len(truth(CLIPS / clip))
    assert f"{len(truth(CLIPS / clip))} frames declared, {len(frames)} decoded" in said


def test_a_folder_goes_on_past_bad_files(things: Path, run: Run) -> None:
    good = ["board.jpg", "note.jpg", "tiny.png"]
    for name in good:
        shutil.copy(PICTURES / name, things)
    done = run("--source", ".", "--no-window", "--events", "e.jsonl", cwd=things)
    assert done.returncode == SOURCE
    assert [line["source"] for line in lines(things / "e.jsonl")] == good
    *bad, last = errors(done)
    assert [said.split(": ")[1] for said in bad] == ["cut.png", "text.mp4", "text.png", "zero.mp4", "zero.png"]
    assert "5 of 8" in last


def test_a_cut_picture_of_several_pages_is_one_line(run: Run, tmp_path: Path) -> None:
    pages = [Image.new("L", (300, 200), tone) for tone in (0, 100, 200)]
    pages[0].save(tmp_path / "whole.tif", save_all=True, append_images=pages[1:])
    content = (tmp_path / "whole.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(content[: len(content) // 2])
    done = run("--source", "cut.tif", "--no-window")
    assert done.returncode == SOURCE
    [said] = errors(done)
    assert said.startswith("recognizer: cut.tif: can't be decoded; the picture is damaged or cut")
