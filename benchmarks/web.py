"""python -m benchmarks.web: what the page costs: viewers, visitors' cameras, connections. Ratios are within one run."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import cv2
from websockets.sync.client import connect

from benchmarks.frames import decode
from benchmarks.measure import ROOT, alternate, parser, print_table
from benchmarks.stages import CLIPS
from recognizer import Recognizer
from recognizer.web.address import make_address
from recognizer.web.hub import encoded
from recognizer.web.server import WebServer

LARGE, SMALL = CLIPS / "demo.mp4", CLIPS / "lined.mp4"  # 1280×720 and 640×480
VIEWERS, VISITORS = 8, 24
VIEWER = """
import sys
from websockets.sync.client import connect
with connect(sys.argv[1], max_size=None) as server:
    print("here", flush=True)
    while True:
        server.send("labelled")
        server.recv()
"""


@dataclass(frozen=True)
class Server:
    """The program as a server of its own."""

    process: subprocess.Popen[str]
    port: int

    @property
    def processor(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def state(self) -> tuple[float, int, int]:
        """MB of resident memory, threads, open files."""
        folder = Path(f"/proc/{self.process.pid}")
        resident = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        return resident, len(os.listdir(folder / "task")), len(os.listdir(folder / "fd"))

    def get(self, path: str) -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port)) as client:
            client.request("GET", path)
            return client.getresponse().read().decode(errors="replace")

    def counted(self, name: str) -> int:
        """A counter of the server's metrics."""
        return int(float(self.get("/metrics").split(f"\ndigit_recognizer_{name}_total ")[1].split()[0]))


