"""What travels is checked when it is made, and an event says what a reading says."""

import copy
import multiprocessing
import pickle

import cv2
import numpy as np
import pytest
from harness import PICTURES

from recognizer import Box, Digit, Frame, Number, Reading, Recognizer
from recognizer.reading import Milliseconds


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3, 1), np.uint8),
        np.zeros((0, 4), np.uint8),
        [[1, 2], [3, 4]],
    ],
)
def test_a_frame_takes_only_grey_or_bgr_bytes(image):
    with pytest.raises(ValueError, match="expected a picture"):
        Frame(image)


@pytest.mark.parametrize(("label", "confidence"), [(10, 0.5), (-1, 0.5), (3, 1.01), (3, -0.1)])
def test_a_digit_is_one_of_ten_with_a_probability(label, confidence):
    with pytest.raises(ValueError, match="expected a label"):
        Digit(label, confidence, Box(0, 0, 1, 1))


def test_boxes_intersect_like_sets_of_pixels():
    a, b = Box(2, 3, 7, 5), Box(5, 1, 9, 4)
    plane = np.zeros((2, 20, 20), bool)
    for box, layer in zip((a, b), plane, strict=True):
        layer[box.y : box.y + box.h, box.x : box.x + box.w] = True
    assert a.intersection(b) == b.intersection(a) == plane.all(axis=0).sum()
    assert a.intersection(Box(9, 3, 2, 2)) == 0
    assert Box.around([a, b]) == (2, 1, 12, 7)


def test_an_event_carries_the_whole_reading():
    digit = Digit(7, 0.9984, Box(412, 80, 61, 92), ((7, 0.9984), (1, 0.001)), track=3,
                  seen=(1, 0.61))
    frame = Frame(np.zeros((720, 1280, 3), np.uint8), 12, 0.48, "clip.mp4", still=False, clock=1e9)
    reading = Reading(frame, (digit,), (Number("7", 0.9984, digit.box, (0,)),))
    assert reading.event() == {
        "source": "clip.mp4",
        "frame": 12,
        "time": 0.48,
        "clock": frame.moment,
        "size": [1280, 720],
        "digits": [{"label": 7, "confidence": 0.9984, "box": [412, 80, 61, 92], "track": 3,
                    "top": [[7, 0.9984], [1, 0.001]], "frame_label": 1, "frame_confidence": 0.61}],
        "numbers": [{"text": "7", "confidence": 0.9984, "box": [412, 80, 61, 92], "digits": [0]}],
    }


def test_readings_are_equal_when_the_same_was_read_in_the_same_frame():
    image = np.zeros((60, 80, 3), np.uint8)
    digit = Digit(7, 0.9, Box(1, 2, 30, 40))
    one = Reading(Frame(image, 3, 0.1), (digit,), fps=25, milliseconds=Milliseconds(find=1))
    assert one == Reading(Frame(image.copy(), 3, 0.1), (digit,), fps=30)
    assert one != Reading(Frame(image, 4, 0.1), (digit,))
    assert one != Reading(Frame(image + 1, 3, 0.1), (digit,))
    assert one != Reading(Frame(image, 3, 0.1))
    assert one != "7"
    assert len({one.frame, Frame(image.copy(), 3, 0.1)}) == 1


def read(file):
    """A picture's reading, in a process of a pool."""
    return Recognizer().read(cv2.imread(file))


def test_readings_come_back_from_a_pool_of_processes():
    file = str(PICTURES / "note.jpg")
    wanted = read(file)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.map(read, [file])[0]
    assert [number.text for number in found.numbers] == ["1958", "4036", "72"]
    assert found.digits == wanted.digits
    for one in (found, pickle.loads(pickle.dumps(wanted)), copy.copy(wanted)):
        assert (one.draw() == wanted.draw()).all()
        assert one.draw_debug().shape == wanted.draw_debug().shape
