"""Normalising does what MNIST's makers did, for any size, width and place of the ink."""

import cv2
import numpy as np
import pytest

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths
from recognizer.classification.preprocess import CROP_SIDE, FIT, normalise


def mask_of(label, style, height, thickness, seed=0):
    rng = np.random.default_rng(seed)
    paths = [p * height + thickness + 5 for p in draw_paths(label, style, rng, wobble=0)]
    side = round(height + 2 * thickness + 12)
    return np.where(ink(paths, (side, side), thickness, rng) > 0.3, 255, 0).astype(np.uint8)


DIGITS = [(label, next(iter(styles))) for label, styles in STYLES.items()]


@pytest.mark.parametrize(("label", "style"), DIGITS)
@pytest.mark.parametrize(("height", "thickness"), [(15, 2), (40, 2), (60, 8), (300, 3), (300, 45)])
def test_ink_fits_in_twenty_pixels_and_lies_on_its_centre_of_mass(label, style, height, thickness):
    crop = normalise(mask_of(label, style, height, thickness))
    assert crop.shape == (CROP_SIDE, CROP_SIDE)
    assert set(np.unique(crop)) == {0, 255}
    _, _, w, h = cv2.boundingRect(crop)
    assert FIT - 2 <= max(w, h) <= FIT
    rows, columns = np.nonzero(crop)
    # Half a pixel is rounding; a digit that would stand out of the picture is moved in.
    room = (CROP_SIDE - FIT) / 2
    assert abs(rows.mean() - 14) <= 0.5 or min(rows.min(), CROP_SIDE - 1 - rows.max()) < room
    assert abs(columns.mean() - 14) <= 0.5 or min(columns.min(), CROP_SIDE - 1 - columns.max()) < room


def naive(mask):
    """The same steps pixel by pixel, for shrinking by a whole factor."""
    rows, columns = np.nonzero(mask)
    ink_box = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] > 0
    factor = max(ink_box.shape) // FIT
    h, w = (side // factor for side in ink_box.shape)
    share = np.array([[ink_box[r * factor : (r + 1) * factor, c * factor : (c + 1) * factor].mean() for c in range(w)]
                      for r in range(h)])
    binary = share > min(0.5, 0.75 * share[share > 0].mean())
    centre = [round(14 - float(side.mean())) for side in np.nonzero(binary)]
    crop = np.zeros((CROP_SIDE, CROP_SIDE), np.uint8)
    crop[centre[0] : centre[0] + h, centre[1] : centre[1] + w][binary] = 255
    return crop


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_a_slow_version(seed):
    rng = np.random.default_rng(seed)
    blocks = rng.random((20, 16)) < 0.3
    blocks[0, 0] = blocks[-1, -1] = True  # so that the ink's box is 80 by 64
    mask = np.where(np.kron(blocks, np.ones((4, 4))), 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(normalise(mask), naive(mask))


def test_place_and_grey_of_the_mask_do_not_matter():
    mask = mask_of(5, "one stroke", 50, 6)
    moved = np.pad(mask, ((37, 3), (11, 60)))
    np.testing.assert_array_equal(normalise(mask), normalise(moved))
    np.testing.assert_array_equal(normalise(mask), normalise((mask > 0).astype(np.uint8)))


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("height", [1, 2, 30, 900])
def test_a_thin_stroke_keeps_its_length(width, height):
    crop = normalise(np.full((height, width), 255, np.uint8))
    assert cv2.boundingRect(crop)[3] == FIT or height <= width


def test_a_hairline_loop_stays_closed():
    crop = normalise(mask_of(0, "round", 400, 3))
    contours, hierarchy = cv2.findContours(crop, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    assert len(contours) == 2
    assert (hierarchy[0, :, 3] >= 0).sum() == 1


@pytest.mark.parametrize("shape", [(0, 0), (5, 0), (3, 3)])
def test_no_ink_gives_an_empty_crop(shape):
    assert not normalise(np.zeros(shape, np.uint8)).any()


@pytest.mark.parametrize("mask", [np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint8)])
def test_what_is_no_mask_is_refused(mask):
    with pytest.raises(ValueError, match="expected a mask"):
        normalise(mask)


def test_ink_too_sparse_to_be_seen_gives_an_empty_crop():
    mask = np.zeros((1000, 1000), np.uint8)
    mask[0, 0] = mask[-1, -1] = 1
    assert not normalise(mask).any()
