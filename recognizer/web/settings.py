"""What may be tuned about the page's server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WebSettings:
    """Each with its unit."""

    # The program's camera.
    jpeg_quality: int = 80  # of the pictures that viewers get, 0 to 100
    remembered: int = 500  # numbers that a viewer who comes late still gets
    waiting: int = 256  # events that may wait for a program that reads them slowly; the oldest are dropped
    silent: float = 5.0  # seconds without a frame after which the camera counts as lost for whoever watches the server

    # A file instead of a camera.
    still: float = 3.0  # seconds that a photograph is shown
    beat: float = 0.2  # seconds between two frames of a photograph, and between two looks at the clock
    late: float = 0.3  # seconds that a frame may be late before it is dropped

    # What clients may send.
    most_bytes: int = 8_000_000  # of a picture, as it is sent
    most_pixels: int = 40_000_000  # of a picture that is handed in
    most_frame_pixels: int = 1920 * 1088  # of a frame of a visitor's camera; one is not to take the others' time
    most_pictures: int = 8  # that may wait to be read
    patience: float = 20.0  # seconds for a picture to come in

    # Clients.
    clients: int = 100  # requests and streams at once
    head: float = 10.0  # seconds for a request's head to come in, and before it for agreeing on TLS
    stalled: float = 8.0  # seconds for which a client may read nothing while something waits for it
    idle: int = 5  # seconds for which a connection without a request stays open
    ping: float = 15.0  # seconds between two questions whether a viewer is still there, and for the answer
    buffer: int = 262_144  # bytes of a client's picture that may lie in the system: what does is late

    # The end.
    farewell: float = 1.2  # seconds for clients to be sent away


SETTINGS = WebSettings()
