"""A number is reported once when it stands still, again when it changes, and not because an id or a frame was lost."""

from recognizer.core.digits import Digit, Number
from recognizer.core.geometry import Box
from recognizer.tracking.settings import SETTINGS
from recognizer.tracking.stability import Stability

STANDS = SETTINGS.stands
FORGET = round(SETTINGS.forget_seconds / SETTINGS.frame)


def reported(steady: Stability, text: str, x: float = 100, tracks: tuple[int, ...] = (1, 2)) -> list[str]:
    """What is reported of a frame with one number; none when the text is empty."""
    if not text:
        return [number.text for number in steady.update((), ())]
    digits = tuple(Digit(int(c), 0.9, Box(round(x) + 40 * i, 50, 30, 60), track=track)
                   for i, (c, track) in enumerate(zip(text, tracks, strict=True)))
    number = Number(text, 0.8, Box.around([d.box for d in digits]), tuple(range(len(digits))))
    return [number.text for number in steady.update(digits, (number,))]


def test_a_number_is_told_once_when_it_has_stood_still() -> None:
    steady = Stability()
    assert [reported(steady, "72") for _ in range(STANDS + 50)] == [[]] * (STANDS - 1) + [["72"]] + [[]] * 50


def test_a_moving_number_is_told_when_it_stops() -> None:
    steady = Stability()
    assert not any(reported(steady, "72", 100 + 20 * step) for step in range(20))
    assert [reported(steady, "72", 500) for _ in range(STANDS)][-1] == ["72"]


def test_it_is_told_again_when_it_changes_and_when_it_changes_back() -> None:
    steady = Stability()
    seen = [text for written in ("72", "78", "72") for _ in range(2 * STANDS) for text in reported(steady, written)]
    assert seen == ["72", "78", "72"]


def test_new_ids_and_lost_frames_are_no_change() -> None:
    steady = Stability()
    for _ in range(STANDS):
        reported(steady, "72")
    for _ in range(FORGET // 2):
        assert reported(steady, "") == []
    assert not any(reported(steady, "72", tracks=(8, 9)) for _ in range(2 * STANDS))


def test_a_sheet_that_comes_back_much_later_is_told_anew() -> None:
    steady = Stability()
    for _ in range(STANDS):
        reported(steady, "72")
    for _ in range(FORGET + 1):
        reported(steady, "")
    assert [reported(steady, "72", tracks=(8, 9)) for _ in range(STANDS)][-1] == ["72"]
