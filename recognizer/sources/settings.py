"""What may be tuned about cameras, streams and files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceSettings:
    """Each with its unit."""

    # When a camera counts as lost, and how it is tried again.
    stale: float = 0.8  # seconds after which a picture is too old to show what is there now
    lost: float = 1.5  # seconds without a new picture after which the camera counts as lost
    first_pause: float = 0.1  # seconds between two attempts, doubled from one to the next
    longest_pause: float = 1.0  # seconds that this comes to at most
    longest_look: float = 0.25  # seconds between two looks at a picture that stays the same
    most_hanging: int = 8  # threads that hang, from which on the next one waits ever longer
    beat: float = 0.4  # seconds between two frames while the camera is lost
    farewell: float = 0.7  # seconds for which the threads are waited for at the end

    # How long opening may take, in seconds.
    patience: float = 5.0
    stream_patience: float = 5.0
    camera_patience: float = 15.0  # Windows takes long over some cameras

    address_patience: float = 10.0  # for an address to go on giving a file

    # Files.
    ahead: int = 24  # frames that may wait to be read, fewer where they are large: a full detection takes a while
    ahead_of_pipes: int = 2  # likewise of a pipe, which may be a camera's: what waits is old
    most_missing: float = 0.05  # share of a video's declared frames that may be missing before it counts as damaged
    late: float = 0.3  # seconds after a video's start at which its first frame comes, so that its beginning is lost
    longest_jpeg: int = 16_000_000  # bytes within which the second picture of a JPEG video begins
    most_pixels: int = 8192 * 4320  # of a video's frame: the largest that H.264 and its like know
    most_bytes: int = 450_000_000  # of a picture, as a file and as decoded, which takes twice that: 150 megapixels
    slate: int = 64  # tone of 256 that lies under transparent pictures with light ink
    least_stretch: float = 1.05  # of pixels, times as wide as high or the other way, from which on it is undone
    most_stretch: float = 4.0  # beyond which it is taken for a mistake
    slide: float = 0.4  # seconds that a frame of an animated picture stands, from which on it is a slide show
    usual_slide: float = 0.1  # seconds where it doesn't tell, as browsers take it
    strip: int = 64  # rows that are converted at a time, to save memory


SETTINGS = SourceSettings()
