"""However it ends: signals at any moment, a kill, a closed window. What was written is complete and can be read."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from harness import AT_ONCE, CLIPS, PATIENCE, SUMMARY, command, environment, frames_in, lines, truth

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
CLIP = CLIPS / "demo.mp4"
FRAMES = len(truth(CLIP))
RATE = 30  # frames a second of a camera that the program keeps up with
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
MOVIES = ["seen.mp4", "seen.mkv", "seen.avi"]


def at_work(folder: Path, movie: str = "seen.mp4") -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("--source", CLIP, "--no-window", "--save", movie, "--events", "e.jsonl"), cwd=folder,
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def events(folder: Path) -> int:
    """How many lines there are by now."""
    path = folder / "e.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def await_events(program: subprocess.Popen[str], folder: Path, count: int) -> None:
    while events(folder) < count and program.poll() is None:
        time.sleep(0.01)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_leaves_outputs_complete(number: int, tmp_path: Path) -> None:
    with at_work(tmp_path) as program:
        await_events(program, tmp_path, 20)
        program.send_signal(number)
        first, second = program.communicate(timeout=AT_ONCE)[1].splitlines()
    assert program.returncode == 128 + number
    assert first == "recognizer: labelled frames are in seen.mp4"
    assert SUMMARY.fullmatch(second)
    assert 20 <= len(lines(tmp_path / "e.jsonl")) < FRAMES
    assert frames_in(tmp_path / "seen.mp4") == len(lines(tmp_path / "e.jsonl"))


@pytest.mark.parametrize("module", ["argparse", "numpy.version", "recognizer.cli.arguments"])
def test_a_signal_while_the_program_is_loaded_ends_it_quietly(module: str, tmp_path: Path) -> None:
    python, *call = command("--source", CLIP, "--no-window")
    with subprocess.Popen([python, "-X", "importtime", *call], cwd=tmp_path, env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stderr
        loaded = iter(program.stderr.readline, "")
        assert any(line.split("|")[-1].strip() == module for line in loaded)
        program.send_signal(signal.SIGINT)
        printed, said = program.communicate(timeout=AT_ONCE)
    assert (program.returncode, printed) == (128 + signal.SIGINT, "")
    assert [line for line in said.splitlines() if not line.startswith("import time:")] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_signals_at_random_moments(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    with at_work(tmp_path, MOVIES[seed % 3]) as program:
        await_events(program, tmp_path, int(rng.integers(1, FRAMES // 2)))
        time.sleep(rng.uniform(0, 0.05))  # anywhere within a frame
        for number in rng.permutation(SIGNALS)[: rng.integers(1, 4)]:
            program.send_signal(int(number))
        program.communicate(timeout=AT_ONCE)
    assert program.returncode > 128
    assert frames_in(tmp_path / MOVIES[seed % 3]) == len(lines(tmp_path / "e.jsonl"))


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    with subprocess.Popen(["nohup", *command("--source", CLIPS / "dim.avi", "--no-window", "--events", "e.jsonl")],
                          cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as program:
        while events(tmp_path) < 5 and program.poll() is None:
            time.sleep(0.01)
        program.send_signal(signal.SIGHUP)
        assert program.wait(timeout=PATIENCE) == 0
    assert len(lines(tmp_path / "e.jsonl")) == len(truth(CLIPS / "dim.avi"))


def killed(folder: Path, movie: str, after: int) -> tuple[int, int]:
    """Kill it after so many events; frames that were read and frames that can be read in the video."""
    folder.mkdir(parents=True, exist_ok=True)
    with at_work(folder, movie) as program:
        await_events(program, folder, after)
        program.kill()
        program.communicate()
    text = (folder / "e.jsonl").read_text()
    whole = text[: text.rindex("\n")].splitlines()
    assert [json.loads(line)["frame"] for line in whole] == list(range(len(whole)))
    return len(whole), frames_in(folder / movie)


@pytest.mark.parametrize("movie", ["seen.mp4", "seen.mkv"])
def test_a_kill_costs_a_second_of_the_video_at_most(movie: str, tmp_path: Path) -> None:
    read, saved = killed(tmp_path, movie, 60)
    assert read - saved <= RATE
    assert saved


@pytest.mark.stress
@pytest.mark.parametrize("movie", MOVIES)
def test_many_kills_at_random_moments(movie: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    kills = int(os.environ.get("KILLS", "50"))
    lost = []
    for number in range(kills):
        read, saved = killed(tmp_path / str(number), movie, int(rng.integers(1, FRAMES)))
        lost.append(read - saved)
    print(f"\n{movie}: {kills} kills, frames lost of the video: median {np.median(lost):.0f}, most {max(lost)}")
    assert max(lost) <= RATE
