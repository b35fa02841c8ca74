"""The report's figures are those that can be counted by hand, for models of every format."""

import json
import shutil

import keras
import numpy as np
import pytest
from harness import some_digits, train

from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped
from recognizer.errors import ModelError
from train.augment.samples import Material, plain, plain_others
from train.evaluation.judge import load_judge

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
MODEL = shipped("models/digits.tflite")


@pytest.fixture(scope="module")
def digits():
    return some_digits(300, seed=3)


@pytest.fixture(scope="module")
def data(digits, tmp_path_factory):
    file = tmp_path_factory.mktemp("data") / "small.npz"
    labels = digits.labels.astype(np.uint8)
    np.savez(file, x_train=digits.pictures, y_train=labels, x_test=digits.pictures, y_test=labels)
    return file


def network(*layers):
    return keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), *layers])


def test_things_that_are_no_digits_pass_the_live_normaliser(digits):
    others = plain_others(Material(digits), 50, seed=1)
    assert others.shape == (50, 28, 28)
    assert set(np.unique(others)) == {0, 255}
    np.testing.assert_array_equal(others, plain_others(Material(digits), 50, seed=1))


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("activation", [None, "softmax"])
def test_a_keras_model_gives_what_keras_computes(digits, tmp_path, ending, activation):
    model = network(keras.layers.Dense(10, activation=activation))
    file = tmp_path / f"model.{ending}"
    model.save(file)
    crops = plain(digits)[:20]
    said = model.predict(crops[..., None] / np.float32(255), verbose=0)
    logits = load_judge(file).logits(crops)
    np.testing.assert_allclose(np.exp(logits) if activation else logits, said, rtol=1e-4, atol=1e-6)


def test_a_bare_litert_file_is_judged_without_a_manifest(digits, tmp_path):
    shutil.copy(MODEL, tmp_path)
    crops = plain(digits)[:20]
    judge = load_judge(tmp_path / MODEL.name)
    assert judge.temperature == 1
    np.testing.assert_array_equal(judge.logits(crops), Classifier.load(MODEL).logits(crops))


@pytest.mark.parametrize("name", ["model.pickle", "model", "missing.tflite", "missing.keras"])
def test_what_is_no_model_is_named(tmp_path, name):
    with pytest.raises(ModelError, match=name):
        load_judge(tmp_path / name)


def test_a_network_of_another_shape_is_refused(tmp_path):
    network(keras.layers.Dense(3)).save(tmp_path / "three.keras")
    with pytest.raises(ModelError, match="10 or 11 classes"):
        load_judge(tmp_path / "three.keras")


@pytest.mark.slow
def test_the_report_has_the_figures_that_counting_gives(digits, data, tmp_path):
    done = train(tmp_path, "evaluate", "--model", MODEL, "--data", data, "--json", "figures.json", "--out", "report")
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    right = Classifier.load(MODEL)(plain(digits)).argmax(axis=1) == digits.labels
    assert figures["accuracy"] == pytest.approx(right.mean())
    assert figures["per_class"] == pytest.approx([right[digits.labels == k].mean() for k in range(10)])
    assert {"loss", "ece", "auroc", "rejected_at_99"} <= set(figures)
    report = (tmp_path / "report" / "report.md").read_text()
    assert report.strip() == done.stdout.strip()
    assert f"{right.mean():.2%}" in report
    assert {"confusion.png", "reliability.png", "worst.png"} <= {p.name for p in (tmp_path / "report").iterdir()}


@pytest.mark.slow
def test_photographs_need_a_model_that_the_program_can_run(data, tmp_path):
    network(keras.layers.Dense(10)).save(tmp_path / "ten.keras")
    done = train(tmp_path, "evaluate", "--model", "ten.keras", "--data", data, "--pictures", "labels.json")
    assert done.returncode == 2
    assert "--pictures: expected a .tflite model" in done.stderr
