"""Opens cameras, and says why where it can't."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import cv2

from recognizer.errors import SourceError
from recognizer.sources.list_cameras import DEVICES

log = logging.getLogger("recognizer")


def open_camera(
    index: int, size: tuple[int, int] | None = None, fps: float | None = None, devices: Path = DEVICES
) -> cv2.VideoCapture:
    """Open a camera that gives pictures.

    Args:
        index: counts the system's cameras from 0.
        size: width and height to ask it for; what it gives instead is reported in the log.
        fps: frames a second, likewise.
        devices: on Linux, the folder of the cameras' devices.

    Raises:
        SourceError: it is missing, in use or not permitted.
    """
    device = devices / f"video{index}"
    if sys.platform.startswith("linux"):
        if not device.exists():
            raise SourceError(
                f"camera {index}: {device} is not there; plug one in, or give another --camera or --source")
        if not os.access(device, os.R_OK | os.W_OK, effective_ids=True):
            raise SourceError(f"camera {index}: {device} may not be used by you; join its group with "
                              f"'sudo usermod -aG video {os.environ.get('USER', 'NAME')}' and log in again")
    capture = cv2.VideoCapture(index)
    _ask_for(capture, index, size, fps)
    if not capture.isOpened() or not capture.read()[0]:
        capture.release()
        raise SourceError(f"camera {index}: no picture from it; {_causes(device)}")
    return capture


def _ask_for(capture: cv2.VideoCapture, index: int, size: tuple[int, int] | None, fps: float | None) -> None:
    wanted: dict[int, float] = {}
    if size:
        # Most cameras send their larger pictures fast enough only as JPEG.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        wanted |= {cv2.CAP_PROP_FRAME_WIDTH: size[0], cv2.CAP_PROP_FRAME_HEIGHT: size[1]}
    if fps:
        wanted[cv2.CAP_PROP_FPS] = fps
    for what, value in wanted.items():
        capture.set(what, value)
    found = {what: capture.get(what) for what in wanted}
    if capture.isOpened() and any(abs(found[what] - value) > 0.5 for what, value in wanted.items()):
        given = [capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS)]
        log.warning("camera %d: gives %.0fx%.0f at %.0f frames a second instead; --list-cameras shows its sizes",
                    index, *given)


def _causes(device: Path) -> str:
    if sys.platform == "darwin":
        return ("it is missing, in use by another program, or not permitted: look into System Settings, Privacy & "
                "Security, Camera")
    if sys.platform == "win32":
        return "it is missing, in use by another program, or not permitted: look into Settings, Privacy, Camera"
    return f"it is in use by another program ('fuser {device}' tells which), or gives no video; try another --camera"
