"""The finder's training: scenes tell the truth, splits hold, the loss falls, a stop changes nothing."""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import some_digits, train

from recognizer.detection.network import Maps, network_input
from recognizer.errors import SourceError, UsageError
from train.data.hands import PenDigits
from train.finder.batches.crops import random_crop
from train.finder.batches.pool import Pool, load_fooled, newest, save_fooled
from train.finder.batches.targets import Targets, targets
from train.finder.calibrate import overlaps
from train.finder.export import difference, to_litert
from train.finder.fit import Length, Trainer, fit
from train.finder.material import Material, Photograph, Sources, held_back, load_material
from train.finder.measure import fooled, measure, outside, places
from train.finder.network import build
from train.finder.scenes.scene import CONTENTS, make_scene
from train.finder.scenes.sheet import DIGIT, GROUND, IGNORE, OTHER, UNKNOWN, Sheet

NONE = np.zeros((0, 4), np.float32)


def photograph(name="a.jpg", found=NONE, ignore=NONE):
    grey = np.random.default_rng(3).integers(0, 256, (300, 400)).astype(np.uint8)
    return Photograph(name, "surface", grey, np.float32(ignore).reshape(-1, 4), np.float32(found).reshape(-1, 4))


@pytest.fixture(scope="module")
def material():
    zigzag = [np.float32([(0, 0), (1, 0), (0.4, 1)])]
    sevens = PenDigits((zigzag, zigzag), np.array([7, 7]), np.array([1, 1]))
    return Material(some_digits(60), (sevens,), photographs=(photograph(),))


@pytest.fixture(scope="module")
def scenes(material):
    return [make_scene(material, np.random.default_rng((7, i))) for i in range(60)]


def test_each_box_holds_ink_of_a_digit_from_edge_to_edge(scenes):
    assert sum(len(scene.boxes) for scene in scenes) > 100
    for scene in scenes:
        assert scene.grey.shape == scene.ink.shape == (384, 512)
        assert scene.grey.dtype == scene.ink.dtype == np.uint8
        for x, y, w, h in scene.boxes:
            part = scene.ink[round(y) : round(y + h), round(x) : round(x + w)]
            _, _, wide, high = cv2.boundingRect((part == DIGIT).astype(np.uint8))
            assert wide >= 0.5 * w - 2, scene.kind
            assert high >= 0.5 * h - 2, scene.kind


def test_all_ink_of_digits_lies_in_a_box(scenes):
    for scene in scenes:
        ink = scene.ink == DIGIT
        for x, y, w, h in scene.boxes:
            ink[max(0, int(y) - 3) : int(y + h) + 4, max(0, int(x) - 3) : int(x + w) + 4] = False
        assert ink.mean() < 2e-4, scene.kind


def test_a_scene_follows_from_its_seed(material):
    one, again, other = (make_scene(material, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.grey, again.grey)
    np.testing.assert_array_equal(one.boxes, again.boxes)
    assert (one.grey != other.grey).any()


@pytest.mark.parametrize("name", CONTENTS)
def test_each_content_can_be_written_with_what_the_repository_gives_alone(name):
    bare = Material(some_digits(20))
    for seed in range(4):
        sheet = Sheet(200, 260)
        CONTENTS[name][0](sheet, bare, np.random.default_rng(seed), 1.0)
        assert (sheet.planes[..., DIGIT].any()) == bool(sheet.hulls)


def test_a_labelled_photographs_boxes_are_kept_and_its_ink_is_unknown():
    pictures = (photograph(found=[(100, 100, 30, 40), (200, 120, 25, 40)]),)
    bare = Material(some_digits(20), pictures=pictures)
    kinds = [make_scene(bare, np.random.default_rng(seed)) for seed in range(60)]
    cut = [scene for scene in kinds if scene.kind == "picture"]
    assert any(len(scene.boxes) for scene in cut)
    assert all(set(np.unique(scene.ink)) <= {UNKNOWN, IGNORE} for scene in cut)


def test_the_input_is_grey_and_contrast_as_a_slow_version_gives_them():
    grey = np.random.default_rng(0).integers(0, 256, (60, 90)).astype(np.uint8)
    level = np.log(grey.astype(np.float64) + 10)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(level, 20, mode="symmetric"), (41, 41)).mean((2, 3))
    contrast = 6 * (level - around)
    channels = network_input(grey)
    assert channels.shape == (60, 90, 2)
    assert channels.dtype == np.float32
    np.testing.assert_allclose(channels[..., 0], grey / 255 - 0.5, atol=1e-6)
    np.testing.assert_allclose(channels[..., 1], contrast / (1 + abs(contrast)), atol=1e-4)


