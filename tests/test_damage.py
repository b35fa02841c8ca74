"""Files that lie: damaged, cut, endless, of absurd sizes."""

import json
import os
import struct
import subprocess
import sys
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import Run
from harness import CLIPS, PICTURES, ROOT, environment, errors

from recognizer import SourceError
from recognizer.sources.images.header import picture_size
from recognizer.sources.images.picture import read_picture
from recognizer.sources.settings import SETTINGS

SOURCE = 3
MOST_SECONDS, MOST_MEMORY = 10, 1500  # of processor time for one file; megabytes
WORKERS = os.cpu_count() or 1


def mutated(seed: int, count: int, folder: Path) -> list[dict[str, Any]]:
    """What became of so many damaged fixtures, read in a process of its own."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "mutate.py", str(seed), str(count), folder], text=True, capture_output=True,
        env=environment() | {"OPENCV_LOG_LEVEL": "OFF", "OPENCV_FFMPEG_LOGLEVEL": "-8"}, check=False,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(results: list[dict[str, Any]], count: int) -> None:
    assert len(results) == count
    assert max(result["seconds"] for result in results) <= MOST_SECONDS
    assert max(result["peak"] for result in results) <= MOST_MEMORY
    assert all("\n" not in result["error"] for result in results)
    assert any(result["error"] and not result["frames"] for result in results)


def test_damaged_fixtures(tmp_path: Path) -> None:
    check(mutated(0, 40, tmp_path / "some"), 40)


@pytest.mark.stress
def test_thousands_of_damaged_fixtures(tmp_path: Path) -> None:
    count = int(os.environ.get("MUTATIONS", "10000")) // WORKERS
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(mutated, 1 + seed, count, tmp_path / str(seed)) for seed in range(WORKERS)]
    results = [result for job in jobs for result in job.result()]
    came = Counter("whole" if not r["error"] else "fewer" if r["frames"] else "refused" for r in results)
    slowest = max(results, key=lambda result: result["seconds"])
    largest = max(results, key=lambda result: result["peak"])
    print(f"\n{len(results)} damaged files: {dict(came)}; slowest {slowest['seconds']:.1f} s of processor time "
          f"({slowest['name']}, {slowest['mutation']}), most memory {largest['peak']:.0f} MB ({largest['name']}, "
          f"{largest['mutation']})")
    check(results, WORKERS * count)


@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm", ".pgm", ".pbm", ".jp2"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_header_tells_the_size(kind: str, depth: type[np.generic]) -> None:
    if depth is np.uint16 and kind not in (".png", ".tiff", ".ppm", ".jp2"):
        pytest.skip("this format has eight bits only")
    picture = np.random.default_rng(1).integers(0, 256, (37, 53, 3)).astype(depth)
    if depth is np.uint16:
        picture *= 257
    content = cv2.imencode(kind, picture[..., 0] if kind in (".pgm", ".pbm") else picture)[1].tobytes()
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    size = picture_size(content)
    assert size is not None
    assert (size.height, size.width) == decoded.shape[:2]
    assert size.bytes >= decoded.nbytes
    for length in range(0, len(content), 7):
        picture_size(content[:length])  # never raises, however short


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_tiff_that_is_not_compressed_tells_its_size(depth: type[np.generic]) -> None:
    """Its directory comes after the pixels, further on than 16 bits tell."""
    picture = np.full((300, 400, 3), 60, depth)
    content = cv2.imencode(".tiff", picture, [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1].tobytes()
    size = picture_size(content)
    assert size is not None
    assert (size.height, size.width, size.depth) == (300, 400, 3 * picture.itemsize)


def png(width: int, height: int) -> bytes:
    """A small file that declares a large picture, all black."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png(60000, 30000))
    with pytest.raises(SourceError, match="up to 150 megapixels of 3 bytes each, found 60000×30000"):
        read_picture(tmp_path / "bomb.png")


PEAK = """
import re, sys
from recognizer import Recognizer
[reading] = Recognizer().watch(sys.argv[1])
print(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1], len(reading.digits))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
@pytest.mark.parametrize(("kind", "channels"), [(".jpg", 3), (".png", 4)])
def test_the_largest_picture_takes_less_memory_than_is_promised(kind: str, channels: int, tmp_path: Path) -> None:
    width = 16_000
    height = SETTINGS.most_bytes // channels // width
    picture = np.full((height, width, channels), 254, np.uint8)  # a little transparent
    tiny = cv2.imread(str(PICTURES / "tiny.png"))
    picture[:4500, :6000, :3] = cv2.resize(tiny, (6000, 4500))
    assert cv2.imwrite(str(tmp_path / f"large{kind}"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    done = subprocess.run([sys.executable, "-c", PEAK, tmp_path / f"large{kind}"], env=environment(), check=True,
                          capture_output=True, text=True)
    peak, digits = map(int, done.stdout.split())
    print(f"\n{kind}: {peak / 1000:.0f} MB")
    assert digits == 1
    assert peak / 1000 <= MOST_MEMORY


def test_a_video_of_absurd_size_is_refused_before_it_is_decoded(run: Run, tmp_path: Path) -> None:
    video = cv2.VideoWriter(str(tmp_path / "absurd.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 30, (10000, 4000))
    video.write(np.zeros((4000, 10000, 3), np.uint8))
    video.release()
    done = run("--source", "absurd.avi", "--no-window", "--events", "-")
    assert (done.returncode, done.stdout) == (SOURCE, "")
    assert "at most 8192×4320 pixels, found 10000×4000" in errors(done)[0]


def test_a_file_without_end(tmp_path: Path) -> None:
    with (tmp_path / "endless.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(2**40)  # of zeros that take no space
    with pytest.raises(SourceError, match="file of up to 450 MB"):
        read_picture(tmp_path / "endless.png")


def test_a_damaged_photograph_is_read_as_far_as_it_goes_and_told(run: Run, tmp_path: Path) -> None:
    content = bytearray((PICTURES / "note.jpg").read_bytes())
    place = len(content) * 3 // 4
    content[place : place + 200] = bytes(200)
    (tmp_path / "spoilt.jpg").write_bytes(content)
    done = run("--source", "spoilt.jpg", "--no-window", "--events", "-")
    assert done.returncode == 0
    [said] = errors(done)
    assert "spoilt.jpg: damaged, and read as far as it goes" in said
    assert json.loads(done.stdout)["digits"]


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
def test_a_name_that_is_not_unicode(run: Run, tmp_path: Path) -> None:
    for kind, source in ((".png", PICTURES / "tiny.png"), (".avi", CLIPS / "dim.avi")):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9" + kind.encode())).write_bytes(source.read_bytes())
    done = run("--source", ".", "--no-window", "--events", "e.jsonl", "--csv", "e.csv")
    assert (done.returncode, errors(done)) == (0, [])
    events = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {event["source"] for event in events} == {"caf\\xe9.png", "caf\\xe9.avi"}
    assert (tmp_path / "e.csv").read_text(encoding="utf-8").count("caf\\xe9.png") == 1
