"""A hand's file: what is in it, files that are none, and the commands that teach and move hands."""

import io
import shutil
import struct
import zipfile
import zlib

import cv2
import numpy as np
import pytest
from hands import MISREAD, MODEL, needs_features, run, some_examples

from fixtures.misread import box, sheet
from recognizer import Recognizer
from recognizer.classification.classifier import NO_DIGIT
from recognizer.errors import ModelError
from recognizer.hand.examples import MOST_BYTES, Examples, packed
from recognizer.hand.store import Store

pytestmark = pytest.mark.usefixtures("data")


def test_a_file_holds_what_was_saved_and_the_last_lesson_can_go(tmp_path):
    rng = np.random.default_rng(0)
    crops = (rng.random((5, 28, 28)) < 0.3).astype(np.uint8) * np.uint8(255)
    examples = Examples("ab" * 32).taught(crops[:2], 3).taught(crops[2:], NO_DIGIT)
    examples.save(tmp_path / "h.npz")
    loaded = Examples.load(tmp_path / "h.npz")
    np.testing.assert_array_equal(loaded.crops, crops)
    assert (loaded.model, loaded.labels.tolist()) == ("ab" * 32, [3, 3, 10, 10, 10])
    assert loaded.without_last().labels.tolist() == [3, 3]
    assert len(Examples("ab" * 32).without_last()) == 0
    assert loaded.with_lessons_of(loaded).lessons.tolist() == [0, 0, 1, 1, 1, 2, 2, 3, 3, 3]


def with_member(file, name, content):
    """The same file, one of its members replaced."""
    with zipfile.ZipFile(file) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, own in members.items():
            archive.writestr(member, content if member == name else own)


def declared(shape):
    """An array's header with a shape as it is written there, and no values behind it."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def with_a_byte_that_zlib_refuses(whole):
    """The first of a file's flipped bytes of which zlib says that there is no such code."""
    for place in range(len(whole)):
        flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:]
        try:
            with zipfile.ZipFile(io.BytesIO(flipped)) as archive:
                archive.testzip()
        except zlib.error:
            return flipped
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
            continue
    raise AssertionError("expected a byte that zlib refuses, found none")


def damage(kind, file):
    some_examples().save(file)
    whole = file.read_bytes()
    if kind in SHAPES:
        with_member(file, "crops.npy", declared(SHAPES[kind]))
    elif kind == "no array":
        with_member(file, "labels.npy", b"three labels")
    elif kind == "zlib":
        file.write_bytes(with_a_byte_that_zlib_refuses(whole))
    elif kind == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif kind == "text":
        file.write_text("not a hand")
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "flipped":
        file.write_bytes(bytes(byte ^ (place % 97 == 50) for place, byte in enumerate(whole)))
    elif kind == "huge":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("crops.npy", bytes(50 * MOST_BYTES))
    elif kind == "pickle":
        np.savez(file, crops=np.array([{"a": 1}], object), labels=[0], lessons=[0], model=[0])
    elif kind == "other arrays":
        np.savez(file, crops=np.zeros((3, 5)), labels=np.zeros(3), lessons=np.zeros(3), model=np.zeros(32))
    elif kind == "folder":
        file.unlink()
        file.mkdir()
    elif kind == "foreign":
        some_examples(model="cd" * 32).save(file)


SHAPES = {"many rows": f"({10**10}, 98)", "more rows": f"({10**22}, 98)", "no end": "(("}
KINDS = ["cut", "text", "empty", "flipped", "huge", "pickle", "other arrays", "folder", "no array", "zlib", *SHAPES]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_none_is_named(kind, tmp_path):
    damage(kind, tmp_path / "h.npz")
    with pytest.raises(ModelError, match=r"hand .*h\.npz") as caught:
        Examples.load(tmp_path / "h.npz")
    assert "\n" not in str(caught.value)


@needs_features
@pytest.mark.parametrize("kind", ["cut", "huge", "foreign", "zlib"])
def test_the_program_says_one_line_and_goes_on_without_it(kind, tmp_path):
    file = Store().file("mine")
    file.parent.mkdir(parents=True)
    damage(kind, file)
    cv2.imwrite(str(tmp_path / "sheet.png"), sheet())
    done, [said] = run("--source", "sheet.png", "--no-window", "--hand", "mine", cwd=tmp_path)
    assert done.returncode == 0
    assert "hand" in said
    assert "going on without it" in said
    bare, _ = run("--source", "sheet.png", "--no-window", "--hand", "none", cwd=tmp_path)
    assert done.stdout == bare.stdout != ""


def test_a_hand_is_read_with_though_nobody_can_note_that_it_was(tmp_path):
    store = Store(tmp_path)
    (tmp_path / "last.txt").mkdir()
    store.use("mine")
    assert store.last == "default"