def test_targets_give_back_the_box_at_its_centre():
    answers = targets(np.float32([(20, 30, 24, 40)]), np.zeros((64, 64), np.uint8))
    rows, columns = np.nonzero(answers.centre)
    assert len(rows)
    left, top, right, bottom = answers.distances[rows, columns].T
    np.testing.assert_allclose(columns * 4 + 2 - left, 20)
    np.testing.assert_allclose(rows * 4 + 2 - top, 30)
    np.testing.assert_allclose(left + right, 24)
    np.testing.assert_allclose(top + bottom, 40)
    assert answers.weight.min() == 0
    assert answers.weight[rows, columns].all()


def test_pieces_of_a_large_digit_are_no_digits():
    answers = targets(np.array([(10, 10, 160, 230)], np.float32), np.zeros((128, 128), np.uint8))
    assert answers.weight[5:12, 5:40].all()
    assert not answers.centre[5:12, 5:40].any()
    assert answers.centre[31, 22]


def test_what_is_to_be_ignored_has_no_weight():
    ink = np.zeros((64, 64), np.uint8)
    ink[10:20, 10:20] = IGNORE
    assert not targets(NONE, ink).weight[5:10, 5:10].any()


def test_a_crop_agrees_with_its_scene(scenes):
    for i, scene in enumerate(scenes):
        picture, answers = random_crop(scene, 128, np.random.default_rng(i))
        assert picture.shape == (128, 128, 2)
        assert picture.dtype == np.float32
        assert answers.ink.shape == (64, 64)
        assert answers.centre.shape == answers.weight.shape == (32, 32)
        assert {*np.unique(answers.ink)} <= {GROUND, DIGIT, OTHER, IGNORE, UNKNOWN}
        assert len(scene.boxes) or not answers.centre.any()


def some_batch(scenes, count=6, side=64):
    crops = [random_crop(scene, side, np.random.default_rng(i)) for i, scene in enumerate(scenes) if len(scene.boxes)]
    crops = crops[:count]
    answers = [np.stack([getattr(a, name) for _, a in crops]) for name in ("centre", "weight", "distances", "ink")]
    return np.stack([picture for picture, _ in crops]), Targets(*answers)


