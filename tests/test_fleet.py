"""Several cameras in one command: what the file may say, and that each process is looked after."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import Run
from harness import PATIENCE, PICTURES, command, environment, errors, lines

from recognizer.fleet.config import Member, read_config

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")


def config(folder: Path, text: str) -> Path:
    path = folder / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_a_call_of_the_program(tmp_path: Path) -> None:
    path = config(tmp_path, r"""
        [defaults]
        no_window = true
        mqtt = "mqtt://broker/hall/{name}"
        every = 2
        [camera.door]
        camera = 0
        every = 1
        signs = false
        [camera."the yard"]
        source = "rtsp://host/live"
        roi = ["1,2,3,4", "10%,20%,50%,30%"]
        expect = '-\d{5}'
        threshold = 0.5
    """)
    assert read_config(path) == [
        Member("door", ("--no-window", "--mqtt=mqtt://broker/hall/door", "--every=1", "--camera=0")),
        Member("the yard", ("--no-window", "--mqtt=mqtt://broker/hall/the yard", "--every=2",
                            "--source=rtsp://host/live", "--roi=1,2,3,4", "--roi=10%,20%,50%,30%", r"--expect=-\d{5}",
                            "--threshold=0.5"))]


@pytest.mark.parametrize(("text", "words"), [
    ("", "expected a table [camera.NAME]"),
    ("[camera]", "expected a table [camera.NAME]"),
    ("camera = 0", "expected a table [camera.NAME]"),
    ("camera = 3", "expected a table [camera.NAME]"),
    ("[[camera]]\ncamera = 0", "expected a table [camera.NAME]"),
    (f"a = {5000 * '['}{5000 * ']'}", "too deep"),
    (f"# {1_000_000 * 'x'}", "expected a TOML file of up to 1 MB"),
    ("[camera.door]\nsource = 'a.mp4'\nevents = \"e\\u0000.jsonl\"", "camera door: expected text for events without"),
    ("[camera.\"do\\u0000or\"]\nsource = '{name}.mp4'", "camera do\\x00or: expected text for source without"),
    (f"[camera.door]\nsource = 'a.mp4'\nevery = 0x{4000 * 'f'}", "camera door: expected a whole number of up to"),
    ("[defaults]\nevents = 'e.jsonl'\n[camera.a]\ncamera = 0\n[camera.b]\ncamera = 1",
     "camera b: camera a writes e.jsonl, too; write {name} into events"),
    ("[camera.a]\ncamera = 0\ncsv = 'n'\n[camera.b]\ncamera = 1\nevents = './n'", "camera a writes ./n, too"),
    ("[camera.a]\ncamera = 0\nsave = 'seen/'\n[camera.b]\ncamera = 1\nsave = 'seen'", "camera a writes seen, too"),
    ("[cameras.door]\ncamera = 0", "found cameras"),
    ("[camera.door\n", "expected TOML"),
    ("[camera.door]\ncamera = {a = 1}", "camera door: expected text, a number"),
    ("[camera.door]\nsauce = 'a.mp4'", "camera door: no flag is called --sauce; the nearest is --source"),
    ("[camera.door]\nevery = 'often'", "camera door: argument --every: expected a whole number"),
    ("[camera.door]\nsigns = true", "camera door: expected camera or source, found neither"),
    ("[camera.door]\ncamera = 0\nwindow = true", "camera door: window is for one camera alone"),
    ("[camera.door]\ncamera = 0\nevents = '-'", "camera door: events is for one camera alone"),
    ("[camera.door]\nsource = '-'", "camera door: source is for one camera alone"),
    ("[camera.door]\ncamera = 0\nmqtt = 'mqtt://u:s3cret@h/t'", "camera door: --mqtt: expected an address without"),
    ("[defaults]\nmqtt = 'mqtt://h/t'\n[camera.a]\ncamera = 0\n[camera.b]\ncamera = 1",
     "camera b: camera a tells its numbers to mqtt://h/t, too; write {name}"),
], ids=lambda text: text.replace("\n", " ")[:40])
def test_what_cannot_be_meant_is_one_line_before_anything_starts(
    text: str, words: str, run: Run, tmp_path: Path
) -> None:
    done = run("--config", config(tmp_path, text))
    assert (done.returncode, done.stdout) == (2, "")
    [said] = errors(done)
    assert words in said
    assert "s3cret" not in said


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_file_without_end_is_refused(run: Run) -> None:
    done = run("--config", "/dev/zero")
    assert done.returncode == 2
    assert "--config /dev/zero: expected a TOML file of up to 1 MB" in errors(done)[0]


def test_no_camera_writes_over_its_source(run: Run, tmp_path: Path) -> None:
    kept = shutil.copy(PICTURES / "tiny.png", tmp_path)
    done = run("--config", config(tmp_path, "[camera.a]\nsource = '[t]iny.png'\nevents = 'tiny.png'"))
    assert done.returncode == 2
    assert "camera a: --events tiny.png: that is the source itself" in errors(done)[0]
    assert Path(kept).read_bytes() == (PICTURES / "tiny.png").read_bytes()


def test_no_file_and_other_flags(run: Run, tmp_path: Path) -> None:
    assert "expected a TOML file" in errors(run("--config", "fleet.toml"))[0]
    path = config(tmp_path, "[camera.door]\ncamera = 0")
    assert "write no-window into fleet.toml" in errors(run("--config", path.name, "--no-window"))[0]


@pytest.mark.cluster
def test_cameras_that_come_to_their_end_have_a_summary_each(run: Run, tmp_path: Path) -> None:
    path = config(tmp_path, f"""
        [defaults]
        events = "{{name}}.jsonl"
        numbers = true
        [camera.note]
        source = "{PICTURES / 'note.jpg'}"
        [camera.tiny]
        source = "{PICTURES / 'tiny.png'}"
    """)
    done = run("--config", path)
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == ["note: 1958", "note: 4036", "note: 72", "tiny: 3"]
    said = sorted(re.sub(r" in .*", "", line) for line in done.stderr.splitlines())
    assert said == ["recognizer: note: 1 frame", "recognizer: tiny: 1 frame"]
    assert [len(lines(tmp_path / f"{name}.jsonl")) for name in ("note", "tiny")] == [1, 1]


@contextmanager
def fleet(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Two cameras that look at a picture again and again, once both have told a number."""
    for name in ("door", "yard"):
        shutil.copy(PICTURES / "tiny.png", folder / f"{name}.png")
    path = config(folder, """
        [defaults]
        poll = 0.2
        events = "{name}.jsonl"
        csv = "{name}.csv"
        [camera.door]
        source = "door.png"
        [camera.yard]
        source = "yard.png"
    """)
    with subprocess.Popen(command("--config", path), cwd=folder, env=environment(), text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        try:
            heard: set[str] = set()
            while heard != {"door", "yard"}:
                heard.add(next_word(program))
            yield program
        finally:
            program.kill()


def next_word(program: subprocess.Popen[str]) -> str:
    """The camera that a printed line is of."""
    assert program.stdout
    line = program.stdout.readline()
    assert line, program.communicate()
    return line.split(":")[0]


def processes(program: subprocess.Popen[str]) -> dict[str, int]:
    """The process of each camera, by its name."""
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    calls = {}
    for child in children:
        with suppress(FileNotFoundError):  # it has just gone
            calls[int(child)] = Path(f"/proc/{child}/cmdline").read_text()
    return {name: child for child, call in calls.items() for name in ("door", "yard") if f"{name}.png" in call}


@needs_proc
@pytest.mark.cluster
def test_one_that_dies_is_started_again_and_the_other_goes_on(tmp_path: Path) -> None:
    with fleet(tmp_path) as program:
        before = processes(program)
        kept = [(tmp_path / name).read_text().splitlines()[:2] for name in ("door.jsonl", "door.csv")]
        os.kill(before["door"], signal.SIGKILL)
        assert program.stderr
        assert program.stderr.readline() == "recognizer: door: ended with -9; starting it again in 1 s\n"
        while "door" not in (after := processes(program)) or next_word(program) != "door":
            pass
        assert after["door"] != before["door"]
        assert after["yard"] == before["yard"]
        for name, first in zip(("door.jsonl", "door.csv"), kept, strict=True):
            assert first
            assert (tmp_path / name).read_text().splitlines()[: len(first)] == first
        assert (tmp_path / "door.csv").read_text().count("source,") == 1


@needs_proc
@pytest.mark.cluster
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_with_a_summary_each(number: int, tmp_path: Path) -> None:
    with fleet(tmp_path) as program:
        members = processes(program)
        program.send_signal(number)
        said = program.communicate(timeout=PATIENCE)[1].splitlines()
        assert program.returncode == 128 + number
        assert sorted(re.findall(r"recognizer: (\w+): \d+ frames? in", "\n".join(said))) == ["door", "yard"]
        assert not [name for name, member in members.items() if Path(f"/proc/{member}").exists()]


@needs_proc
@pytest.mark.cluster
def test_a_fleet_that_is_killed_takes_its_cameras_with_it(tmp_path: Path) -> None:
    with fleet(tmp_path) as program:
        members = [os.pidfd_open(member) for member in processes(program).values()]
        program.kill()
        for member in members:
            assert ended(member)
            os.close(member)


def ended(member: int) -> bool:
    """Wait for the end of a process that isn't our child."""
    import select

    waiting = select.poll()
    waiting.register(member, select.POLLIN)
    return bool(waiting.poll(1000 * PATIENCE))
