"""The page in a real browser: the program's camera and the browser's own, what people do, and what goes wrong."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import CLIPS, ROOT, truth
from serving import Served, serving

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser,
              pytest.mark.skipif(not CHROMIUM, reason="needs Chromium ('apt install chromium' on Debian and Ubuntu)"),
              pytest.mark.filterwarnings("ignore::ResourceWarning")]
CLIP = CLIPS / "demo.mp4"
NUMBERS = {number["text"] for line in truth(CLIP) if line["steady"] for number in line["numbers"]}
SHOTS = ROOT / "runs" / "screenshots"  # git ignores it
PATIENCE = 60_000  # milliseconds
FLAGS = ["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PHONE, LAPTOP, PROJECTOR = (320, 640), (1280, 800), (1920, 1080)


@pytest.fixture(scope="module")
def camera_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip's first sheet as Chromium's fake camera takes it: Motion JPEG."""
    import cv2

    video, path = cv2.VideoCapture(str(CLIP)), tmp_path_factory.mktemp("camera") / "clip.mjpeg"
    with path.open("wb") as file:
        for _ in range(60):
            good, image = video.read()
            assert good
            file.write(cv2.imencode(".jpg", image)[1].tobytes())
    return path


@contextmanager
def browser(folder: Path, size: tuple[int, int] = LAPTOP, flags: list[str] | None = None, scheme: str = "light",
            expected: str = r"^$") -> Iterator[object]:
    """A Chromium of its own, whose pages may say nothing on their console but what is expected."""
    said: list[str] = []
    with playwright.sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            folder / "user", executable_path=CHROMIUM, args=[*FLAGS, *(flags or [])], headless=True,
            chromium_sandbox=False, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme,
            ignore_https_errors=True, accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
        context.on("weberror", lambda error: said.append(str(error.error)))
        try:
            yield context
        finally:
            context.close()
    assert [words for words in said if not re.search(expected, words)] == []


def shot(page: object, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def rows(page: object) -> object:
    return page.locator("#rows td.number")


def expect_numbers(page: object) -> None:
    """The page lists all numbers of the clip that stand still."""
    for text in NUMBERS:
        expect(rows(page).filter(has_text=re.compile(rf"^{re.escape(text)}$")).first).to_be_visible(timeout=PATIENCE)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving("--source", CLIP) as server:
        yield server


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (LAPTOP, "dark"), (PROJECTOR, "light")],
                         ids=["phone", "laptop", "projector"])
