"""Fitting that is stopped goes on where it was and ends the same; a checkpoint that isn't its own is refused."""

import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from harness import environment, some_digits, train

from train.model.fit import begun

pytestmark = pytest.mark.slow
EPOCHS = 3


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    digits = some_digits(400)
    labels = digits.labels.astype(np.uint8)
    file = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(file, x_train=digits.pictures, y_train=labels, x_test=digits.pictures[:100], y_test=labels[:100])
    return file


def flags(data, *more):
    return ["--data", str(data), "--epochs", str(EPOCHS), "--run", "run", "--out", "model/digits.tflite", *more]


def weights(folder):
    state = json.loads((folder / "run" / "state.json").read_text())
    assert len(state["history"]) == EPOCHS
    return keras.models.load_model(folder / "run" / state["model"], compile=False).get_weights()


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """A run that nothing disturbed; so few digits and epochs stay below the recipe's floor."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, train(folder, *flags(data))


def test_a_model_below_the_floor_writes_no_bundle(whole):
    folder, done = whole
    assert done.returncode == 4, done.stderr
    assert "below the floor" in done.stderr
    assert not (folder / "model").exists()


def test_progress_tells_loss_accuracy_and_the_time_left(whole):
    lines = [line for line in whole[1].stdout.splitlines() if line.startswith("epoch")]
    assert len(lines) == EPOCHS
    assert all(f"epoch {n} of {EPOCHS}" in line for n, line in enumerate(lines, 1))
    assert all(word in lines[0] for word in ("loss", "accuracy", "val_accuracy", "min left"))


def test_a_killed_run_goes_on_and_ends_with_the_same_weights(whole, data, tmp_path):
    call = [sys.executable, "-m", "train", *flags(data)]
    with subprocess.Popen(call, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL, start_new_session=True) as running:
        assert any(line.startswith("epoch 1") for line in running.stdout)
        os.killpg(running.pid, signal.SIGKILL)
    again = train(tmp_path, *flags(data))
    assert "going on from epoch" in again.stdout
    for one, other in zip(weights(whole[0]), weights(tmp_path), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def stopped(whole, tmp_path):
    """A folder with the checkpoint of the whole run, to be spoilt."""
    (tmp_path / "run").mkdir()
    for file in (whole[0] / "run").iterdir():
        (tmp_path / "run" / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_a_checkpoint_of_another_recipe_is_refused_and_kept(stopped, data):
    done = train(stopped, *flags(data, "--seed", "2"))
    assert done.returncode == 2
    assert "another recipe (seed 1): give another --run folder" in done.stderr
    weights(stopped)


def test_a_damaged_checkpoint_is_named(stopped, data):
    model = json.loads((stopped / "run" / "state.json").read_text())["model"]
    (stopped / "run" / model).write_bytes(b"PK\x03\x04 cut")
    done = train(stopped, *flags(data))
    assert done.returncode == 2
    assert model in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_state_is_named(stopped, data):
    (stopped / "run" / "state.json").write_text("{")
    done = train(stopped, *flags(data))
    assert done.returncode == 2
    assert "state.json" in done.stderr


def test_a_full_disk_keeps_the_last_good_checkpoint(stopped, data):
    resource = pytest.importorskip("resource")
    state = json.loads((stopped / "run" / "state.json").read_text())
    (stopped / "run" / "state.json").write_text(json.dumps(state | {"history": state["history"][:1]}))
    before = {file.name: file.read_bytes() for file in (stopped / "run").iterdir()}
    done = subprocess.run([sys.executable, "-m", "train", *flags(data)], cwd=stopped, env=environment(),
                          capture_output=True, text=True, check=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
    assert done.returncode == 5, done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("train: ")]
    assert "checkpoint-0.keras: can't be written" in line
    assert before == {file.name: file.read_bytes() for file in (stopped / "run").iterdir()}


def test_a_run_can_start_from_an_earlier_ones_network(whole, data, tmp_path):
    state = json.loads((whole[0] / "run" / "state.json").read_text())
    done = train(tmp_path, *flags(data, "--start", str(whole[0] / "run" / state["model"])))
    assert done.returncode == 4, done.stderr  # still below the floor
    first = json.loads((tmp_path / "run" / "state.json").read_text())["history"][0]
    assert first["loss"] < state["history"][1]["loss"] < state["history"][0]["loss"]


def test_several_networks_to_start_from_give_the_mean_of_their_weights(whole):
    folder = whole[0] / "run"
    files = [folder / "checkpoint-0.keras", folder / "checkpoint-1.keras"]  # those of two epochs
    crops = np.zeros((1, 28, 28), np.uint8)
    one, other = (begun([file], crops).get_weights() for file in files)
    for first, second, mean in zip(one, other, begun(files, crops).get_weights(), strict=True):
        np.testing.assert_allclose(mean, (first + second) / 2, atol=1e-6)
    assert any(np.abs(first - second).max() > 1e-3 for first, second in zip(one, other, strict=True))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
def test_another_network_to_start_from_is_named(data, tmp_path):
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(11)]).save(
        tmp_path / "other.keras")
    done = train(tmp_path, *flags(data, "--start", "other.keras"))
    assert done.returncode == 2
    assert "--start other.keras: expected this recipe's network" in done.stderr
    done = train(tmp_path, *flags(data, "--start", "none.keras"))
    assert done.returncode == 2
    assert "none.keras" in done.stderr
