"""What the tests of archives share: generated sources, the rows of the data sets, and the plain program's."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyarrow.parquet as pq
from harness import recognize, written

FPS = 10
Row = tuple[Any, ...]


def rows(out: Path, name: str) -> list[Row]:
    """All rows of a data set, without the ids of tracks, which a cut begins anew."""
    tables = [pq.read_table(file) for file in (out / name).glob("*.parquet")]
    assert tables, f"no {name}"
    columns = [column for column in tables[0].column_names if column not in ("track", "modified")]
    return sorted((tuple(row.values()) for table in tables for row in table.select(columns).to_pylist()), key=repr)


def everything(out: Path) -> dict[str, list[Row]]:
    return {name: rows(out, name) for name in ("digits", "numbers", "sources")}


def plain(folder: Path, *sources: Path) -> tuple[list[Row], list[Row]]:
    """Rows of digits and of numbers as the program writes them without `archive`."""
    digits: list[Row] = []
    numbers: list[Row] = []
    for source in sources:
        done = recognize("--source", source, "--no-window", "--events", "-", "--csv", "table.csv", cwd=folder)
        for event in map(json.loads, done.stdout.splitlines()):
            digits += [(event["source"], event["frame"], event["time"], digit["label"], _float32(digit["confidence"]),
                        *digit["box"]) for digit in event["digits"]]
        with (folder / "table.csv").open(encoding="utf-8") as file:
            numbers += [(row["source"], int(row["frame"]), float(row["time"]), row["text"],
                         _float32(float(row["confidence"])), *(int(row[side]) for side in "xywh"))
                        for row in csv.DictReader(file)]
    return sorted(digits, key=repr), sorted(numbers, key=repr)


def _float32(value: float) -> float:
    return float(np.float32(value))


def page(digits: str) -> np.ndarray:
    """A page on which digits are written: (360, 640, 3) uint8, BGR; blank for none."""
    ink = written(digits) if digits else np.zeros((360, 640), np.float32)
    return cv2.cvtColor((235 - 200 * ink).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def write_video(path: Path, pages: Iterable[tuple[str, float]], gap: int = 2 * FPS) -> Path:
    """A video of pages, each with its digits and for so many seconds; a key frame every `gap` frames."""
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 640, 360, "yuv420p", gap
        for digits, seconds in pages:
            picture = page(digits)
            for _ in range(round(FPS * seconds)):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def write_sources(folder: Path, pictures: int, videos: int, damaged: int) -> None:
    """Small sources: pages with a number of their own each, short videos, and files that can't be read to their end."""
    folder.mkdir()
    for number in range(pictures):
        cv2.imwrite(str(folder / f"{number:05d}.png"), page(str(number + 100)))
    for number in range(videos):
        write_video(folder / f"{number:05d}.mp4", [(str(number + 10), 0.8), ("", 0.2), (str(number + 500), 1)])
    for number in range(damaged):
        whole = cv2.imencode(".png", page(str(number)))[1].tobytes()
        (folder / f"damaged{number:03d}.png").write_bytes([b"", whole[:40], b"notes, no picture"][number % 3])
