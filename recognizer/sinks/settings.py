"""What may be tuned about what is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SinkSettings:
    """Each with its unit."""

    usual_fps: int = 30  # frames a second where the source doesn't tell, and of photographs in a video
    fragment: float = 0.5  # seconds of video that are written in one piece: what a kill takes away at most
    encoder_preset: str = "veryfast"  # of x264: slower ones make smaller files
    encoder_quality: int = 21  # x264's rate factor, 0 to 51; less is better and larger


SETTINGS = SinkSettings()
