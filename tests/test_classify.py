"""The runtime gives what the network computes, for any number of crops, and refuses what isn't the bundle."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fixtures.strokes import STYLES
from recognizer.classification.classifier import NO_DIGIT, Classifier, softmax
from recognizer.classification.model_file import CLASSES, Manifest
from recognizer.classification.preprocess import normalise
from recognizer.core.assets import shipped
from recognizer.core.bundle import load_bundle, manifest_path
from recognizer.errors import ModelError
from train.augment.degrade import degrade
from train.augment.samples import drawn_digit

MODEL = shipped("models/digits.tflite")


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load(MODEL)


@pytest.fixture(scope="module")
def crops():
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(10), 20)
    return np.stack([normalise(degrade(drawn_digit(k, rng), rng, strength=0.3)) for k in labels]), labels


def test_it_reads_digits_in_every_style(classifier, crops):
    found = classifier(crops[0]).argmax(axis=1)
    assert set(range(10)) == set(STYLES)
    assert (found == crops[1]).mean() >= 0.95


def test_probabilities_are_probabilities(classifier, crops):
    probabilities = classifier(crops[0])
    assert probabilities.shape == (len(crops[0]), len(CLASSES))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities >= 0).all()


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 64])
def test_the_size_of_the_batch_does_not_matter(classifier, crops, count):
    whole = classifier(crops[0])
    np.testing.assert_allclose(classifier(crops[0][:count]), whole[:count], atol=1e-5)


def test_an_empty_crop_is_no_digit(classifier):
    assert classifier(np.zeros((1, 28, 28), np.uint8))[0].argmax() == NO_DIGIT


@pytest.mark.parametrize(("shape", "dtype"), [((28, 28), np.uint8), ((2, 28, 28), float), ((1, 20, 28), np.uint8)])
def test_other_arrays_are_refused(classifier, shape, dtype):
    for ask in (classifier, classifier.logits, classifier.outputs):
        with pytest.raises(ValueError, match="expected crops"):
            ask(np.zeros(shape, dtype))


def test_softmax_is_the_definition():
    logits = np.random.default_rng(1).normal(0, 3, (5, 11)).astype(np.float32)
    expected = np.exp(logits.astype(np.float64))
    np.testing.assert_allclose(softmax(logits), expected / expected.sum(axis=1, keepdims=True), rtol=1e-5)
    assert np.isfinite(softmax(np.full((1, 11), 1e4, np.float32))).all()


@pytest.fixture(scope="module")
def taught():
    """An untrained network of the recipe in Keras, and the classifier of its exported file."""
    keras = pytest.importorskip("keras")
    from train.model.export import to_litert
    from train.model.network import build

    keras.utils.set_random_seed(3)
    model = build()
    content = to_litert(model)
    manifest = Manifest(hashlib.sha256(content).hexdigest(), threshold=0.5, temperature=1.0)
    return model, Classifier(content, manifest)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # TensorFlow's own
def test_the_features_are_what_the_last_layer_makes_the_logits_from(taught, crops):
    model, classifier = taught
    logits, features = classifier.outputs(crops[0])
    assert features.shape == (len(crops[0]), classifier.feature_count)
    weights, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(features @ weights + bias, logits, atol=0.01 * np.abs(logits).max())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_correction_is_added_to_the_logits(taught, crops):
    _, classifier = taught
    logits, features = classifier.outputs(crops[0])
    classifier.correction = lambda found: found[:, :11]
    try:
        np.testing.assert_allclose(classifier.logits(crops[0]), logits + features[:, :11], rtol=1e-6)
        assert classifier.logits(crops[0][:0]).shape == (0, 11)
    finally:
        classifier.correction = None


@pytest.fixture
def bundle(tmp_path):
    model = tmp_path / "digits.tflite"
    shutil.copy(MODEL, model)
    shutil.copy(manifest_path(MODEL), manifest_path(model))
    return model


def rewrite(model, **changes):
    manifest = json.loads(manifest_path(model).read_text())
    manifest_path(model).write_text(json.dumps({**manifest, **changes}))


def test_the_shipped_manifest_tells_how_the_model_was_made():
    made = load_bundle(MODEL, Manifest)[1].made
    assert made["command"].startswith("python -m train")
    assert {"command", "recipe", "data", "seed", "versions"} <= set(made)


def test_a_model_that_is_none_is_refused_after_its_hash(bundle):
    bundle.write_bytes(b"no model at all")
    rewrite(bundle, sha256=hashlib.sha256(b"no model at all").hexdigest())
    with pytest.raises(ModelError, match="can't read"):
        Classifier.load(bundle)


def test_a_missing_half_is_named(bundle):
    manifest_path(bundle).unlink()
    with pytest.raises(ModelError, match=r"digits\.json"):
        load_bundle(bundle, Manifest)


def test_no_damaged_model_loads(tmp_path):
    content, _ = load_bundle(MODEL, Manifest)
    shutil.copy(manifest_path(MODEL), tmp_path / "damaged.json")
    damaged = tmp_path / "damaged.tflite"
    for place in np.linspace(0, len(content) - 1, 1000).astype(int):  # each region of it
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        damaged.write_bytes(flipped)
        with pytest.raises(ModelError, match="sha256"):
            load_bundle(damaged, Manifest)


@pytest.mark.parametrize("text", [
    "", "[" * 100_000, "null", "7", "[]", "{}", '{"sha256": 1}', "1e999", "\ud800", "9" * 5000,
], ids=lambda text: text[:12])
def test_a_manifest_that_is_none(text, tmp_path):
    shutil.copy(MODEL, tmp_path / "digits.tflite")
    (tmp_path / "digits.json").write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(ModelError, match="manifest"):
        Classifier.load(tmp_path / "digits.tflite")


@pytest.mark.parametrize("change", [
    {"threshold": "high"}, {"threshold": None}, {"threshold": 2}, {"threshold": float("nan")}, {"temperature": 0},
    {"temperature": float("inf")}, {"temperature": 1e-300}, {"temperature": []}, {"classes": 5}, {"classes": None},
    {"classes": ["0", "1"]},
    {"input_shape": "28"}, {"input_shape": [28, 28]}, {"input_shape": [32, 32, 3]}, {"sha256": "x" * 64},
    {"sha256": None}, {"unknown": 1},
], ids=str)
def test_a_manifest_of_another_shape(change, tmp_path):
    shutil.copy(MODEL, tmp_path / "digits.tflite")
    manifest = json.loads(manifest_path(MODEL).read_text()) | change
    (tmp_path / "digits.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="manifest"):
        Classifier.load(tmp_path / "digits.tflite")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no file without end")
def test_a_model_without_end_is_refused(tmp_path):
    (tmp_path / "digits.tflite").symlink_to("/dev/zero")
    with pytest.raises(ModelError, match="up to 100 MB"):
        load_bundle(tmp_path / "digits.tflite", Manifest)
