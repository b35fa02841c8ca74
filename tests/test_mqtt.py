"""What needs no broker: addresses and passwords, the queue on disk, and what a plain run doesn't load."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run
from harness import PATIENCE, PICTURES, ROOT, environment, errors

from recognizer import OutputError, UsageError
from recognizer.mqtt.address import BrokerAddress, read_password, tls_context
from recognizer.mqtt.messages import discovery_messages
from recognizer.mqtt.outbox import Outbox, default_path


@pytest.mark.parametrize(("text", "address"), [
    ("mqtt://broker/hall", BrokerAddress("broker", 1883, "hall")),
    ("mqtts://camera@broker/hall/door", BrokerAddress("broker", 8883, "hall/door", "camera", True)),
    ("mqtt://a%40b@[::1]:99/hall%20one/", BrokerAddress("::1", 99, "hall one", "a@b")),
])
def test_an_address_is_understood(text: str, address: BrokerAddress) -> None:
    assert BrokerAddress.parse(text) == address
    assert BrokerAddress.parse(str(address)).topic == address.topic.replace(" ", "%20") or " " in address.topic


@pytest.mark.parametrize("text", [
    "broker/hall", "http://broker/hall", "mqtt:///hall", "mqtt://broker", "mqtt://broker/", "mqtt://broker/a/+/b",
    "mqtt://broker/a/#", "mqtt://broker/a?b", "mqtt://broker/a%23", "mqtt://broker:70000/a", "mqtt://broker:0/a",
    "mqtt://broker/" + "a" * 2000,
])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--mqtt: expected"):
        BrokerAddress.parse(text)


@pytest.mark.parametrize("password", ["s3cret", "s3/cret", "s3@cret", "12/s3cret", ""])
def test_a_password_in_the_address_is_refused_and_not_shown(password: str, run: Run) -> None:
    done = run("--source", PICTURES / "tiny.png", "--no-window", "--mqtt", f"mqtt://camera:{password}@broker/hall")
    assert (done.returncode, done.stdout) == (2, "")
    [said] = errors(done)
    assert "cret" not in said
    assert "MQTT_PASSWORD" in said or "a password stands elsewhere" in said


@pytest.mark.parametrize(("args", "words"), [
    (["--mqtt-ca", "a.pem"], "--mqtt-ca is about a broker"),
    (["--mqtt-discovery"], "--mqtt-discovery is about a broker"),
    (["--mqtt", "mqtt://broker/hall", "--mqtt-ca", "a.pem"], "write --mqtt mqtts://"),
    (["--mqtt", "mqtts://broker/hall", "--mqtt-ca", "a.pem"], "expected a PEM file"),
    (["--mqtt", "mqtt://broker/hall", "--mqtt-password-file", "p"], "expected a user in the address"),
    (["--mqtt", "mqtt://camera@broker/hall", "--mqtt-password-file", "p"], "expected a file with the password"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_one_line_and_the_exit_code(args: list[str], words: str, run: Run) -> None:
    done = run("--source", PICTURES / "tiny.png", "--no-window", *args)
    assert (done.returncode, done.stdout) == (2, "")
    [said] = errors(done)
    assert words in said


def test_the_password_is_the_files_before_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = BrokerAddress.parse("mqtt://camera@broker/hall")
    monkeypatch.delenv("MQTT_PASSWORD", raising=False)
    assert read_password(address, None) is None
    monkeypatch.setenv("MQTT_PASSWORD", "of the environment")
    (tmp_path / "file").write_text("of the file\n")
    assert read_password(address, None) == "of the environment"
    assert read_password(address, str(tmp_path / "file")) == "of the file"
    assert read_password(BrokerAddress.parse("mqtt://broker/hall"), None) is None
    assert tls_context(address, None) is None


def test_messages_wait_in_their_order_until_they_are_removed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "new" / "q.db")
    for text in "abcde":
        outbox.put(text)
    waiting = outbox.after(0, 3)
    assert [text for _, text in waiting] == ["a", "b", "c"]
    assert [text for _, text in outbox.after(waiting[-1][0], 3)] == ["d", "e"]
    outbox.remove(waiting[0][0])
    outbox.remove(waiting[0][0])  # a second acknowledgement
    assert len(outbox) == 4
    outbox.close()
    again = Outbox(tmp_path / "new" / "q.db")
    assert [text for _, text in again.after(0, 9)] == ["b", "c", "d", "e"]
    again.put("f")
    assert again.after(0, 9)[-1] > waiting[-1]
    again.close()


def test_a_full_queue_drops_the_oldest(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "q.db", most=3)
    outbox.put("a", "b")
    for text in "cde":
        outbox.put(text)
    assert ([text for _, text in outbox.after(0, 9)], len(outbox), outbox.dropped) == (["c", "d", "e"], 3, 2)
    outbox.close()


WRITER = """
import sys, itertools
from pathlib import Path
from recognizer.mqtt.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
for number in itertools.count():
    outbox.put(str(number))
    print(number, flush=True)