def test_a_model_without_features_says_that_it_cannot_be_taught(tmp_path):
    if MODEL.feature_count:
        pytest.skip("the shipped model can be taught")
    with pytest.raises(ModelError, match="can't be taught"):
        Recognizer(hand="mine")
    cv2.imwrite(str(tmp_path / "sheet.png"), sheet())
    done, [said] = run("--source", "sheet.png", "--no-window", "--hand", "mine", cwd=tmp_path)
    assert done.returncode == 0
    assert "can't be taught" in said


@needs_features
def test_crops_of_a_folder_are_learnt_and_the_hand_moves_by_file(tmp_path):
    cv2.imwrite(str(tmp_path / "sheet.png"), sheet())
    _, said = run("--source", "sheet.png", "--no-window", "--crops", "crops", "--hand", "none", cwd=tmp_path)
    assert said == []
    for place in MISREAD:  # sorted anew by a person
        x, y, w, h = box(place)
        for file in (tmp_path / "crops").glob("[!7]/*.png"):
            left, top, wide, high = map(int, file.stem.split("_")[-1].split("-"))
            if abs(left + wide / 2 - x - w / 2) < 20 and abs(top + high / 2 - y - h / 2) < 20:
                shutil.move(file, tmp_path / "crops" / "7" / file.name)
    count = len(list((tmp_path / "crops" / "7").iterdir()))
    assert count >= 2
    done, [said] = run("teach", "--crops", "crops", "--hand", "mine", cwd=tmp_path)
    assert (done.returncode, f"7 ({count})" in said) == (0, True), said
    read, _ = run("--source", "sheet.png", "--no-window", "--numbers", cwd=tmp_path)  # with the one used last
    assert read.stdout.count("7") >= count
    assert run("hand", "list", cwd=tmp_path)[0].stdout == "mine (used last)\n"
    assert f"7: {count}" in run("hand", "show", "mine", cwd=tmp_path)[0].stdout
    assert run("hand", "export", "mine", "out.npz", cwd=tmp_path)[0].returncode == 0
    assert run("hand", "remove", "mine", cwd=tmp_path)[0].returncode == 0
    assert Store().names() == []
    done, [said] = run("hand", "show", "mine", cwd=tmp_path)
    assert (done.returncode, "found no mine.npz" in said) == (4, True)
    assert run("hand", "import", "out.npz", "--hand", "again", cwd=tmp_path)[0].returncode == 0
    again, _ = run("--source", "sheet.png", "--no-window", "--numbers", cwd=tmp_path)
    assert again.stdout == read.stdout


@needs_features
def test_after_the_highest_number_of_a_lesson_comes_another_lesson(tmp_path):
    some = some_examples()
    file, last = tmp_path / "out.npz", np.array([7, 2**32 - 1, 2**32 - 1], np.uint32)
    np.savez(file, crops=packed(some.crops), labels=some.labels, lessons=last, model=np.zeros(32, np.uint8))
    for lessons in ("2 lessons", "4 lessons"):
        done, [said] = run("hand", "import", file, "--hand", "mine", cwd=tmp_path)
        assert (done.returncode, lessons in said) == (0, True), said
    recognizer = Recognizer(hand="mine")
    assert "5 lessons" in recognizer.teach(recognizer.read(sheet()).digits[0], 3)
    assert np.unique(Examples.load(Store().file("mine")).lessons).tolist() == [0, 1, 2, 3, 4]


@needs_features
def test_the_hand_of_another_model_is_learnt_anew_by_import(tmp_path):
    file = Store().file("mine")
    file.parent.mkdir(parents=True)
    damage("foreign", file)
    with pytest.raises(ModelError, match="hand import"):
        Recognizer(hand="mine")
    assert run("hand", "import", file, "--hand", "mine", cwd=tmp_path)[0].returncode == 0
    Recognizer(hand="mine")
    assert len(Examples.load(file)) == 3


@pytest.mark.parametrize("words", [("teach",), ("hand",), ("hand", "show"), ("hand", "list", "more"), ("hand", "new")])
def test_a_wrong_call_is_one_line(words, tmp_path):
    done, said = run(*words, cwd=tmp_path)
    assert (done.returncode, len(said)) == (2, 1)


def test_a_folder_without_crops_is_named(tmp_path):
    (tmp_path / "3").mkdir()
    for content in (None, b"no picture", cv2.imencode(".png", np.zeros((5, 7), np.uint8))[1].tobytes()):
        if content is not None:
            (tmp_path / "3" / "a.png").write_bytes(content)
        done, [said] = run("teach", "--crops", tmp_path, cwd=tmp_path)
        assert (done.returncode, "expected" in said) == (3, True)
