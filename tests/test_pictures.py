"""Still pictures of every kind, depth, orientation and number, by whatever name: each is read, or refused by name."""

import io
import pickle
import struct
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
from conftest import Run
from harness import errors, written
from numpy.typing import NDArray
from PIL import Image, ImageOps

from recognizer import Recognizer, SourceError
from recognizer.sources.files import Files
from recognizer.sources.images.kinds import RAW, other_kind, picture_kind
from recognizer.sources.images.picture import read_frames, read_picture

DIGITS, OTHERS = "2357", "4680"
READER = Recognizer()
pillow_heif.register_heif_opener()


def sheet(digits: str = DIGITS) -> NDArray[np.uint8]:
    """Digits in dark ink on white paper: (360, 640) uint8."""
    return (255 - 235 * written(digits)).round().astype(np.uint8)


def content_of(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def texts(content: bytes, name: str = "picture") -> list[str]:
    """What is read in each of the pictures of a file."""
    return ["".join(str(digit.label) for digit in READER.read(frame.tones).digits)
            for frame in read_frames(content, name)]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "GIF", "TGA", "PCX", "ICO",
                                  "SGI", "AVIF", "HEIF", "MPO"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_of_any_kind_is_read(kind: str, mode: str) -> None:
    picture = Image.fromarray(sheet()).convert(mode)
    if kind == "ICO":
        picture = picture.crop((192, 110, 448, 310))
    content = content_of(picture, kind)
    assert texts(content, "picture.tga" if kind == "TGA" else "picture") == [DIGITS]


def test_the_kind_is_told_by_the_content_not_by_the_name(run: Run, tmp_path: Path) -> None:
    picture = Image.fromarray(sheet())
    for name, kind in (("a.mp4", "HEIF"), ("b.jpg", "GIF"), ("c.png", "AVIF"), ("d", "WEBP"), ("e.avi", "TIFF")):
        (tmp_path / name).write_bytes(content_of(picture, kind))
    done = run("--source", ".", "--no-window", "--numbers")
    assert (done.returncode, errors(done), done.stdout.split()) == (0, [], 5 * [DIGITS])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_followed_in_every_kind(kind: str, orientation: int) -> None:
    back = {1: (), 2: (Image.Transpose.FLIP_LEFT_RIGHT,), 3: (Image.Transpose.ROTATE_180,),
            4: (Image.Transpose.FLIP_TOP_BOTTOM,), 5: (Image.Transpose.TRANSPOSE,), 6: (Image.Transpose.ROTATE_90,),
            7: (Image.Transpose.TRANSVERSE,), 8: (Image.Transpose.ROTATE_270,)}
    picture = Image.fromarray(sheet())
    for turn in back[orientation]:
        picture = picture.transpose(turn)
    exif = Image.Exif()
    exif[274] = orientation
    content = content_of(picture.convert("RGB"), kind, exif=exif)
    [frame] = read_frames(content, "picture")
    assert frame.size == (640, 360)
    assert texts(content) == [DIGITS]
    oracle = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("L")
    difference = cv2.absdiff(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY), np.asarray(oracle))
    assert difference.mean() < 2


@pytest.mark.parametrize(("kind", "dpi"), [("TIFF", (204, 98)), ("PNG", (100, 200)), ("JPEG", (200, 100))])
def test_pixels_that_are_not_square_are_made_so(kind: str, dpi: tuple[int, int]) -> None:
    ratio = dpi[0] / dpi[1]
    squeezed = cv2.resize(sheet(), (640, round(360 / ratio)) if ratio > 1 else (round(640 * ratio), 360),
                          interpolation=cv2.INTER_AREA)
    content = content_of(Image.fromarray(squeezed), kind, dpi=dpi)
    [frame] = read_frames(content, "picture")
    assert abs(frame.size[0] / frame.size[1] - 640 / 360) < 0.03
    assert texts(content) == [DIGITS]


def test_a_frame_is_told_in_a_line() -> None:
    [frame] = read_frames(content_of(Image.fromarray(sheet()), "JPEG"), "photograph")
    assert len(repr(frame)) < 1000
    again = asdict(frame)["picture"]
    np.testing.assert_array_equal(again.colours, frame.image)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_the_same_in_grey_and_in_colour(mode: str, orientation: int) -> None:
    tinted = cv2.applyColorMap(cv2.GaussianBlur(sheet(), (0, 0), 3), cv2.COLORMAP_BONE)
    exif = Image.Exif()
    exif[274] = orientation
    content = content_of(Image.fromarray(tinted).convert(mode), "JPEG", exif=exif, dpi=(100, 150), quality=95)
    [frame] = read_frames(content, "photograph")
    [moved] = [frame.turned(90, "h") for frame in read_frames(content, "photograph")]
    for one in (frame, moved, pickle.loads(pickle.dumps(frame))):
        assert (one.tones.ndim, one.image.ndim) == (2, 3)
        seen = cv2.cvtColor(one.image, cv2.COLOR_BGR2GRAY)
        assert seen.shape == one.tones.shape == one.size[::-1]
        assert cv2.absdiff(seen, one.tones).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dpi", [(100, 200), (200, 100)])
