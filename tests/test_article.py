"""The article's steps do what they say, keep what they save, and say what is missing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import ROOT, environment, needs_display, press, some_digits, train, xdotool

from train.__main__ import main
from train.article.command import STEPS, parser
from train.article.prepare import binarise, denoise, one_hot, prepare, scale
from train.data.mnist import Digits

RNG = np.random.default_rng(0)
DENOISE = "3"
PICTURES = {"first", "first_25", "scaled", "binarised", "denoised", "predicted", "confusion", "mistakes", "curves"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn digits as Keras ships MNIST."""
    train, test = some_digits(800), some_digits(100, seed=1)
    file = tmp_path_factory.mktemp("data") / "mnist.npz"
    np.savez(file, x_train=train.pictures, y_train=train.labels, x_test=test.pictures, y_test=test.labels)
    return file


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """All steps at once, and the folder that they wrote to."""
    folder = tmp_path_factory.mktemp("article")
    done = train(folder, "article", "--data", data, "--epochs", "2", "--learning-rate", "1.0", "--denoise", DENOISE)
    assert done.returncode == 0, done.stderr
    return done, folder / "runs" / "article"


def test_scaling_and_binarising_keep_what_is_ink() -> None:
    pictures = RNG.integers(0, 256, (5, 28, 28), np.uint8)
    assert (scale(pictures).min(), scale(pictures).max()) == (0, 1)
    np.testing.assert_array_equal(binarise(scale(pictures)), pictures > 127)


