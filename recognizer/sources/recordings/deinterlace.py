"""Makes one picture of the two fields of an interlaced frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


def deinterlaced(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Frames whose two fields, taken one after the other, are made one picture; from the first that has two on."""
    filter_: Any = None
    form = None
    for frame in frames:
        if filter_ is None and not frame.interlaced_frame:
            yield frame
            continue
        if form != (frame.width, frame.height, frame.format.name):
            yield from _rest(filter_)
            filter_, form = _deinterlacer(frame), (frame.width, frame.height, frame.format.name)
        filter_.push(frame)
        yield from _ready(filter_)
    yield from _rest(filter_)


def _deinterlacer(frame: VideoFrame) -> Any:
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    woven = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    graph.link_nodes(source, woven, graph.add("buffersink")).configure()
    return graph


def _rest(graph: Any) -> Iterator[VideoFrame]:
    if graph is not None:
        graph.push(None)
        yield from _ready(graph)


def _ready(graph: Any) -> Iterator[VideoFrame]:
    import av

    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