def test_oblong_pixels_of_a_photograph_that_is_turned_are_made_square(orientation: int, dpi: tuple[int, int]) -> None:
    lies = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that the orientation takes back
    picture = Image.fromarray(sheet())
    if orientation in lies:
        picture = picture.transpose(Image.Transpose(lies[orientation]))
    exif = Image.Exif()
    exif[274] = orientation
    picture = picture.resize((picture.width * dpi[0] // 200, picture.height * dpi[1] // 200))
    [frame] = read_frames(content_of(picture, "JPEG", exif=exif, dpi=dpi, quality=95), "photograph")
    assert frame.size == frame.image.shape[1::-1] == (640, 360)
    assert np.abs(frame.tones.astype(int) - sheet()).mean() < 5


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_values_of_fewer_bits_in_16_are_read(bits: int, kind: str, channels: int) -> None:
    deep = ((1 - 0.9 * written(DIGITS)) * (2**bits - 1)).astype(np.uint16)
    layers = [deep] * min(3, channels) + [np.full_like(deep, 65535)] * (channels == 4)
    content = cv2.imencode(kind, cv2.merge(layers) if channels > 1 else deep)[1].tobytes()
    assert texts(content) == [DIGITS]


def test_a_colour_that_stands_for_nothing() -> None:
    """As PC programs write grey pictures: two neighbouring tones, one of which is declared transparent."""
    ink = (written(DIGITS) > 0.5).astype(np.uint8)
    for low, high in ((0, 1), (0, 255), (10, 200)):
        grey = np.where(ink, low, high).astype(np.uint8)
        assert texts(content_of(Image.fromarray(grey), "PNG", transparency=high)) == [DIGITS]
    palette = Image.fromarray(sheet()).quantize(16)
    assert texts(content_of(palette, "PNG", transparency=int(np.asarray(palette)[0, 0]))) == [DIGITS]
    assert texts(content_of(palette, "GIF", transparency=int(np.asarray(palette)[0, 0]))) == [DIGITS]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "BMP", "TGA"])
def test_opacity_that_is_nought_all_over_is_none(kind: str) -> None:
    layers = np.dstack([sheet()] * 3 + [np.zeros((360, 640), np.uint8)])
    options = {"exact": True, "lossless": True} if kind == "WEBP" else {}
    assert texts(content_of(Image.fromarray(layers), kind, **options), "picture.tga") == [DIGITS]


def pages(lasts: int = 1000) -> tuple[Image.Image, dict[str, Any]]:
    first, *others = (Image.fromarray(sheet(digits)).convert("RGB") for digits in (DIGITS, OTHERS, DIGITS))
    return first, {"save_all": True, "append_images": others, "duration": lasts}


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "PNG", "GIF", "AVIF"])
def test_all_pages_and_slides_are_read(kind: str) -> None:
    first, options = pages()
    content = content_of(first, kind, **options)
    assert texts(content) == [DIGITS, OTHERS, DIGITS]
    frames = list(read_frames(content, "picture"))
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert all(frame.still for frame in frames)


@pytest.mark.parametrize("primary", [0, 1])
def test_all_pictures_of_a_heic_are_read_whichever_is_the_primary_one(primary: int) -> None:
    first, second = (Image.fromarray(sheet(digits)).convert("RGB") for digits in (DIGITS, OTHERS))
    content = content_of(first, "HEIF", save_all=True, append_images=[second], primary_index=primary)
    assert texts(content) == [DIGITS, OTHERS]


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "GIF"])
def test_a_quick_animation_is_a_video(kind: str) -> None:
    first, options = pages(lasts=100)
    frames = list(read_frames(content_of(first, kind, **options), "picture"))
    assert [round(frame.time, 2) for frame in frames] == [0, 0.1, 0.2]
    assert not any(frame.still for frame in frames)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "GIF"])
def test_slides_after_a_short_frame_are_told(kind: str) -> None:
    first, *others = (Image.fromarray(sheet(digits)).convert("RGB") for digits in ("9351", DIGITS, OTHERS))
    content = content_of(first, kind, save_all=True, append_images=others, duration=[100, 3000, 3000])
    told = [number.text for reading in READER.watch(Files([partial(read_frames, content, "picture")]))
            for number in reading.steady]
    assert told == [DIGITS, OTHERS]


def test_previews_in_a_tiff_are_no_pages() -> None:
    first, _ = pages()
    small = first.resize((64, 36))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    content = content_of(first, "TIFF", save_all=True, append_images=[small])
    assert [frame.size for frame in read_frames(content, "picture")] == [(640, 360)]


