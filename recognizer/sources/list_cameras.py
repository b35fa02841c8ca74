"""Lists the cameras that this machine has."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CLASS = Path("/sys/class/video4linux")
DEVICES = Path("/dev")

# Linux's videodev2.h: requests, and the structures that they fill.
QUERYCAP, CAPABILITY = 0x80685600, struct.Struct("=16s32s32s3I12x")
ENUM_FMT, FORMAT = 0xC0405602, struct.Struct("=3I32s2I12x")
ENUM_FRAMESIZES, FRAME_SIZE = 0xC02C564A, struct.Struct("=9I8x")
IS_CAPTURE, HAS_DEVICE_CAPABILITIES = 0x1, 0x80000000
CAPTURE, DISCRETE = 1, 1  # kind of buffer, and of size


@dataclass(frozen=True)
class Camera:
    """A camera: what `--camera` calls it, the system's name for it, and the sizes it gives where they are known."""

    index: int
    name: str
    sizes: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        sizes = "  ".join(f"{w}x{h}" for w, h in self.sizes)
        return f"{self.index}  {self.name}{'  ' if sizes else ''}{sizes}"


def list_cameras(known: Path = CLASS, devices: Path = DEVICES) -> list[Camera]:
    """All cameras, by index.

    Args:
        known: on Linux, the folder where the system lists its video devices.
        devices: and the folder of the devices themselves.
    """
    if not sys.platform.startswith("linux"):
        return sorted(_named(), key=lambda camera: camera.index)
    folders = sorted((f for f in known.glob("video*") if f.name[5:].isdecimal()), key=lambda f: int(f.name[5:]))
    cameras = []
    for folder in folders:
        sizes = _sizes(devices / folder.name)
        if sizes is not None:  # a camera's second device gives data about pictures, but none
            with suppress(OSError):
                name = (folder / "name").read_text(encoding="utf-8", errors="replace").strip()
                cameras.append(Camera(int(folder.name[5:]), name, sizes))
    return cameras


def _sizes(device: Path) -> tuple[tuple[int, int], ...] | None:
    """The sizes of a device's pictures, largest first; empty where it doesn't tell, None where it gives no pictures."""
    import fcntl

    try:
        opened = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return ()
    try:
        *_, capabilities, own = CAPABILITY.unpack(fcntl.ioctl(opened, QUERYCAP, bytes(CAPABILITY.size)))
        if not (own if capabilities & HAS_DEVICE_CAPABILITIES else capabilities) & IS_CAPTURE:
            return None
        sizes = {size for pixels in _formats(opened) for size in _sizes_of(opened, pixels)}
        return tuple(sorted(sizes, reverse=True))
    except OSError:
        return ()
    finally:
        os.close(opened)


def _formats(opened: int) -> Iterator[int]:
    """The codes of a device's pixel formats."""
    import fcntl

    for index in range(64):
        try:
            filled = fcntl.ioctl(opened, ENUM_FMT, FORMAT.pack(index, CAPTURE, 0, b"", 0, 0))
        except OSError:  # that was the last one
            return
        yield int(FORMAT.unpack(filled)[4])


def _sizes_of(opened: int, pixels: int) -> Iterator[tuple[int, int]]:
    """The sizes of one pixel format: each of a list, or the largest of a range."""
    import fcntl

    for index in range(256):
        try:
            filled = fcntl.ioctl(opened, ENUM_FRAMESIZES, FRAME_SIZE.pack(index, pixels, *[0] * 7))
        except OSError:
            return
        _, _, kind, *values = FRAME_SIZE.unpack(filled)
        yield (values[0], values[1]) if kind == DISCRETE else (values[1], values[4])


def _named() -> Iterator[Camera]:
    """The cameras of Windows and macOS, by the names that these give them, as OpenCV counts them there."""
    from cv2_enumerate_cameras import enumerate_cameras, supported_backends

    backend = supported_backends[0]
    return (Camera(camera.index, camera.name) for camera in enumerate_cameras(backend))
