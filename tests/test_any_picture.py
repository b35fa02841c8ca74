"""Whatever array is handed over: it is read, or refused in words."""

import os
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from harness import written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from recognizer import Frame, InputError, Reading, Recognizer, UsageError
from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped

READER = Recognizer()
CLASSIFIER = Classifier.load(shipped("models/digits.tflite"))
FEW = settings(max_examples=40, deadline=None, derandomize=True, database=None)
MANY = settings(max_examples=int(os.environ.get("EXAMPLES", "10000")), deadline=None, derandomize=True, database=None,
                suppress_health_check=list(HealthCheck))
Array = NDArray[np.uint8]
SHEETS = [written(digits)[120:240, 170:450] for digits in ("2357", "4680", "19")]


def strokes(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Lines, rings and blobs of any brightness and width on a ground of any."""
    image = np.full(shape, rng.integers(256), np.uint8)
    for _ in range(rng.integers(1, 30)):
        (x, y), (to_x, to_y) = rng.integers(0, (shape[1], shape[0]), (2, 2)).tolist()
        wide, tone = int(rng.integers(1, 12)), int(rng.integers(256))
        if rng.random() < 0.5:
            cv2.line(image, (x, y), (to_x, to_y), tone, wide)
        else:
            cv2.ellipse(image, (x, y), (to_x % 40 + 1, to_y % 40 + 1), 0, 0, int(rng.integers(360)), tone, wide)
    return image


def texture(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Noise, coarse or fine."""
    coarse = [max(1, side // int(rng.integers(1, 20))) for side in shape]
    return np.asarray(cv2.resize(rng.integers(0, 256, coarse, np.uint8), shape[::-1]), np.uint8)


def sheet(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Written digits, squeezed to the shape, in any tone on any."""
    ink = cv2.resize(SHEETS[rng.integers(len(SHEETS))], shape[::-1], interpolation=cv2.INTER_AREA)
    ground, tone = rng.integers(256, size=2)
    return np.asarray(ground + ink * (float(tone) - ground), np.uint8)


def flat(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return np.full(shape, rng.integers(256), np.uint8)


@st.composite
def pictures(draw: st.DrawFn) -> Array:
    """Pictures of any size, grey or in colour, and laid out in memory in any way."""
    side = st.one_of(st.integers(1, 40), st.integers(1, 400), st.sampled_from([1, 2, 3, 1279, 1280, 1281, 2000]))
    shape = draw(side), draw(side)
    make: Callable[[np.random.Generator, tuple[int, int]], Array] = draw(
        st.sampled_from([strokes, texture, sheet, flat]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    layout = draw(st.sampled_from(["plain", "colour", "one channel", "turned", "mirrored", "every other", "read-only"]))
    image = make(rng, shape)
    if layout == "colour":
        image = np.dstack([image, make(rng, shape), image])
    elif layout == "one channel":
        image = image[..., None]
    elif layout == "turned":
        image = image.T
    elif layout == "mirrored":
        image = np.dstack([image] * 3)[::-1, ::-1, ::-1]
    elif layout == "every other":
        image = image[::2, ::2]
    elif layout == "read-only":
        image.flags.writeable = False
    return image


def check(reading: Reading, image: Array) -> None:
    """A reading that makes sense: boxes inside of the picture, probabilities that are some."""
    height, width = image.shape[:2]
    assert reading.frame.size == (width, height)
    for x, y, w, h in (part.box for part in (*reading.digits, *reading.numbers)):
        assert x >= 0
        assert y >= 0
        assert w > 0
        assert h > 0
        assert x + w <= width
        assert y + h <= height
    for digit in reading.digits:
        assert sum(probability for _, probability in digit.top) <= 1 + 1e-5
    candidates = [one.candidate.crop for one in reading.judged]
    if candidates:
        probabilities = CLASSIFIER(np.stack(candidates))
        assert np.isfinite(probabilities).all()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@FEW
@given(pictures())
def test_any_picture_is_read(image: Array) -> None:
    check(READER.read(image), image)


@pytest.mark.stress
@MANY
@given(pictures())
def test_thousands_of_pictures_are_read(image: Array) -> None:
    check(READER.read(image), image)


class Video:
    """Pictures as the frames of one video."""

    def __init__(self, images: list[Array]) -> None:
        self._images = images

    def __iter__(self) -> Iterator[Frame]:
        for index, image in enumerate(self._images):
            yield Frame(image, index, index / 30, "video", still=False, fps=30)

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@st.composite
def videos(draw: st.DrawFn) -> list[Array]:
    """A few pictures, each for some frames in which it trembles, or is partly covered."""
    images = []
    for image in draw(st.lists(pictures(), min_size=1, max_size=3)):
        rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        for _ in range(draw(st.integers(1, 8))):
            frame = np.roll(image, tuple(rng.integers(-3, 4, 2)), (0, 1))
            if rng.random() < 0.2:
                frame[: rng.integers(1, len(frame) + 1), : rng.integers(1, frame.shape[1] + 1)] = rng.integers(256)
            images.append(frame)
    return images


def check_video(images: list[Array]) -> None:
    readings = list(READER.watch(Video(images)))
    assert len(readings) == len(images)
    for reading, image in zip(readings, images, strict=True):
        check(reading, image)


def test_a_video_whose_size_shrinks_is_read() -> None:
    whole = np.asarray(255 - 235 * written("2357"), np.uint8)
    images = [image for side in (400, 300, 8, 1, 640) for image in [np.ascontiguousarray(whole[:side, :side])] * 3]
    check_video(images)


@settings(FEW, max_examples=10)
@given(videos())
def test_any_video_is_read(images: list[Array]) -> None:
    check_video(images)


@pytest.mark.stress
@settings(MANY, max_examples=MANY.max_examples // 10)
@given(videos())
def test_a_thousand_videos_are_read(images: list[Array]) -> None:
    check_video(images)


KINDS = npst.scalar_dtypes() | st.just(np.dtype(object))


@FEW
@given(npst.arrays(KINDS, npst.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)))
def test_other_arrays_are_refused_in_words(array: NDArray[np.generic]) -> None:
    picture = array.dtype == np.uint8 and array.size and array.shape[2:] in ((), (1,), (3,)) and array.ndim in (2, 3)
    if picture:
        READER.read(array)  # type: ignore[arg-type]
        return
    with pytest.raises(InputError, match="expected a picture") as caught:
        READER.read(array)  # type: ignore[arg-type]
    assert f"found {array.shape} of {array.dtype}" in str(caught.value)


@pytest.mark.parametrize("thing", [
    None, "photo.jpg", [[0, 255]], [[1], [2, 3]], 7, np.full((9, 9), np.nan), np.full((9, 9, 3), np.inf, np.float32),
], ids=repr)
def test_other_things_are_refused_in_words(thing: object) -> None:
    with pytest.raises(ValueError, match=r"expected a picture .* found"):
        READER.read(thing)  # type: ignore[arg-type]


@pytest.mark.parametrize("threshold", ["0.5", -0.1, 1.1, float("nan")])
def test_other_thresholds_are_refused_in_words(threshold: object) -> None:
    with pytest.raises(UsageError, match=r"expected a probability from 0 to 1, found"):
        Recognizer(threshold=threshold)  # type: ignore[arg-type]


def test_the_layout_in_memory_does_not_matter() -> None:
    image = strokes(np.random.default_rng(3), (300, 400))
    colour = np.dstack([image] * 3)
    wanted = READER.read(colour).digits
    assert READER.read(np.asfortranarray(colour)).digits == wanted
    assert READER.read(np.dstack([colour, image])[..., :3]).digits == wanted
    assert READER.read(image).digits == READER.read(image[..., None]).digits