"""


def test_a_killed_program_leaves_all_that_it_put_there(tmp_path: Path) -> None:
    queue = tmp_path / "q.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, queue], env=environment(), stdout=subprocess.PIPE,
                          text=True) as writer:
        assert writer.stdout
        for line in writer.stdout:
            if int(line) == 300:
                break
        with pytest.raises(OutputError, match="another program tells its numbers there"):
            Outbox(queue)
        writer.send_signal(signal.SIGKILL)
        put = [300, *map(int, writer.stdout.read().splitlines())]
    outbox = Outbox(queue)
    waiting = [int(text) for _, text in outbox.after(0, 10**9)]
    assert waiting == list(range(len(waiting)))
    assert put[-1] < len(waiting) <= put[-1] + 2
    outbox.close()


def test_a_file_that_is_no_queue_or_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no queue, but a longer text " * 100)
    with pytest.raises(OutputError, match="expected a queue that this program has made"):
        Outbox(tmp_path / "text")
    with pytest.raises(OutputError, match="give another file by --mqtt-queue"):
        Outbox(tmp_path / "text" / "q.db")


def test_each_topic_has_a_queue_of_its_own() -> None:
    paths = {default_path(BrokerAddress.parse(text)) for text in (
        "mqtt://broker/a", "mqtt://other/a", "mqtt://broker:1/a", "mqtt://broker/b", "mqtt://user@broker/b")}
    assert len(paths) == 4


def test_home_assistant_tells_cameras_apart() -> None:
    sensors = [json.loads(text) for topic in ("hall/door", "hall/yard") for text in discovery_messages(topic).values()]
    assert len({sensor["unique_id"] for sensor in sensors}) == 4
    assert len({str(sensor["device"]["identifiers"]) for sensor in sensors}) == 2


def in_process(code: str, *args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program after and before some lines of code."""
    return subprocess.run([sys.executable, "-c", code, *map(str, args)], cwd=cwd, env=environment(),
                          capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = ("import sys; sys.modules['paho'] = None; from recognizer.cli.main import main; "
            "sys.exit(main(sys.argv[1:]))")
    done = in_process(code, "--source", PICTURES / "tiny.png", "--no-window", "--mqtt", "mqtt://broker/hall",
                      cwd=tmp_path)
    assert done.returncode == 2
    [said] = errors(done)
    assert "pip install '.[mqtt]'" in said


def test_a_plain_run_imports_nothing_of_it(tmp_path: Path) -> None:
    code = ("import sys; from recognizer.cli.main import main; main(sys.argv[1:]); "
            "print([name for name in sys.modules if name.split('.')[0] in ('paho', 'sqlite3', 'tomllib') "
            " or name.startswith(('recognizer.mqtt', 'recognizer.fleet'))])")
    done = in_process(code, "--source", PICTURES / "tiny.png", "--no-window", cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"


def test_ci_installs_the_broker() -> None:
    assert "mosquitto" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
