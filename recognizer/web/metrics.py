"""What the server counts, in the text format of Prometheus.

Its few lines are written by hand: a client library would bring a registry and its locks for a page of text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from recognizer.reading import Reading

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "digit_recognizer_"


class Metrics:
    """Counts of one run.

    Attributes:
        frames: of the program's camera that were read.
        shown: pictures of the program's camera that viewers got.
        viewers: who watch the program's camera now.
        visitors: whose own camera is read now.
        visitor_frames: of their cameras that were read.
        pictures: that were handed in and read.
    """

    def __init__(self) -> None:
        self.frames = self.shown = self.viewers = self.visitors = self.visitor_frames = self.pictures = 0
        self._numbers = self._dropped = 0
        self._stages: dict[str, float] = {}
        self._reading: Reading | None = None

    def count(self, reading: Reading) -> None:
        """Take the next reading of the program's camera."""
        self._reading = reading
        self._dropped = reading.frame.dropped
        if reading.frame.lost:
            return
        self.frames += 1
        self._numbers += len(reading.steady)
        for stage, milliseconds in asdict(reading.milliseconds).items():
            self._stages[stage] = self._stages.get(stage, 0.0) + milliseconds

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """While it is entered, one more watches."""
        self.viewers += 1
        try:
            yield
        finally:
            self.viewers -= 1

    @contextmanager
    def visitor(self) -> Iterator[None]:
        """Likewise for a visitor."""
        self.visitors += 1
        try:
            yield
        finally:
            self.visitors -= 1

    def text(self, lost: bool | None) -> str:
        """All of them; `lost` is None where the program has no camera."""
        lines: list[str] = []

        def add(name: str, kind: str, words: str, values: dict[str, float]) -> None:
            lines.extend((f"# HELP {PREFIX}{name} {words}", f"# TYPE {PREFIX}{name} {kind}"))
            lines.extend(f"{PREFIX}{name}{labels} {value:.10g}" for labels, value in values.items())

        if lost is not None:
            age = self._reading.frame.age if self._reading else 0.0
            add("frames_total", "counter", "Frames of the camera that were read.", {"": self.frames})
            add("dropped_frames_total", "counter", "Frames left out, since newer ones were there.", {"": self._dropped})
            add("numbers_total", "counter", "Numbers that stood still.", {"": self._numbers})
            add("shown_pictures_total", "counter", "Pictures of it that viewers got.", {"": self.shown})
            stages = {f'{{stage="{stage}"}}': took for stage, took in self._stages.items()}
            add("stage_milliseconds_total", "counter", "Time that each stage took in all frames.", stages)
            add("frame_age_seconds", "gauge", "Age of the newest frame.", {"": age})
            add("camera_lost", "gauge", "1 while the camera gives no picture.", {"": float(lost)})
        add("viewers", "gauge", "Clients that watch the program's camera.", {"": self.viewers})
        add("visitors", "gauge", "Clients whose own camera is read.", {"": self.visitors})
        add("visitor_frames_total", "counter", "Frames of their cameras that were read.", {"": self.visitor_frames})
        add("pictures_total", "counter", "Pictures that were handed in and read.", {"": self.pictures})
        return "\n".join([*lines, ""])