def test_the_loss_falls(scenes, monkeypatch):
    monkeypatch.setattr("train.finder.fit.WARM_UP", 4)
    trainer, batch = Trainer(), some_batch(scenes)
    losses = [trainer.fit(batch, 0.1)[:3].sum() for _ in range(12)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.fixture
def pool_of(tmp_path, monkeypatch):
    """Makes a pool of ready scenes of MNIST's form; its process has nothing to do."""
    digits = some_digits(120)
    file, labels = tmp_path / "digits.npz", digits.labels.astype(np.uint8)
    np.savez(file, x_train=digits.pictures, y_train=labels, x_test=digits.pictures, y_test=labels)
    for name, value in (("SHARD", 6), ("AT_FIRST", 1), ("STEPS_A_SHARD", 4), ("AHEAD", 0)):
        monkeypatch.setattr(f"train.finder.batches.pool.{name}", value)
    monkeypatch.setattr("train.finder.fit.PHASES", ((1.0, 3, 64),))
    material = load_material(Sources(mnist=file))
    bare = [make_scene(material, np.random.default_rng((1, i))) for i in range(12)]
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(2):
        part = bare[6 * number :][:6]
        np.savez(folder / f"shard-{number:06d}.npz", grey=np.stack([s.grey for s in part]),
                 ink=np.stack([s.ink for s in part]), boxes=np.concatenate([s.boxes for s in part]),
                 labels=np.concatenate([s.labels for s in part]), counts=[len(s.boxes) for s in part])
    return lambda step: Pool(Sources(mnist=file), 1, folder, step)


def test_a_run_that_goes_on_from_a_checkpoint_ends_with_the_same_weights(pool_of, tmp_path, monkeypatch):
    recipe, length = {"seed": 1}, Length(steps=6)
    monkeypatch.setattr("train.finder.fit.MINING", 3)
    stopped = tmp_path / "parts" / "checkpoint.npz"
    whole = fit(pool_of, length, recipe, tmp_path / "whole",
                mine=lambda trainer: stopped.exists() or trainer.save(stopped, recipe))
    parts = fit(pool_of, length, recipe, tmp_path / "parts")
    assert whole.step == parts.step == 6
    for one, other in zip(whole.averaged().get_weights(), parts.averaged().get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_checkpoint_of_another_recipe_or_a_damaged_one_is_refused(tmp_path):
    file = tmp_path / "checkpoint.npz"
    Trainer().save(file, {"seed": 1})
    with pytest.raises(UsageError, match="other seed"):
        Trainer().load(file, {"seed": 2})
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UsageError, match="can't be read"):
        Trainer().load(file, {"seed": 1})


def test_the_exported_file_gives_kerass_answers_at_any_size():
    model = build()
    assert difference(model, to_litert(model)) < 1e-4


def test_what_fooled_a_network_is_heeded_from_the_next_unmade_shard_on(tmp_path):
    save_fooled(tmp_path, 100, {"a.jpg": np.float32([(3, 4)])})
    first = int(next(tmp_path.glob("fooled-*")).stem[7:])
    assert first > newest(100)
    assert load_fooled(tmp_path, first - 1) == {}
    assert load_fooled(tmp_path, first)["a.jpg"].tolist() == [[3, 4]]


def test_a_run_begins_from_the_weights_of_another_or_the_mean_of_several(tmp_path):
    trainer = Trainer()
    trainer.save_averaged(tmp_path / "finder.npz")
    other = Trainer()
    other.save_averaged(tmp_path / "other.npz")
    both = Trainer()
    both.begin_from([tmp_path / "finder.npz", tmp_path / "other.npz"])
    for one, two, mean in zip(trainer.model.get_weights(), other.model.get_weights(), both.averaged().get_weights(),
                              strict=True):
        np.testing.assert_allclose(mean, (one + two) / 2, atol=1e-6)
    other.begin_from([tmp_path / "finder.npz"])
    for one, same in zip(trainer.model.get_weights(), other.averaged().get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
    (tmp_path / "finder.npz").write_bytes(b"no archive")
    with pytest.raises(UsageError, match="averaged weights"):
        other.begin_from([tmp_path / "finder.npz"])


def test_photographs_are_split_by_source(tmp_path):
    records = []
    for source in range(12):
        for picture in range(2):
            name = f"{source}-{picture}.png"
            cv2.imwrite(str(tmp_path / name), np.zeros((20, 20), np.uint8))
            records.append({"file": name, "kind": "room", "source_repo": f"somebody/{source}", "ignore": []})
    (tmp_path / "index.json").write_text(json.dumps(records))
    digits = some_digits(120)
    labels = digits.labels.astype(np.uint8)
    np.savez(tmp_path / "m.npz", x_train=digits.pictures, y_train=labels, x_test=digits.pictures, y_test=labels)
    sources = Sources(mnist=tmp_path / "m.npz", scenes=tmp_path)
    train, validation = ({p.name.split("-")[0] for p in load_material(sources, held).photographs}
                         for held in (False, True))
    assert train
    assert validation
    assert not train & validation
    assert validation == {r["file"].split("-")[0] for r in records if held_back(r["source_repo"])}


def test_a_missing_file_is_named(tmp_path):
    digits = some_digits(120)
    labels = digits.labels.astype(np.uint8)
    np.savez(tmp_path / "m.npz", x_train=digits.pictures, y_train=labels, x_test=digits.pictures, y_test=labels)
    with pytest.raises(SourceError, match=r"none\.npz"):
        load_material(Sources(mnist=tmp_path / "m.npz", strokes=Path("none.npz")))


def perfect(box, size=(96, 128)):
    """A network that sees one box, whatever the picture."""
    def network(grey, _):
        ink = np.zeros((grey.shape[0] // 2, grey.shape[1] // 2), np.uint8)
        answers = targets(np.float32([box]), ink)
        centre = np.where(answers.centre > 0, 4, -6).astype(np.float32)
        return Maps(centre, np.log(answers.distances / 4), np.dstack([ink, ink]), (1.0, 1.0))
    return network


def test_peaks_find_the_box_once_and_figures_count_it(scenes):
    found = places(perfect((30, 20, 16, 40)), np.zeros((96, 128), np.uint8), 0.5)
    assert len(found.boxes) == 1
    np.testing.assert_allclose(found.boxes[0], (30, 20, 16, 40), atol=0.01)
    figures = measure(perfect((30, 20, 16, 40)), [], [photograph(), photograph(ignore=[(20, 10, 60, 70)])])
    assert figures.fires == {"all": 0.5, "surface": 0.5}
    fools = fooled(perfect((30, 20, 16, 40)), [photograph("b.jpg")])
    np.testing.assert_allclose(fools["b.jpg"][0], (38, 40), atol=0.01)


def test_thin_boxes_are_widened_before_they_are_compared():
    one, other = np.float32([(10, 10, 4, 40)]), np.float32([(14, 10, 4, 40)])
    assert overlaps(one, other)[0, 0] == pytest.approx(12 / 20)
    assert not outside(one, other).any()
    assert outside(one, NONE).all()


@pytest.mark.slow
def test_the_command_writes_a_network_and_how_it_was_made(tmp_path):
    digits = some_digits(120)
    labels = digits.labels.astype(np.uint8)
    np.savez(tmp_path / "m.npz", x_train=digits.pictures, y_train=labels, x_test=digits.pictures, y_test=labels)
    call = ["finder", "--data", "m.npz", "--steps", "2", "--run", "run", "--out", "model/finder.tflite"]
    done = train(tmp_path, *call)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "model" / "finder.json").read_text())
    content = (tmp_path / "model" / "finder.tflite").read_bytes()
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["made"]["command"] == "python -m train finder --data m.npz --steps 2 --seed 1"
    assert set(manifest["figures"]) >= {"recall", "precision", "fires"}
    again = train(tmp_path, *call)
    assert "going on from step 2" in again.stdout
    assert (tmp_path / "model" / "finder.tflite").read_bytes() == content