def dng(values: NDArray[np.uint16], thumbnail: NDArray[np.uint8]) -> bytes:
    """A raw photo: a thumbnail first, and what a sensor saw, uncompressed, behind it."""
    def directory(at: int, entries: list[tuple[int, int, int, bytes]]) -> bytes:
        head, tail = b"", b""
        beyond = at + 2 + 12 * len(entries) + 4
        for tag, kind, count, data in sorted(entries):
            if len(data) > 4:
                place = struct.pack("<I", beyond + len(tail))
                tail += data + b"\0" * (len(data) % 2)
            else:
                place = data.ljust(4, b"\0")
            head += struct.pack("<HHI", tag, kind, count) + place
        return struct.pack("<H", len(entries)) + head + bytes(4) + tail

    def short(*values: int) -> bytes:
        return struct.pack(f"<{len(values)}H", *values)

    def long(*values: int) -> bytes:
        return struct.pack(f"<{len(values)}I", *values)

    small, large = thumbnail.tobytes(), values.astype("<u2").tobytes()
    (th, tw), (h, w) = thumbnail.shape, values.shape
    identity = struct.pack("<18i", *[n for i in range(9) for n in (int(i % 4 == 0), 1)])
    start, sub = 8, 600
    first = directory(start, [
        (254, 4, 1, long(1)), (256, 4, 1, long(tw)), (257, 4, 1, long(th)), (258, 3, 1, short(8)),
        (259, 3, 1, short(1)), (262, 3, 1, short(1)), (271, 2, 5, b"Made\0"), (272, 2, 5, b"Here\0"),
        (273, 4, 1, long(1200)), (277, 3, 1, short(1)), (278, 4, 1, long(th)), (279, 4, 1, long(len(small))),
        (330, 4, 1, long(sub)),
        (50706, 1, 4, bytes([1, 4, 0, 0])), (50708, 2, 5, b"Here\0"), (50721, 10, 9, identity),
        (50728, 5, 3, long(1, 1, 1, 1, 1, 1)), (50778, 3, 1, short(21)),
    ])
    second = directory(sub, [
        (254, 4, 1, long(0)), (256, 4, 1, long(w)), (257, 4, 1, long(h)), (258, 3, 1, short(16)), (259, 3, 1, short(1)),
        (262, 3, 1, short(32803)), (273, 4, 1, long(1200 + len(small))), (277, 3, 1, short(1)), (278, 4, 1, long(h)),
        (279, 4, 1, long(len(large))), (33421, 3, 2, short(2, 2)), (33422, 1, 4, bytes([0, 1, 1, 2])),
        (50714, 3, 1, short(0)), (50717, 4, 1, long(65535)),
    ])
    head = (b"II*\0" + long(start) + first).ljust(sub, b"\0") + second
    assert len(head) <= 1200
    return head.ljust(1200, b"\0") + small + large


def test_a_raw_photo_is_read_whole_not_from_its_thumbnail() -> None:
    pytest.importorskip("rawpy")
    content = dng(np.multiply(sheet(), 250, dtype=np.uint16), cv2.resize(sheet(OTHERS), (160, 90)))
    assert picture_kind(content) == RAW
    assert texts(content) == [DIGITS]


def test_a_raw_photo_that_cannot_be_read_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "photo.tif").write_bytes(dng(np.zeros((360, 640), np.uint16), sheet(OTHERS)))
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(SourceError, match=r"photo.tif: a raw photo; .*rawpy"):
        read_picture(tmp_path / "photo.tif")


def test_without_its_package_heic_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    content = content_of(Image.fromarray(sheet()), "HEIF")
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(SourceError, match="HEIC pictures need the package pi-heif"):
        texts(content, "photo.heic")


@pytest.mark.parametrize(("content", "found"), [
    (b"%PDF-1.7\n", "a PDF document"), (b"8BPS\0\1", "a Photoshop picture"), (b"\xff\x0a\xfa\x1f", "a JPEG XL picture"),
    (b"<!DOCTYPE html><html>", "a web page"), (b'<?xml version="1.0"?>\n<svg xmlns="x">', "an SVG drawing"),
    (b"PK\3\4\0\0", "a ZIP archive"),
])
@pytest.mark.parametrize("name", ["thing.png", "thing.mp4", "thing"])
def test_what_is_no_picture_is_refused_by_its_kind(
    content: bytes, found: str, name: str, run: Run, tmp_path: Path
) -> None:
    assert str(other_kind(content)).startswith(found)
    (tmp_path / name).write_bytes(content.ljust(300, b" "))
    done = run("--source", name, "--no-window")
    assert done.returncode == 3
    [said] = errors(done)
    assert f"{name}: expected a picture or a video, found {found}" in said


@pytest.mark.parametrize("kind", ["GIF", "TGA", "PCX", "AVIF", "HEIF", "WEBP", "TIFF", "PNG"])
def test_a_cut_picture_is_never_read_as_an_empty_one(kind: str, run: Run, tmp_path: Path) -> None:
    name = f"cut.{kind.lower()}"
    content = content_of(Image.fromarray(sheet()), kind)
    (tmp_path / name).write_bytes(content[: len(content) // 3])
    done = run("--source", name, "--no-window")
    assert done.returncode == 3 or "damaged" in done.stderr, done.stderr
