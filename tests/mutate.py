"""Damages the fixtures and reads them: python tests/mutate.py SEED COUNT FOLDER

Prints a JSON object for each damaged file, what it was and what came of it, with its processor time. One that hangs
ends the process. Every picture is read; a video is decoded whole, and each 25th of its frames read.
"""

import faulthandler
import io
import json
import resource
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recognizer import Recognizer, RecognizerError
from recognizer.sources.base import open_source

pillow_heif.register_heif_opener()
ROOT = Path(__file__).resolve().parent.parent
FIXTURES = sorted(p for p in (ROOT / "fixtures").glob("*/*") if p.suffix in {".jpg", ".png", ".mp4", ".avi"})
OTHER_KINDS = (".bmp", ".webp", ".tiff", ".ppm", ".jp2")  # made of one of the pictures by OpenCV
BY_PILLOW = {".heic": "HEIF", ".avif": "AVIF", ".gif": "GIF", ".tga": "TGA", ".pcx": "PCX", ".apng": "PNG"}
PAGES = {".gif", ".apng", ".avif"}  # of these two
LIMIT = 60  # seconds on the clock that one frame may take, on a machine that may be busy
EACH = 25  # of a video's frames, one of so many is read


def sources() -> dict[str, bytes]:
    """The fixtures by name, and one of the pictures in the formats that are not among them."""
    found = {path.name: path.read_bytes() for path in FIXTURES}
    picture = cv2.imread(str(ROOT / "fixtures" / "pictures" / "tiny.png"))
    image = Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    for kind, form in BY_PILLOW.items():
        file, more = io.BytesIO(), {"save_all": True, "append_images": [image]} if kind in PAGES else {}
        image.save(file, form, **more)
        found[f"tiny{kind}"] = file.getvalue()
    file = io.BytesIO()
    image.save(file, "TIFF", save_all=True, append_images=[image], compression="tiff_deflate")
    found["pages.tiff"] = file.getvalue()
    return found | {f"tiny{kind}": cv2.imencode(kind, picture)[1].tobytes() for kind in OTHER_KINDS}


def truncate(data: bytearray, rng: np.random.Generator) -> None:
    del data[rng.integers(len(data)) :]


def flip(data: bytearray, rng: np.random.Generator) -> None:
    for place in rng.integers(len(data), size=rng.integers(1, 100)):
        data[place] ^= 1 << int(rng.integers(8))


def flip_in_the_head(data: bytearray, rng: np.random.Generator) -> None:
    for place in rng.integers(min(len(data), 256), size=rng.integers(1, 8)):
        data[place] ^= 1 << int(rng.integers(8))


def blank(data: bytearray, rng: np.random.Generator) -> None:
    start, length = int(rng.integers(len(data))), int(2 ** rng.uniform(0, 16))
    data[start : start + length] = bytes(len(data[start : start + length]))


def scramble(data: bytearray, rng: np.random.Generator) -> None:
    start, length = int(rng.integers(len(data))), int(2 ** rng.uniform(0, 12))
    data[start : start + length] = rng.bytes(len(data[start : start + length]))


def repeat(data: bytearray, rng: np.random.Generator) -> None:
    start, length = int(rng.integers(len(data))), int(2 ** rng.uniform(0, 16))
    data[start:start] = data[start : start + length] * int(rng.integers(1, 20))


def enlarge(data: bytearray, rng: np.random.Generator) -> None:
    """Make the sizes that the head declares absurd: numbers that look like a side get another value."""
    for form in (">I", "<I", ">H", "<H"):
        width = struct.calcsize(form)
        for place in range(min(len(data), 4096) - width):
            if struct.unpack_from(form, data, place)[0] in SIDES and rng.random() < 0.7:
                struct.pack_into(form, data, place, int(rng.integers(2 ** (8 * width - 1))))


SIDES = {150, 200, 480, 640, 720, 960, 1080, 1280, 1600, 1920}
MUTATIONS = (truncate, flip, flip_in_the_head, blank, scramble, repeat, enlarge)


def read(path: Path, recognizer: Recognizer) -> tuple[int, str]:
    """Frames that came, and the error that ended them, if one did."""
    frames = 0
    try:
        with open_source(path) as source:
            for frame in source:
                faulthandler.dump_traceback_later(LIMIT, exit=True)
                if frames % EACH == 0:
                    recognizer.read(frame.image)
                frames += 1
    except RecognizerError as error:
        return frames, str(error)
    return frames, ""


def peak() -> float:
    """The most memory that this process had, in megabytes; getrusage would tell its parent's, where that had more.

    Where the system can, it counts from the last call on.
    """
    about = Path("/proc/self/status")
    if about.exists():
        most = next(int(line.split()[1]) for line in about.read_text().splitlines() if line.startswith("VmHWM"))
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        return most / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main(seed: int, count: int, folder: Path) -> None:
    contents, recognizer = list(sources().items()), Recognizer()
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        name, whole = contents[rng.integers(len(contents))]
        mutation = MUTATIONS[rng.integers(len(MUTATIONS))]
        data = bytearray(whole)
        mutation(data, rng)
        wrong = rng.random() < 0.05
        path = folder / f"damaged{Path(contents[rng.integers(len(contents))][0] if wrong else name).suffix}"
        path.write_bytes(data)
        faulthandler.dump_traceback_later(LIMIT, exit=True)
        start = time.process_time()
        frames, error = read(path, recognizer)
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps({
            "number": number, "name": name, "mutation": mutation.__name__, "frames": frames, "error": error,
            "seconds": time.process_time() - start, "peak": peak(),
        }), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
