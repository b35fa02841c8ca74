"""What stands around digits and beside them: boxes of a form, signs that look like digits, points and minuses."""

from __future__ import annotations

from recognizer.core.digits import Digit
from recognizer.core.frame import Pyramid
from recognizer.numbers.forms import in_boxes
from recognizer.numbers.punctuation import mark
from recognizer.numbers.signs.beside import with_signs
from recognizer.numbers.signs.mistaken import without_signs


def marked(pyramid: Pyramid, digits: list[Digit], signs: bool) -> list[Digit]:
    """Digits with their marks, without the signs among them.

    Args:
        pyramid: of their picture.
        digits: as they were found.
        signs: whether percent and currency signs beside them are looked for.
    """
    grey = pyramid.level(0)
    digits = without_signs(grey, in_boxes(pyramid, digits))
    return mark(grey, with_signs(grey, digits) if signs else digits)
