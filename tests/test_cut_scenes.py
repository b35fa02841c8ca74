"""Crops that the finder cuts out of scenes carry the digit that was written there; a shipped file can be fitted on."""

from dataclasses import replace

import numpy as np
import pytest
from harness import some_digits

from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.core.assets import shipped
from recognizer.errors import ModelError, UsageError
from train.data.mnist import Digits
from train.finder.cut_out import OTHERS, Cutter, cut_scenes
from train.finder.material import Material, Sources
from train.finder.scenes.scene import make_scene
from train.finder.scenes.sheet import DIGIT, IGNORE, UNLABELLED
from train.model.restore import restore

DIGITS, FINDER = shipped("models/digits.tflite"), shipped("models/finder.tflite")


@pytest.fixture(scope="module")
def scenes():
    material = Material(some_digits(60))
    return [make_scene(material, np.random.default_rng((3, place))) for place in range(60)]


@pytest.fixture(scope="module")
def cut(scenes):
    return Cutter(FINDER, DIGITS).of_scenes(scenes)


def test_every_digit_of_a_scene_has_a_label(scenes):
    labels = np.concatenate([scene.labels for scene in scenes])
    assert len(labels) == sum(len(scene.boxes) for scene in scenes) > 100
    assert set(labels.tolist()) == set(range(10))


def test_pictures_keep_the_label_that_they_came_with():
    digits = some_digits(200)
    fours = digits.labels == 4
    material = Material(Digits(digits.pictures[fours], digits.labels[fours]))
    found = [make_scene(material, np.random.default_rng((5, place))) for place in range(40)]
    counts = np.bincount(np.concatenate([scene.labels for scene in found]), minlength=10)
    assert counts.argmax() == 4  # pictures beside digits drawn and printed


def test_crops_show_the_digit_of_their_label(cut):
    crops, labels = cut
    is_digit = labels != NO_DIGIT
    assert is_digit.sum() > 80
    assert set(np.unique(crops)) == {0, 255}
    read = Classifier.load(DIGITS).logits(crops[is_digit]).argmax(axis=1)
    assert (read == labels[is_digit]).mean() > 0.8


def test_a_place_that_is_not_known_gives_no_crop(scenes):
    hidden = [replace(scene, ink=np.full_like(scene.ink, IGNORE), labels=np.full_like(scene.labels, UNLABELLED))
              for scene in scenes[:20]]
    assert not len(Cutter(FINDER, DIGITS).of_scenes(hidden)[0])


def test_a_scene_without_its_boxes_teaches_no_digit(scenes):
    bare = [replace(scene, boxes=scene.boxes[:0], labels=scene.labels[:0]) for scene in scenes[:20]]
    assert any((scene.ink == DIGIT).any() for scene in bare)
    assert set(Cutter(FINDER, DIGITS).of_scenes(bare)[1].tolist()) == {NO_DIGIT}


def test_others_are_fewer_than_digits(tmp_path):
    digits = some_digits(120)
    labels = digits.labels.astype(np.uint8)
    np.savez(tmp_path / "m.npz", x_train=digits.pictures, y_train=labels, x_test=digits.pictures, y_test=labels)
    crops, labels = cut_scenes(Sources(mnist=tmp_path / "m.npz"), 30, 1, Cutter(FINDER, DIGITS))
    assert len(crops) == len(labels)
    assert 0 < (labels == NO_DIGIT).sum() <= round(OTHERS * (labels != NO_DIGIT).sum())


def test_a_network_taken_out_of_its_file_answers_as_the_file_does(cut):
    crops, _ = cut
    many = np.concatenate([crops] * (1 + 1000 // len(crops)))
    answers = np.asarray(restore(DIGITS, many)(crops[..., None].astype(np.float32) / 255)).argmax(axis=1)
    assert (answers == Classifier.load(DIGITS).logits(crops).argmax(axis=1)).mean() > 0.99


def test_a_file_that_holds_another_network_is_named(tmp_path, cut):
    with pytest.raises(UsageError, match=r"finder\.tflite: expected this recipe's network"):
        restore(FINDER, cut[0])
    (tmp_path / "damaged.tflite").write_bytes(DIGITS.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"damaged\.tflite: expected a model in LiteRT's format"):
        restore(tmp_path / "damaged.tflite", cut[0])
