"""MNIST is read in each of its forms, and what is damaged is named."""

import gzip
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import some_digits
from numpy.typing import NDArray

from recognizer.errors import SourceError
from train.data.mnist import Digits, Mnist, download, load_mnist, load_not_digits
from train.data.not_digits import NotDigits

TRAIN, TEST = some_digits(240), some_digits(60, seed=1)
IDX = {"train-images-idx3-ubyte": TRAIN.pictures, "train-labels-idx1-ubyte": TRAIN.labels,
       "t10k-images-idx3-ubyte": TEST.pictures, "t10k-labels-idx1-ubyte": TEST.labels}


def as_npz(folder: Path) -> Path:
    return save(folder / "mnist.npz", x_train=TRAIN.pictures, y_train=TRAIN.labels.astype(np.uint8),
                x_test=TEST.pictures, y_test=TEST.labels.astype(np.uint8))


def as_idx(folder: Path) -> Path:
    for name, array in IDX.items():
        (folder / name).write_bytes(idx(array))
    return folder


def as_dotted_idx(folder: Path) -> Path:
    for name, array in IDX.items():
        (folder / name.replace("-idx", ".idx")).write_bytes(idx(array))
    return folder


def as_gzipped_idx(folder: Path) -> Path:
    for name, array in IDX.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
    return folder


def as_pictures(folder: Path) -> Path:
    for use, digits in (("train", TRAIN), ("test", TEST)):
        draw(folder / use, digits)
    return folder


def save(path: Path, **arrays: NDArray) -> Path:
    np.savez(path, **arrays)
    return path