@pytest.mark.parametrize("size", [3, 5])
def test_denoising_is_a_median_and_changes_places_with_binarising(size: int) -> None:
    pictures = scale(RNG.integers(0, 256, (4, 28, 28), np.uint8))
    padded = np.pad(pictures, ((0, 0), (size // 2,) * 2, (size // 2,) * 2), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    np.testing.assert_array_equal(denoise(pictures, size), np.median(windows, axis=(3, 4)))
    np.testing.assert_array_equal(denoise(binarise(pictures), size), binarise(denoise(pictures, size)))


def test_opencv_refuses_the_articles_own_array() -> None:
    with pytest.raises(cv2.error):
        cv2.medianBlur(RNG.random((28, 28)), 3)


def test_one_hot_is_undone_by_argmax() -> None:
    labels = RNG.integers(0, 10, 50)
    np.testing.assert_array_equal(one_hot(labels).argmax(1), labels)
    np.testing.assert_array_equal(one_hot(labels).sum(1), np.ones(50))


def test_all_steps_are_taken_in_their_order(whole: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, folder = whole
    starts = [done.stdout.index(f"{step}: ") for step in STEPS]
    assert starts == sorted(starts)
    assert {file.stem for file in folder.glob("*.png")} == PICTURES
    for file in folder.glob("*.png"):
        assert cv2.imread(str(file)) is not None
    assert not [*folder.glob(".new-*")]


def test_the_accuracy_is_what_counting_gives(
    whole: tuple[subprocess.CompletedProcess[str], Path], data: Path
) -> None:
    from train.model.load_model import load_keras

    done, folder = whole
    with np.load(data) as arrays:
        test = Digits(arrays["x_test"], arrays["y_test"])
    counted = []
    for name in ("model.keras", "model.h5"):
        answers = load_keras(folder / name).predict(prepare(test.pictures, int(DENOISE)), verbose=0)
        np.testing.assert_allclose(answers.sum(1), 1, atol=1e-5)
        counted.append((answers.argmax(1) == test.labels).mean())
    printed = [float(line.split(":")[1]) for line in done.stdout.splitlines() if "Test accuracy: " in line]
    assert printed == pytest.approx(counted)
    assert f"{(1 - counted[0]) * 100:.0f} of 100 are wrong" in done.stdout
    assert json.loads((folder / "history.json").read_text())["history"]["val_accuracy"][-1] == pytest.approx(counted[0])


def test_a_step_alone_goes_by_what_fit_saved(
    whole: tuple[subprocess.CompletedProcess[str], Path], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done, folder = whole
    assert main(["article", "confusion", "--data", str(data), "--out", str(folder)]) == 0
    table = capsys.readouterr().out.splitlines()[1:12]
    assert len(table) == 11
    assert "\n".join(table) in done.stdout


@pytest.mark.parametrize("step", STEPS[STEPS.index("fit") + 1 :])
def test_a_step_before_fit_says_what_to_run_first(
    step: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["article", step, "--data", str(data), "--out", str(tmp_path)]) == 4
    assert "run 'python -m train article fit --out" in capsys.readouterr().err


@pytest.mark.parametrize(("record", "message"), [("{", "expected the record of a fit"), ("{}", "expected the record"),
                                                 ('{"settings": {"epochs": 0}, "history": {}}', "expected the record")])
def test_a_damaged_record_is_named(
    record: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "history.json").write_text(record)
    assert main(["article", "curves", "--out", str(tmp_path)]) == 4
    error = capsys.readouterr().err
    assert message in error
    assert "history.json" in error


@pytest.mark.parametrize(("args", "code", "message"), [
    (["--epochs", "0"], 2, "--epochs: expected 1 or more, found 0"),
    (["--learning-rate", "nan"], 2, "--learning-rate: expected more than 0, found nan"),
    (["--limit", "0"], 2, "--limit: expected 1 or more"),
    (["--seed", "-1"], 2, "--seed: expected 0 to"),
    (["load", "--data", "missing.npz"], 3, "missing.npz"),
    (["load", "--out", "file/folder"], 5, "file/folder"),
])
def test_a_wrong_call_is_told_in_one_line(
    args: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    Path("file").touch()
    assert main(["article", *args]) == code
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("train: ")
    assert message in line


def test_without_a_display_nothing_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert main(["article", "look", "--show", "--out", str(tmp_path)]) == 2
    assert "--show: expected a display" in capsys.readouterr().err


@needs_display
def test_pictures_are_shown_one_after_the_other(display: str, data: Path, tmp_path: Path) -> None:
    call = [sys.executable, "-m", "train", "article", "look", "--show", "--data", data, "--out", tmp_path]
    with subprocess.Popen(call, env=environment(display), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as program:
        try:
            for name in ("first.png", "first_25.png"):
                found = xdotool(display, "search", "--sync", "--onlyvisible", "--name", f"^{name}$").splitlines()
                press(display, found[0], "space")
            assert program.wait(timeout=60) == 0
        finally:
            program.kill()


@pytest.mark.slow
@pytest.mark.parametrize("full", ["soon", "near the end"])
def test_a_full_disk_keeps_the_earlier_fit(
    full: str, whole: tuple[subprocess.CompletedProcess[str], Path], data: Path, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    shutil.copytree(whole[1], tmp_path / "out")
    names = ("model.keras", "model.h5", "history.json")
    before = {name: (tmp_path / "out" / name).read_bytes() for name in names}
    limit = int({"soon": 0.1, "near the end": 0.999}[full] * len(before["model.h5"]))
    call = [sys.executable, "-m", "train", "article", "fit", "--data", data, "--epochs", "1", "--limit", "128",
            "--out", "out"]
    done = subprocess.run(call, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 5, done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("train: ")]
    assert "can't be written" in line
    assert before == {name: (tmp_path / "out" / name).read_bytes() for name in names}
    assert not [*(tmp_path / "out").glob(".new-*")]


def test_every_flag_and_step_is_explained() -> None:
    text = (ROOT / "docs" / "article.md").read_text(encoding="utf-8")
    for action in parser()._actions:
        assert action.help
        assert all(f"`{flag}" in text for flag in action.option_strings if flag.startswith("--"))
    for step in STEPS:
        assert f"`python -m train article {step}`" in text
