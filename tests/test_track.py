"""Ids stay with their digits, and a label survives a bad frame."""

from dataclasses import replace

import numpy as np

from recognizer.core.digits import Digit
from recognizer.core.geometry import Box
from recognizer.detection.candidate import Candidate, Reason, ScoredCandidate
from recognizer.tracking.settings import SETTINGS
from recognizer.tracking.tracker import Tracker

APPEARS, COASTS, RECENT = SETTINGS.appears, SETTINGS.coasts, SETTINGS.recent
SIZE = 2000, 500


def digit(label, x, y=50, confidence=0.95, height=60):
    read = label, confidence
    return Digit(*read, Box(round(x), round(y), 40, height), (read,), seen=read, score=confidence)


def test_ids_stay_while_digits_move():
    tracker, rng = Tracker(), np.random.default_rng(0)
    ids = []
    for step in range(30):
        shake = rng.normal(0, 3, 2)
        frame = [digit(k, 100 + 60 * k + 4 * step + shake[0], 50 + shake[1]) for k in range(5)]
        shown = tracker.update([frame[i] for i in rng.permutation(5)], SIZE)
        ids.append({d.label: d.track for d in shown})
    assert ids[APPEARS - 1 :] == [ids[-1]] * (31 - APPEARS)
    assert len(set(ids[-1].values())) == 5


def test_one_frame_of_clutter_is_never_shown():
    tracker = Tracker()
    assert tracker.update([digit(1, 10)], SIZE) == []
    assert tracker.update([], SIZE) == []
    assert tracker.update([], SIZE) == []
    assert tracker.update([digit(1, 10)], SIZE) == []


def test_what_no_frame_is_sure_of_is_not_shown():
    tracker = Tracker(sure_once=0.6)
    unsure, sure = digit(1, 10, confidence=0.5), digit(1, 10, confidence=0.7)
    assert not any(tracker.update([unsure], SIZE) for _ in range(2 * RECENT))
    assert len(tracker.update([sure], SIZE)) == 1
    assert len(tracker.update([unsure], SIZE)) == 1


def test_a_wrong_frame_does_not_change_the_label():
    tracker = Tracker()
    for _ in range(6):
        tracker.update([digit(7, 10)], SIZE)
    (shown,) = tracker.update([digit(1, 10, confidence=0.8)], SIZE)
    assert shown.label == 7
    assert 0 < shown.confidence <= 1


def test_a_digit_that_changes_changes_its_label_within_ten_frames():
    tracker = Tracker()
    for _ in range(30):
        tracker.update([digit(3, 10)], SIZE)
    labels = [tracker.update([digit(8, 10)], SIZE)[0].label for _ in range(10)]
    assert labels[-1] == 8


def test_a_missed_frame_is_bridged_and_a_digit_that_left_is_forgotten():
    tracker = Tracker()
    for _ in range(10):
        shown = tracker.update([digit(4, 10)], SIZE)
    counts = [len(tracker.update([], SIZE)) for _ in range(COASTS + 2)]
    assert counts == [1] * COASTS + [0, 0]
    for _ in range(RECENT):
        assert tracker.update([], SIZE) == []
    for _ in range(APPEARS):
        again = tracker.update([digit(4, 10)], SIZE)
    assert again[0].track != shown[0].track


def test_two_digits_far_apart_or_of_two_sizes_are_two_tracks():
    tracker = Tracker()
    tracker.update([digit(2, 10)], SIZE)
    tracker.update([digit(2, 200)], SIZE)
    assert tracker.update([digit(2, 10, height=20)], SIZE) == []


def test_clutter_that_comes_and_goes_is_not_shown():
    tracker = Tracker()
    shown = [tracker.update([digit(1, 10)] if frame % 3 == 0 else [], SIZE) for frame in range(30)]
    assert not any(shown)


def test_a_digit_that_comes_back_soon_is_the_same():
    tracker = Tracker()
    for _ in range(10):
        before = tracker.update([digit(4, 10)], SIZE)
    for _ in range(COASTS + 2):
        tracker.update([], SIZE)
    for _ in range(APPEARS):
        after = tracker.update([digit(4, 10)], SIZE)
    assert [d.track for d in after] == [d.track for d in before]


def test_a_sheet_that_moves_by_more_than_its_digits_are_apart_keeps_their_ids():
    tracker = Tracker()
    ids = []
    for step in range(20):
        shown = tracker.update([digit(k % 10, 100 + 50 * k + 70 * step) for k in range(7)], SIZE)
        ids.append({d.label: d.track for d in shown})
    assert ids[APPEARS - 1 :] == [ids[-1]] * (21 - APPEARS)
    assert len(set(ids[-1].values())) == 7


