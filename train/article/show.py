"""Shows a saved picture in a window."""

from pathlib import Path

import cv2

POLL = 50  # milliseconds between two looks at whether the window is still there
NO_KEY = -1


def show(path: Path) -> None:
    """Show a picture until a key is pressed or the window is closed; needs a display."""
    title = path.name
    picture = cv2.imread(str(path))
    assert picture is not None  # it was just written
    cv2.imshow(title, picture)
    try:
        while cv2.waitKey(POLL) == NO_KEY and cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) >= 1:
            pass
        cv2.destroyWindow(title)
    except cv2.error:  # with Qt a closed window isn't known any more
        return