@contextmanager
def serving(*args: str) -> Iterator[Server]:
    process = subprocess.Popen([sys.executable, "-m", "recognizer", "serve", "--port", "0", *args], cwd=ROOT,
                               stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        yield Server(process, int(process.stderr.readline().rstrip("/\n").rsplit(":")[-1]))
    finally:
        process.kill()
        process.communicate()


@contextmanager
def viewers(port: int, count: int) -> Iterator[None]:
    """So many who watch as fast as they can, each in a process of its own."""
    with ExitStack() as stack:
        for _ in range(count):
            viewer = subprocess.Popen([sys.executable, "-c", VIEWER, f"ws://127.0.0.1:{port}/live"],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            stack.callback(viewer.wait)
            stack.callback(viewer.kill)
            assert viewer.stdout
            viewer.stdout.readline()
        yield


def main() -> None:
    args = parser(__doc__, rounds=3)
    args.add_argument("--seconds", type=float, default=6.0, metavar="S", help="of each measurement (default: 6)")
    args.add_argument("--connections", type=int, default=10_000, metavar="N", help="opened and closed (default: 10000)")
    given = args.parse_args()
    rows = [_viewers(given.rounds, given.seconds), _one_viewer(given.rounds), *_browser(given.rounds, given.seconds),
            _fair(given.seconds), *_connections(given.connections)]
    print_table(rows, "Medians of the rounds, in turn.", ("what", "measured", "bar"))


def _viewers(rounds: int, seconds: float) -> tuple[str, ...]:
    with serving("--source", str(LARGE)) as server:

        def cost(count: int) -> tuple[float, float]:
            """Processor time a frame, and pictures a frame that each viewer got."""
            with viewers(server.port, count):
                frames, shown, processor = server.counted("frames"), server.counted("shown_pictures"), server.processor
                time.sleep(seconds)
                frames = server.counted("frames") - frames
                return ((server.processor - processor) / frames,
                        (server.counted("shown_pictures") - shown) / frames / count)

        eight, one = alternate(rounds, lambda: cost(VIEWERS), lambda: cost(1))
    ratio = median(a / b for (a, _), (b, _) in zip(eight, one, strict=True))
    got = " and ".join(f"{median(share for _, share in side):.2f}" for side in (eight, one))
    return (f"{VIEWERS} viewers of one camera against one, processor time a frame (each gets {got} of the frames)",
            f"{ratio:.2f}", "≤ 1.5")


def _one_viewer(rounds: int) -> tuple[str, ...]:
    """Reading a file as fast as it can be, with one viewer and with none, over encoding one frame."""
    recognizer = Recognizer()
    address = make_address("127.0.0.1", None, secure=False)

    def alone() -> float:
        start, frames = time.perf_counter(), 0
        with closing(recognizer.watch(LARGE)) as readings:
            for _ in readings:
                frames += 1
        return (time.perf_counter() - start) / frames

    def served() -> float:
        with WebServer(address, 0, Recognizer, "clip") as server, viewers(urlsplit(server.url).port or 0, 1):
            start, frames = time.perf_counter(), 0
            with closing(recognizer.watch(LARGE)) as readings:
                for reading in readings:
                    server.write(reading)
                    frames += 1
            return (time.perf_counter() - start) / frames

    def encoding() -> float:
        with closing(recognizer.watch(LARGE)) as readings:
            taken = list(islice(readings, 20))
        start = time.perf_counter()
        for reading in taken:
            encoded(reading)
        return (time.perf_counter() - start) / len(taken)

    times = alternate(rounds, served, alone, encoding)
    more = median((a - b) / c for a, b, c in zip(*times, strict=True))
    return "1280×720: one viewer more than none, wall time a frame, in drawing and encoding one", f"{more:.2f}", "≤ 1.0"


def _browser(rounds: int, seconds: float) -> Iterator[tuple[str, ...]]:
    what = "a browser's camera, 640×480: sending to the drawn answer, more than reading that same frame, median, ms"
    jpegs = [cv2.imencode(".jpg", image)[1].tobytes() for image in islice(decode(SMALL), 60)]
    with serving() as server, connect(f"ws://127.0.0.1:{server.port}/camera", max_size=None) as client:

        def plain() -> float:
            more = []
            for jpeg in jpegs:
                start = time.perf_counter()
                client.send(jpeg)
                reading = json.loads(client.recv())["milliseconds"]
                more.append(1000 * (time.perf_counter() - start) - reading)
            return median(more)

        [more] = alternate(rounds, plain)
        yield "the same as the next, a program instead of a browser", f"{median(more):.1f}", "–"
        chromium = shutil.which("chromium")
        if not chromium:
            yield what, "skipped: no Chromium here", "≤ 10"
            return
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "clip.mjpeg"
            clip.write_bytes(b"".join(jpegs))
            [more] = alternate(rounds, lambda: _chromium(chromium, server, clip, seconds))
            yield what, f"{median(more):.1f}", "≤ 10"


def _chromium(chromium: str, server: Server, clip: Path, seconds: float) -> float:
    """The median of what the page measures less what the server took for reading, milliseconds."""
    from playwright.sync_api import sync_playwright

    flags = ["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
             "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={clip}"]
    with sync_playwright() as play, tempfile.TemporaryDirectory() as user:
        context = play.chromium.launch_persistent_context(user, executable_path=chromium, args=flags, headless=True,
                                                          chromium_sandbox=False)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.get_by_role("button", name="Use my camera").click()
        page.wait_for_function("() => document.querySelector('canvas').dataset.count > 20", timeout=120_000)
        page.evaluate("""() => {
          window.more = [];
          const { dataset } = document.querySelector('canvas');
          new MutationObserver(() => more.push(dataset.took - dataset.reading))
            .observe(document.querySelector('canvas'), { attributeFilter: ['data-count'] });
        }""")
        page.wait_for_timeout(1000 * seconds)
        more = page.evaluate("more")
        context.close()
    return median(more)


def _fair(seconds: float) -> tuple[str, ...]:
    """Frames of the visitor who got most over those of the one who got least."""
    jpegs = [cv2.imencode(".jpg", image)[1].tobytes() for image in islice(decode(SMALL), 60)]
    counts = [0] * VISITORS
    begun, over = threading.Barrier(VISITORS + 1), threading.Event()

    def visit(place: int, port: int) -> None:
        with connect(f"ws://127.0.0.1:{port}/camera", max_size=None) as client:
            begun.wait()
            for jpeg in cycle(jpegs):
                client.send(jpeg)
                client.recv()
                if over.is_set():
                    return
                counts[place] += 1

    with serving() as server:
        threads = [threading.Thread(target=visit, args=(place, server.port)) for place in range(VISITORS)]
        for thread in threads:
            thread.start()
        begun.wait()
        time.sleep(2 * seconds)
        over.set()
        for thread in threads:
            thread.join()
    return (f"{VISITORS} browsers' cameras at once, frames of the fastest over those of the slowest",
            f"{max(counts) / max(1, min(counts)):.2f}", "≤ 1.5")


def _connections(count: int) -> Iterator[tuple[str, ...]]:
    """The server's state after a tenth of so many connections, and at the end."""
    with serving("--source", str(SMALL)) as server:
        states = []
        for number in range(1, count + 1):
            if number % 4:
                server.get("/" if number % 2 else "/snapshot.jpg")
            else:
                with connect(f"ws://127.0.0.1:{server.port}/live", max_size=None) as client:
                    client.send("labelled")
                    client.recv()
            if number in (max(1, count // 10), count):
                time.sleep(1)  # for what was closed to be gone
                states.append(server.state)
    first, last = states[0], states[-1]
    yield (f"{count} connections opened and closed: memory after a tenth and at the end, MB",
           f"{first[0]:.0f}, {last[0]:.0f}", "equal")
    yield ("the same: threads and open files", f"{first[1]} and {first[2]}, {last[1]} and {last[2]}", "equal")


if __name__ == "__main__":
    main()