def test_the_programs_camera_is_shown_with_its_numbers(
    size: tuple[int, int], scheme: str, served: Served, tmp_path: Path
) -> None:
    with browser(tmp_path, size, scheme=scheme) as context:
        page = context.new_page()
        page.goto(served.url)
        expect_numbers(page)
        expect(page.locator("#state")).to_contain_text("frames a second")
        expect(page.locator("#canvas")).to_have_attribute("aria-label", re.compile("shows"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shot(page, f"program-{size[0]}-{scheme}")


def test_pause_snapshot_debug_view_and_table(served: Served, tmp_path: Path) -> None:
    with browser(tmp_path) as context:
        page = context.new_page()
        page.goto(served.url)
        expect_numbers(page)
        with page.expect_download() as table:
            page.get_by_role("button", name="Download as CSV").click()
        header, *lines = Path(table.value.path()).read_text().splitlines()
        assert header == "source,frame,time,text,confidence,x,y,w,h"
        assert {line.split(",")[3] for line in lines} >= NUMBERS
        with page.expect_download() as picture:
            page.keyboard.press("s")
        assert Path(picture.value.path()).read_bytes().startswith(b"\xff\xd8")
        height = page.evaluate("document.querySelector('canvas').height")
        page.keyboard.press("d")
        expect(page.get_by_role("button", name="Debug view")).to_have_attribute("aria-pressed", "true")
        page.wait_for_function("height => document.querySelector('canvas').height > height", arg=height)
        shot(page, "debug")
        page.get_by_role("button", name="Pause").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#state")).to_have_text("paused")
        page.keyboard.press("p")
        expect(page.locator("#state")).to_contain_text("frames a second")


def test_the_browsers_camera_is_read(served: Served, camera_clip: Path, tmp_path: Path) -> None:
    with browser(tmp_path, PHONE, [*FAKE, f"--use-file-for-fake-video-capture={camera_clip}"]) as context:
        page = context.new_page()
        page.goto(served.url)
        page.get_by_role("button", name="My camera").click()
        page.get_by_role("button", name="Use my camera").click()
        for text in ("2026", "731"):
            expect(rows(page).filter(has_text=text).first).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#state")).to_contain_text("ms from sending")
        corner = "[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1).data]"
        assert page.evaluate(corner) == [0, 0, 0, 0]  # the video is seen through it
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shot(page, "browser-320")
        page.get_by_role("button", name="Stop my camera").click()
        expect(page.locator("#message")).to_have_text("Your camera is off.")


def test_a_camera_that_is_denied_is_told_in_plain_words(served: Served, tmp_path: Path) -> None:
    flags = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    with browser(tmp_path, PHONE, flags) as context:
        page = context.new_page()
        page.goto(served.url)
        page.get_by_role("button", name="My camera").click()
        page.get_by_role("button", name="Use my camera").click()
        expect(page.locator("#message")).to_contain_text("was not allowed")
        shot(page, "denied")


def test_no_camera_is_told_in_plain_words(served: Served, tmp_path: Path) -> None:
    with browser(tmp_path, PHONE, ["--use-fake-device-for-media-stream=device-count=0", FAKE[1]]) as context:
        page = context.new_page()
        page.goto(served.url)
        page.get_by_role("button", name="My camera").click()
        page.get_by_role("button", name="Use my camera").click()
        expect(page.locator("#message")).to_contain_text("No camera was found")


def test_a_camera_that_another_program_has_is_told_in_plain_words(served: Served, tmp_path: Path) -> None:
    with browser(tmp_path, PHONE) as context:
        page = context.new_page()
        page.add_init_script("navigator.mediaDevices.getUserMedia = async () => {"
                             " throw new DOMException('in use', 'NotReadableError'); }")  # as browsers say it
        page.goto(served.url)
        page.get_by_role("button", name="My camera").click()
        page.get_by_role("button", name="Use my camera").click()
        expect(page.locator("#message")).to_contain_text("in use by another program")


def test_a_page_that_is_not_secure_says_so(tmp_path: Path) -> None:
    with serving("--host", "0.0.0.0", "--token", "abcdef") as server, browser(
            tmp_path, PHONE, ["--host-resolver-rules=MAP recognizer.test 127.0.0.1"],
            expected="Cross-Origin-Opener-Policy") as context:
        page = context.new_page()
        page.goto(f"http://recognizer.test:{server.port}/?token=abcdef")
        assert "token" not in page.url
        page.get_by_role("button", name="Use my camera").click()
        expect(page.locator("#message")).to_contain_text("--tls")


def test_a_server_that_is_killed_and_back_is_found_again(tmp_path: Path) -> None:
    with browser(tmp_path, expected="ERR_|WebSocket|Failed to load") as context:
        with serving("--source", CLIP) as server:
            page = context.new_page()
            page.goto(server.url)
            expect(page.locator("#state")).to_contain_text("frames a second")
            server.program.kill()
            expect(page.locator("#message")).to_contain_text("doesn’t answer")
        with serving("--source", CLIP, "--port", str(server.port)):
            expect(page.locator("#message")).to_be_empty()
            expect(page.locator("#state")).to_contain_text("frames a second")
            expect_numbers(page)


def test_two_viewers_see_the_same(served: Served, tmp_path: Path) -> None:
    with browser(tmp_path / "one") as context:
        pages = [context.new_page() for _ in range(2)]
        for page in pages:
            page.goto(served.url)
        for page in pages:
            expect_numbers(page)


def test_the_page_is_named_for_those_who_hear_it(served: Served, tmp_path: Path) -> None:
    with browser(tmp_path) as context:
        page = context.new_page()
        page.goto(served.url)
        expect_numbers(page)
        assert page.locator("html").get_attribute("lang") == "en"
        expect(page.locator("#said")).to_have_attribute("aria-live", "polite")
        expect(page.get_by_role("region", name="List of numbers")).to_be_visible()
        unnamed = page.evaluate(
            "[...document.querySelectorAll('button, select')].filter(e => !(e.textContent.trim() || e.labels?.length)"
            ").map(e => e.id)")
        assert unnamed == []
        reached = set()
        for _ in range(8):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert reached >= {"way-program", "way-browser", "pause", "snapshot", "debug", "csv", "list"}


def test_the_colours_differ_enough_in_light_and_dark(served: Served, tmp_path: Path) -> None:
    for scheme in ("light", "dark"):
        with browser(tmp_path / scheme, scheme=scheme) as context:
            page = context.new_page()
            page.goto(served.url)
            for words, ground in (("ink", "ground"), ("ink", "plate"), ("soft", "ground"), ("soft", "plate"),
                                  ("on-mark", "mark")):
                colours = [page.evaluate("name => getComputedStyle(document.documentElement).getPropertyValue(name)",
                                         f"--{name}") for name in (words, ground)]
                assert contrast(*colours) >= 4.5, (scheme, words, ground)


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminance, as the Web Content Accessibility Guidelines (2.2) define it."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour.strip()[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_it_is_a_chromium() -> None:
    assert "Chrom" in subprocess.run([str(CHROMIUM), "--version"], capture_output=True, text=True, check=True).stdout
