"""The whole program: pictures, folders and globs in, labelled pictures and videos out, and what it says of itself."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from harness import CLIPS, PICTURES, ROOT, Line, errors, labels, lines, placed, recognize, texts, truth
from PIL import Image, ImageOps

from recognizer import __version__
from recognizer.cli.arguments import parser
from recognizer.cli.commands.archive import archive_parser
from recognizer.cli.commands.serve import serve_parser

FILES = sorted(path for path in PICTURES.iterdir() if path.suffix != ".jsonl")
FLAGS, SERVE_FLAGS, ARCHIVE_FLAGS = (
    sorted({flag for action in one._actions for flag in action.option_strings if flag.startswith("--")})
    for one in (parser(), serve_parser(), archive_parser()))


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Line]]:
    """The fixture pictures, read as a folder and saved into another: that folder, and the events by file name."""
    folder = tmp_path_factory.mktemp("album")
    done = recognize("--source", PICTURES, "--no-window", "--events", "e.jsonl", "--save", "labelled/", cwd=folder)
    assert (done.returncode, errors(done)) == (0, ["recognizer: labelled frames are in labelled/"])
    return folder / "labelled", {Path(line["source"]).name: line for line in lines(folder / "e.jsonl")}


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


def test_pictures_of_one_name_are_all_saved(run: Run, tmp_path: Path) -> None:
    sizes = {"one": (200, 150), "two": (400, 300)}
    for folder, size in sizes.items():
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "tiny.png"), cv2.resize(cv2.imread(str(PICTURES / "tiny.png")), size))
    done = run("--source", "*/tiny.png", "--no-window", "--save", "labelled/")
    assert done.returncode == 0
    saved = {path.name: cv2.imread(str(path)).shape[1::-1] for path in (tmp_path / "labelled").iterdir()}
    assert saved == {"tiny.png": sizes["one"], "tiny-2.png": sizes["two"]}


def test_no_picture_of_a_folder_is_written_over_by_another(run: Run, tmp_path: Path) -> None:
    content = (PICTURES / "tiny.png").read_bytes()
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tiny.png").write_bytes(content)
    done = run("--source", "*/tiny.png", "--no-window", "--save", "two/")
    assert done.returncode == 5
    assert "--save two/tiny.png: that is the source itself" in errors(done)[0]
    assert (tmp_path / "two" / "tiny.png").read_bytes() == content


def test_every_page_is_saved(run: Run, tmp_path: Path) -> None:
    sizes = [(200, 150), (400, 300), (600, 450)]
    with Image.open(PICTURES / "tiny.png") as tiny:
        pages = [tiny.convert("RGB").resize(size) for size in sizes]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "show.gif", save_all=True, append_images=[ImageOps.invert(pages[0])], duration=4000)
    done = run("--source", "[ps]*.*", "--no-window", "--save", "labelled/")
    assert (done.returncode, errors(done)) == (0, ["recognizer: labelled frames are in labelled/"])
    saved = {path.name: cv2.imread(str(path)).shape[1::-1] for path in (tmp_path / "labelled").iterdir()}
    assert saved == {"pages.tif": sizes[0], "pages-2.tif": sizes[1], "pages-3.tif": sizes[2], "show.gif": sizes[0],
                     "show-2.gif": sizes[0]}


def test_kinds_that_cannot_be_written_are_saved_as_png(run: Run, tmp_path: Path) -> None:
    unwritten = ["heic", "tga", "ico", "qoi", "pcx", "sgi", "jfif", "jif", "mpo", "jpc", "j2c", "jpx", "hif", "pgm"]
    for ending in unwritten:
        (tmp_path / f"{ending}.{ending.upper()}").write_bytes((PICTURES / "tiny.png").read_bytes())
    (tmp_path / "heic.jpg").write_bytes((PICTURES / "tiny.png").read_bytes())
    done = run("--source", ".", "--no-window", "--save", "out/")
    assert (done.returncode, errors(done)) == (0, ["recognizer: labelled frames are in out/"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"heic.jpg", *(f"{kind}.png" for kind in unwritten)}
    for kind in unwritten[0], unwritten[-1]:
        done = run("--source", PICTURES / "tiny.png", "--no-window", "--save", f"seen.{kind}", "--events", "e.jsonl")
        assert (done.returncode, (tmp_path / "e.jsonl").exists()) == (2, False)
        assert f"--save seen.{kind}: pictures of this kind can't be written; try .png" in errors(done)[0]


def test_a_picture_too_large_for_its_kind_is_told(run: Run, tmp_path: Path) -> None:
    Image.new("L", (17_000, 20), 255).save(tmp_path / "wide.png")
    done = run("--source", "wide.png", "--no-window", "--save", "seen.webp")
    assert done.returncode == 5
    assert "--save seen.webp: this picture can't be written" in errors(done)[-1]


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


@pytest.mark.skipif(Path("/dev/video0").exists(), reason="this machine has a camera, which would be opened")
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


def test_a_window_that_was_asked_for_needs_a_display(run: Run) -> None:
    done = run("--source", CLIPS / "dim.avi", "--window")
    assert (done.returncode, done.stdout) == (5, "")
    [said] = errors(done)
    assert "--window: expected a display, found none" in said


def test_version_and_help(run: Run) -> None:
    assert run("--version").stdout.split()[-1] == __version__
    assert not [flag for flag in FLAGS if flag not in run("--help").stdout]
    assert not [flag for flag in SERVE_FLAGS if flag not in run("serve", "--help").stdout]
    assert not [flag for flag in ARCHIVE_FLAGS if flag not in run("archive", "--help").stdout]


def test_every_flag_has_help() -> None:
    assert not [action.option_strings for one in (parser(), serve_parser(), archive_parser()) for action in one._actions
                if not action.help]


def test_help_is_in_groups(run: Run) -> None:
    titles = re.findall(r"^(\w+):$", run("--help").stdout, re.MULTILINE)
    assert titles == ["options", "source", "numbers", "output", "mqtt", "view", "model"]


@pytest.mark.parametrize("flag", [flag for flag in sorted({*FLAGS, *SERVE_FLAGS, *ARCHIVE_FLAGS}) if flag != "--help"])
def test_every_flag_stands_in_the_docs(flag: str) -> None:
    rows = [row for row in (ROOT / "docs" / "flags.md").read_text(encoding="utf-8").splitlines() if row.startswith("|")]
    assert any(f"`{flag}" in row.split("|")[1] for row in rows)
