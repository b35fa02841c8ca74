"""Measures milliseconds a frame, stage by stage, against decoding the same frames and nothing else.

The clip holds sheets with seven digits; it is measured as it is, 1280×720, and made larger, 1920×1080.
"""

from __future__ import annotations

import tempfile
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.frames import decode
from benchmarks.measure import add_finder, alternate, compare, parser, print_table
from benchmarks.stages import CLIPS, STAGES, time_decoding, time_detection, time_stages, time_whole, use_threads
from fixtures.encode import Frames, write_mp4
from recognizer import Recognizer

CLIP = CLIPS / "demo.mp4"
LARGE = 1920, 1080
FRAMES = 80  # after these the first sheet leaves the picture
QUALITY = 26  # x264's rate factor, near that of the small clip
THREADS: dict[str, int | None] = {"one thread": 1, "all threads": None}
BARS = {
    ("one thread", "find"): 1.5, ("one thread", "a full detection"): 5.0,
    ("all threads", "whole"): 1.6, ("all threads", "whole, processor"): 2.5,
}


def main() -> None:
    """Measure both sizes with one thread and with all, and print the table."""
    flags = parser(__doc__, rounds=5)
    add_finder(flags)
    args = flags.parse_args()
    recognizer = Recognizer(finder=args.finder)
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        large = write_large(Path(folder) / "large.mp4")
        for size, clip in {"1280×720": CLIP, "1920×1080": large}.items():
            for threads, count in THREADS.items():
                use_threads(count)
                bars = {stage: bar for (with_, stage), bar in BARS.items() if (size, with_) == ("1280×720", threads)}
                rows += _rows(recognizer, f"{size}, {threads}", clip, args.rounds, bars)
    print_table(rows, "Milliseconds a frame. Ours: the stage; other: decoding alone. One thread is OpenCV's and the "
                      f"decoder's; the network always has one. Medians of {args.rounds} rounds in turn (least–most), "
                      f"{FRAMES} frames each, OpenCV {cv2.__version__}.")


def write_large(path: Path) -> Path:
    """Write the clip's first frames enlarged; the path."""
    write_mp4(path, _enlarged(), LARGE, fps=30, quality=QUALITY)
    return path


def _enlarged() -> Frames:
    for image in islice(decode(CLIP), FRAMES):
        yield np.asarray(cv2.resize(image, LARGE, interpolation=cv2.INTER_CUBIC), np.uint8)


def _rows(
    recognizer: Recognizer, what: str, clip: Path, rounds: int, bars: dict[str, float]
) -> list[tuple[str, ...]]:
    """The rows of one clip with one number of threads; `bars` by stage."""
    decoding, detection, stages, whole = alternate(
        rounds,
        partial(time_decoding, clip, FRAMES),
        partial(time_detection, recognizer, clip, FRAMES),
        partial(time_stages, recognizer, clip, FRAMES),
        partial(time_whole, recognizer, clip, FRAMES),
    )
    walls, processors = [d.wall for d in decoding], [d.processor for d in decoding]
    rows = [compare(f"{what}: {name}", (s[name] for s in stages), walls, bars.get(name)) for name in STAGES]
    rows.append(compare(f"{what}: a full detection", detection, walls, bars.get("a full detection")))
    rows.append(compare(f"{what}: whole", (w.wall for w in whole), walls, bars.get("whole")))
    processor = "whole, processor"
    return [*rows, compare(f"{what}: {processor}", (w.processor for w in whole), processors, bars.get(processor))]


if __name__ == "__main__":
    main()
