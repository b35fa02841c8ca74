"""Which files a name stands for: itself, those of a folder, or what a pattern fits."""

from __future__ import annotations

import glob
import importlib.util
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from recognizer.errors import SourceError
from recognizer.names import shown
from recognizer.sources.images.kinds import HEAD, PICTURES, RAWS, VIDEOS, is_text, is_video, other_kind, picture_kind

# What systems and cameras leave beside pictures and videos: previews, lists, settings.
SYSTEM = {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"}
SYSTEM_FOLDERS = {"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"}
OTHERS = {".jxl", ".psd", ".exr", ".hdr", ".svg", ".eps", ".ai", ".pdf", ".xcf", ".djvu", ".swf", ".r3d", ".braw"}
BESIDE = {".thm", ".lrv", ".aae", ".xmp", ".db", ".lnk", ".url", ".ifo", ".bup", ".ctg", ".bdm", ".mpl", ".cpi"}

log = logging.getLogger("recognizer")


def paths_of(name: str) -> list[Path]:
    """The files that a name stands for, in order.

    Of a folder, or of what a pattern such as "**/*" fits, those that can be read: by their endings, or by what they
    begin with. Kinds that can't be are told in the log; systems' own files and texts are left out quietly.

    Raises:
        SourceError: there are none, or the folder can't be read.
    """
    try:
        path = Path(name)
        if path.is_dir():
            if not os.access(path, os.R_OK | os.X_OK):
                raise SourceError(f"{shown(name)}: can't be read (Permission denied)")
            return _readable(path.iterdir(), name, "no picture or video in this folder; looked for .jpg, .png, .mp4, "
                             f".avi …; those of folders in it are read by '{os.path.join(shown(name), '**', '*')}'")
        if path.exists():
            return [path]
        if glob.has_magic(name):
            return _readable(_fitting(name), name, "nothing found; expected pictures or videos whose names fit")
    except OSError as error:
        raise SourceError(f"{shown(name)}: can't be read ({error.strerror})") from error
    except ValueError as error:  # a NUL in it
        raise SourceError(f"{name!r}: no file has such a name; expected a picture, video, folder or URL") from error
    if name.isdecimal():
        raise SourceError(f"{name}: no such file or folder; for the camera of this index give --camera {int(name)}")
    raise SourceError(f"{shown(name)}: no such file or folder; expected a picture, video, folder, glob or URL")


def _readable(paths: Iterable[Path], name: str, none: str) -> list[Path]:
    found, others = [], Counter[str]()
    for path in sorted(set(paths)):
        if _is_systems(path) or not path.is_file():
            continue
        reads = _can_be_read(path)
        if reads:
            found.append(path)
        elif reads is False:
            others[path.suffix.lower() or "without an ending"] += 1
    kinds = ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in sorted(others.items()))
    total = others.total()
    passed = f"{total} file{'s' if total > 1 else ''} of other kinds" if total else ""
    if not found:
        raise SourceError(f"{shown(name)}: {none}{f'; found {passed}: {shown(kinds)}' if passed else ''}")
    if passed:
        log.warning("%s: %s passed over: %s", shown(name), passed, shown(kinds))
    return found


def _is_systems(path: Path) -> bool:
    """Whether a file is hidden, or a system's own, as "._IMG_1.jpg" of macOS and "Thumbs.db" of Windows are."""
    name = path.name.lower()
    return (name.startswith((".", "~$")) or name in SYSTEM or path.suffix.lower() in BESIDE
            or bool({part.lower() for part in path.parts[:-1]} & SYSTEM_FOLDERS))


def _can_be_read(path: Path) -> bool | None:
    """Whether a file is a picture or video that can be read; None for what nobody expects to, such as notes."""
    suffix = path.suffix.lower()
    if suffix in PICTURES | VIDEOS and suffix != ".ts":  # which is TypeScript's ending, too
        return True
    try:
        with path.open("rb") as file:
            start = file.read(HEAD)
    except OSError:  # who reads it tells why it can't be
        return suffix in PICTURES | VIDEOS | RAWS or None
    if suffix in RAWS:
        return importlib.util.find_spec("rawpy") is not None
    if picture_kind(start, path.name) or is_video(start):
        return True
    if suffix == ".ts":
        return None if is_text(start) else True
    return False if other_kind(start) or suffix in OTHERS else None


def _fitting(pattern: str) -> Iterator[Path]:
    """What a pattern fits; ** stands for all folders below, each once though links lead to it again and again."""
    first, *parts = Path(pattern).parts
    if (parts and parts[-1] == "**") or (not parts and first == "**"):
        parts.append("*")
    if Path(pattern).is_absolute():
        return _spread(first, parts)
    return _spread("", [first, *parts])


def _spread(folder: str, parts: list[str]) -> Iterator[Path]:
    if not parts:
        yield Path(folder)
        return
    part, *rest = parts
    if part == "**":
        for below in _folders(folder):
            yield from _spread(below, rest)
    elif glob.has_magic(part):
        for name in glob.glob(part, root_dir=folder or None):
            yield from _spread(os.path.join(folder, name), rest)
    elif os.path.lexists(os.path.join(folder, part)):
        yield from _spread(os.path.join(folder, part), rest)


def _folders(top: str) -> Iterator[str]:
    """A folder and all below it, each once: by its own name, or by a link's where that leads out of it."""
    seen: set[tuple[int, int]] = set()
    todo, links = [top], list[str]()
    while todo or links:
        folder = (todo or links).pop(0)
        try:
            is_at = os.stat(folder or ".")
            if (is_at.st_dev, is_at.st_ino) in seen:
                continue
            seen.add((is_at.st_dev, is_at.st_ino))
            with os.scandir(folder or ".") as entries:
                below = sorted((e.name, e.is_symlink()) for e in entries if e.is_dir() and e.name[0] != ".")
        except OSError as error:
            log.warning("%s: can't be read (%s)", shown(folder), error.strerror)
            continue
        yield folder
        for name, linked in below:
            (links if linked else todo).append(os.path.join(folder, name))