def test_one_digit_moves_while_the_others_rest():
    tracker = Tracker()
    for step in range(20):
        shown = tracker.update([digit(1, 100), digit(2, 160), digit(3, 800 + 20 * step)], SIZE)
        if step == APPEARS:
            before = [d.track for d in shown]
    assert [d.track for d in shown] == before


def test_a_digit_that_is_missed_goes_on_with_its_movement_and_not_out_of_the_picture():
    tracker = Tracker()
    for step in range(10):
        tracker.update([digit(4, 100 + 15 * step)], SIZE)
    (shown,) = tracker.update([], SIZE)
    assert shown.box.x == 100 + 15 * 10
    assert shown.seen is None
    tracker = Tracker()
    for step in range(10):
        tracker.update([digit(4, 150 - 16 * step)], SIZE)
    assert tracker.update([], SIZE) == []


def test_a_missed_frame_does_not_change_the_speed():
    tracker = Tracker()
    for step in range(12):
        missed = step in (5, 6, 8)
        (shown,) = tracker.update([] if missed else [digit(4, 100 + 10 * step)], SIZE) or [None]
        if missed:
            assert shown.box.x == 100 + 10 * step


def test_the_frames_own_label_is_kept_beside_the_tracks():
    tracker = Tracker()
    for _ in range(6):
        tracker.update([digit(7, 10)], SIZE)
    (shown,) = tracker.update([digit(1, 10, confidence=0.8)], SIZE)
    assert (shown.label, shown.seen) == (7, (1, 0.8))


def test_every_second_frame_wrong_does_not_make_a_label_flicker():
    tracker = Tracker()
    for _ in range(4):
        tracker.update([digit(7, 10)], SIZE)
    labels = {tracker.update([digit((1, 7)[frame % 2], 10, confidence=0.8)], SIZE)[0].label for frame in range(60)}
    assert labels == {7}


def test_a_mark_that_is_missed_once_stays():
    tracker = Tracker()
    for _ in range(5):
        tracker.update([replace(digit(7, 10), mark="-")], SIZE)
    (shown,) = tracker.update([digit(7, 10)], SIZE)
    assert shown.mark == "-"


def test_a_digit_that_is_not_read_goes_on_where_it_is():
    tracker = Tracker()
    for step in range(20):
        given = digit(4, 100 + 5 * step)
        shown = tracker.update([given if step % 4 < 2 else given.unseen(given.box)], SIZE)
    assert [(d.label, d.box, d.seen) for d in shown] == [(4, given.box, None)]


def test_a_digit_read_now_and_then_changes_its_label_within_ten_frames_too():
    tracker = Tracker()
    for frame in range(50):
        given = digit(3 if frame < 40 else 8, 10)
        shown = tracker.update([given if frame % 4 == 0 else given.unseen(given.box)], SIZE)
    assert shown[0].label == 8


def found(digits):
    """Candidates that a full detection gives for digits."""
    rows = np.eye(11, dtype=np.float32)
    return [ScoredCandidate(Candidate(d.box, np.zeros((28, 28), np.uint8)), rows[d.label], Reason.NONE, 1.0)
            for d in digits]


def test_a_digit_that_moved_further_than_it_is_wide_is_tracked_once():
    tracker = Tracker()
    for step in range(4):
        row = [digit(1, 100 + 50 * step), digit(4, 300 + 50 * step)]
        shown = tracker.detected(row, found(row), SIZE)
    assert [track.sighting.digit.box.x for track in tracker.tracked] == [250, 450]
    assert len({d.track for d in shown}) == len(shown) == 2


def test_a_digit_that_full_detections_pass_over_is_looked_for_until_there_are_too_many():
    tracker, row = Tracker(), [digit(1, 100), digit(4, 300)]
    for _ in range(2):
        tracker.detected(row, found(row), SIZE)
    counts = []
    for _ in range(SETTINGS.doubts):
        tracker.detected(row[1:], found(row[1:]), SIZE)
        counts.append(len(tracker.tracked))
        places = list(range(len(tracker.tracked)))
        tracker.followed(places, [found([track.sighting.digit]) for track in tracker.tracked], SIZE)
    assert counts == [2] * (SETTINGS.doubts - 1) + [1]


def test_a_digit_that_is_gone_asks_for_a_full_detection():
    tracker, row = Tracker(), [digit(1, 100), digit(4, 300)]
    for _ in range(2):
        tracker.detected(row, found(row), SIZE)
    before = [track.sighting for track in tracker.tracked]
    assert tracker.followed([0, 1], [found(row[:1]), []], SIZE) is None
    assert [track.sighting for track in tracker.tracked] == before
    assert [d.label for d in tracker.followed([0, 1], [found(row[:1]), found(row[1:])], SIZE)] == [1, 4]
