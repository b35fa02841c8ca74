"""Archives on Ray: whatever dies in the middle, the rows are those of one process alone."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import PATIENCE, environment, errors, free_port, recognize

pytest.importorskip("ray")
from archives import everything, rows, write_sources, write_video

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc"),
]
PICTURES, VIDEOS, DAMAGED = 470, 19, 10  # and one long video, which is cut
CALL = ("archive", "in", "--part", "10s", "--out")
OFTEN = """
import sys
from recognizer.archive.settings import SETTINGS
from recognizer.cli.main import run
object.__setattr__(SETTINGS, "batch_seconds", 0.5)
run()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 500 sources in `in`, and in `alone` what one process reads in them."""
    folder = tmp_path_factory.mktemp("archive")
    write_sources(folder / "in", PICTURES, VIDEOS, DAMAGED)
    write_video(folder / "in" / "long.mp4", [("731", 12), ("", 3), ("2026", 10)])
    done = recognize(*CALL, "alone", "--workers", "0", cwd=folder)
    assert done.returncode == 3, done.stderr
    assert "recognizer: 500 sources in" in done.stderr
    assert f"{DAMAGED} failed" in done.stderr
    return folder


@contextmanager
def started(folder: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    """The program, which writes what was read every half second."""
    with subprocess.Popen([sys.executable, "-c", OFTEN, *CALL, *args], cwd=folder, env=environment(), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> str:
    """Wait for it; what it said, which is no more than the damaged sources and the sum."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    assert (out, len([line for line in errors(done) if "failed; " not in line])) == ("", DAMAGED)
    return err


def descendants(pid: int) -> set[int]:
    """All processes below one that is there."""
    parents = {}
    for about in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(about.parent.name)] = int(about.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
    found, before = {pid}, set[int]()
    while found != before:
        before = found
        found = found | {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def readers(pid: int) -> list[int]:
    """Workers below a process that are at a source now, as Ray names them."""
    names = {}
    for child in descendants(pid):
        try:
            names[child] = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
    return [child for child, name in names.items() if name.startswith(b"ray::Worker.read")]


def until(true: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something of other processes that nobody tells, while one of them runs."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)


def written(out: Path) -> bool:
    return any(out.glob("sources/0*.parquet"))


def test_a_worker_is_killed_in_the_middle(folder: Path) -> None:
    with started(folder, "worker", "--workers", "2") as process:
        until(lambda: written(folder / "worker") and bool(readers(process.pid)), process)
        os.kill(readers(process.pid)[0], signal.SIGKILL)
        ended(process)
    assert everything(folder / "worker") == everything(folder / "alone")


def test_the_driver_is_killed_in_the_middle_and_run_again(folder: Path) -> None:
    with started(folder, "driver", "--workers", "2") as process:
        until(lambda: written(folder / "driver"), process)
        children = descendants(process.pid)
        process.kill()
        process.wait()
        until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))  # nothing of it goes on
    with started(folder, "driver", "--workers", "2") as process:
        said = ended(process)
    assert "read before" in said
    assert everything(folder / "driver") == everything(folder / "alone")


def test_a_signal_ends_it_in_good_order(folder: Path) -> None:
    with started(folder, "signal", "--workers", "1") as process:
        until(lambda: written(folder / "signal"), process)
        children = descendants(process.pid)
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM
    assert re.fullmatch(r"(recognizer: .*\n)*recognizer: \d+ sources? in .* numbers told\n", err)
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert set(rows(folder / "signal", "digits")) < set(rows(folder / "alone", "digits"))


def test_one_of_two_machines_is_taken_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ray.cluster_utils import Cluster

    for name, value in (environment() | {"RAY_USAGE_STATS_ENABLED": "0"}).items():
        monkeypatch.setenv(name, value)
    machine = {"num_cpus": 1, "object_store_memory": 80_000_000}
    cluster = Cluster(initialize_head=True, connect=False, head_node_args=machine)
    try:
        other = cluster.add_node(**machine)
        with started(folder, "machine", "--workers", "2", "--address", cluster.address) as process:
            until(lambda: len(readers(os.getpid())) == 2 and written(folder / "machine"), process)
            cluster.remove_node(other, allow_graceful=False)
            ended(process)
    finally:
        cluster.shutdown()
    assert everything(folder / "machine") == everything(folder / "alone")


def test_a_cluster_is_reached_from_elsewhere_by_its_token(folder: Path) -> None:
    ports = [str(free_port()) for _ in range(2)]
    env = environment() | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}
    head = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--num-cpus", "2", "--port",
            ports[0], "--ray-client-server-port", ports[1], "--include-dashboard", "false", "--disable-usage-stats"]
    with subprocess.Popen(head, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as cluster:
        try:
            until(lambda: listens(int(ports[1])), cluster)
            done = recognize(*CALL, "elsewhere", "--address", f"ray://127.0.0.1:{ports[1]}", cwd=folder, env=env)
            assert done.returncode == 3, done.stderr
            assert everything(folder / "elsewhere") == everything(folder / "alone")
        finally:
            cluster.send_signal(signal.SIGINT)  # it ends what it started


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