def idx(array: NDArray) -> bytes:
    """An array of bytes in IDX: magic, sizes, content."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()


def draw(folder: Path, digits: Digits) -> None:
    """A folder for each digit with its pictures."""
    for place, (picture, label) in enumerate(zip(digits.pictures, digits.labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / str(label) / f"{place}.png"), picture)


def alike(one: Digits, other: Digits) -> bool:
    """Whether they hold the same pictures with the same labels, in any order."""
    def bag(digits: Digits) -> list[tuple[int, bytes]]:
        return sorted((int(k), p.tobytes()) for p, k in zip(digits.pictures, digits.labels, strict=True))
    return bag(one) == bag(other)


@pytest.mark.parametrize("write", [as_npz, as_idx, as_dotted_idx, as_gzipped_idx, as_pictures])
def test_each_form_gives_the_same_digits(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    source = write(tmp_path)
    mnist = load_mnist(source)
    assert alike(mnist.full_train, TRAIN)
    assert alike(mnist.test, TEST)
    assert load_mnist(source).sha256 == mnist.sha256


def test_the_hash_of_a_file_is_its_own(tmp_path: Path) -> None:
    file = as_npz(tmp_path)
    assert load_mnist(file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_tenth_of_each_digit_is_held_out_where_there_is_no_test_set(tmp_path: Path) -> None:
    draw(tmp_path, TRAIN)
    mnist, again = load_mnist(tmp_path), load_mnist(tmp_path)
    np.testing.assert_array_equal(mnist.test.pictures, again.test.pictures)
    for digit in range(10):
        count = (TRAIN.labels == digit).sum()
        assert (mnist.test.labels == digit).sum() == -(-count // 10)
    together = Digits(np.concatenate([mnist.full_train.pictures, mnist.test.pictures]),
                      np.concatenate([mnist.full_train.labels, mnist.test.labels]))
    assert alike(together, TRAIN)


def test_pictures_by_label_are_mixed_so_that_the_validation_part_has_several_digits(tmp_path: Path) -> None:
    assert len({*load_mnist(as_pictures(tmp_path)).validation.labels.tolist()}) > 2


def test_the_training_set_is_parted_in_two_and_is_whole() -> None:
    mnist = Mnist(TRAIN, TEST, "")
    assert len(mnist.validation) == len(TRAIN) / 12
    np.testing.assert_array_equal(np.concatenate([mnist.train.pictures, mnist.validation.pictures]), TRAIN.pictures)


ARRAYS = {"x_train": TRAIN.pictures, "y_train": TRAIN.labels, "x_test": TEST.pictures, "y_test": TEST.labels}


@pytest.mark.parametrize(("change", "message"), [
    ({"x_test": None}, "expected an .npz with"),
    ({"y_train": TRAIN.labels[1:]}, "training set: expected a label a picture, found 239 for 240"),
    ({"x_test": np.zeros((60, 32, 32), np.uint8)}, r"test set: expected \(N, 28, 28\)"),
    ({"x_test": TEST.pictures / 255}, "found .* of float64"),
    ({"y_test": TEST.labels + 1}, "expected labels from 0 to 9, found 10"),
    ({"y_train": np.where(TRAIN.labels == 4, 9, TRAIN.labels)}, "expected some of each digit, found no 4"),
])
def test_a_file_that_is_not_mnist_is_named(tmp_path: Path, change: dict[str, NDArray | None], message: str) -> None:
    file = save(tmp_path / "odd.npz", **{k: v for k, v in (ARRAYS | change).items() if v is not None})
    with pytest.raises(SourceError, match=message) as caught:
        load_mnist(file)
    assert "odd.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut", pickle.dumps({"x_train": 1})])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cut.npz"
    file.write_bytes(content)
    for load in (load_mnist, load_not_digits):
        with pytest.raises(SourceError, match=r"cut\.npz"):
            load(file)


@pytest.mark.parametrize(("name", "content", "message"), [
    ("train-images-idx3-ubyte", idx(TRAIN.pictures)[:-1], "expected 188176 bytes for 240×28×28, found 188175"),
    ("train-images-idx3-ubyte", idx(TRAIN.pictures)[:9], "expected 16 bytes of sizes, found 9"),
    ("train-images-idx3-ubyte", idx(TRAIN.labels), "expected an IDX file that begins with 00000803, found 00000801"),
    ("t10k-labels-idx1-ubyte", b"", "found nothing"),
    ("t10k-labels-idx1-ubyte", idx(TEST.labels) + b"0", "found 69"),
    ("t10k-labels-idx1-ubyte", None, "found none"),
])
def test_a_damaged_idx_file_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    as_idx(tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        load_mnist(tmp_path)
    assert name in str(caught.value)


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: b"text" + data,
                                    lambda data: data[:200] + bytes(40) + data[240:]])
def test_a_damaged_gzip_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = as_gzipped_idx(tmp_path) / "train-images-idx3-ubyte.gz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(SourceError, match=r"train-images-idx3-ubyte\.gz: damaged gzip"):
        load_mnist(tmp_path)


def test_idx_files_of_different_numbers_are_named(tmp_path: Path) -> None:
    (as_idx(tmp_path) / "train-labels-idx1-ubyte").write_bytes(idx(TRAIN.labels[:-5]))
    with pytest.raises(SourceError, match="training set: expected a label a picture, found 235 for 240") as caught:
        load_mnist(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_digit_without_pictures_is_named(tmp_path: Path) -> None:
    for file in (as_pictures(tmp_path) / "test" / "6").iterdir():
        file.unlink()
    with pytest.raises(SourceError, match="test/6: expected pictures of the digit 6"):
        load_mnist(tmp_path)


@pytest.mark.parametrize(("content", "message"), [
    (cv2.imencode(".png", np.zeros((28, 30), np.uint8))[1].tobytes(), "expected a picture of 28×28, found 30×28"),
    (b"text", "not a picture"),
    (b"", "empty"),
])
def test_an_odd_picture_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (as_pictures(tmp_path) / "train" / "3" / "odd.png").write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        load_mnist(tmp_path)
    assert "odd.png" in str(caught.value)


def test_a_folder_of_other_things_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="found neither"):
        load_mnist(tmp_path)


def test_a_download_is_checked_and_kept(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    (tmp_path / "there").mkdir()
    file = as_npz(tmp_path / "there")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    kept = download(file.as_uri(), digest, tmp_path)
    file.write_bytes(b"another")
    assert download(file.as_uri(), digest, tmp_path).read_bytes() == kept.read_bytes()
    with pytest.raises(SourceError, match=r"mnist\.npz.*hash"):
        download(file.as_uri(), digest, tmp_path / "elsewhere")
    file.unlink()
    with pytest.raises(SourceError, match="hand in a copy with --data"):
        download(file.as_uri(), digest, tmp_path / "anew")


def test_characters_that_are_digits_too_are_left_out(tmp_path: Path) -> None:
    pictures = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((4, 28, 28), np.uint8)
    file = save(tmp_path / "n.npz", symbols=pictures, symbol_names=np.array(["plus", "slash", "z", "dot"]),
                letters=pictures, letter_names=np.array(["A", "I", "B", "C"]))
    assert [kind[:, 0, 0].tolist() for kind in load_not_digits(file)] == [[3], [0], [0], [2], [3]]  # dot plus A B C


def test_a_fifth_of_each_thing_is_held_back(tmp_path: Path) -> None:
    pictures = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((20, 28, 28), np.uint8)
    names = np.repeat(["w", "x"], 10)
    file = save(tmp_path / "n.npz", symbols=pictures, symbol_names=names, letters=pictures, letter_names=names)
    w, x = (kind[:, 0, 0].tolist() for kind in NotDigits.load(file).held_back[:2])
    assert (w, x) == ([8, 9], [18, 19])
    assert all(len(kind) == 8 for kind in NotDigits.load(file).train)
