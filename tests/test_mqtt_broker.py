"""With a real broker: what it is told of numbers and of the camera, and what happens when either of both is away."""

import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from broker import LOCAL, Broker, Listener, needs_broker
from conftest import Run
from harness import CLIPS, PICTURES, ROOT, command, environment, errors
from paho.mqtt import publish
from senders import Sender
from test_serve import jpegs

from recognizer import Box, Frame, Number, Reading
from recognizer.mqtt.address import BrokerAddress
from recognizer.mqtt.messages import number_message
from recognizer.mqtt.sink import MqttSink

pytestmark = [pytest.mark.cluster, needs_broker]
CLIP = CLIPS / "demo.mp4"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker") as broker:
        yield broker


def steady(value: int) -> Reading:
    """A reading in which this number has just become steady."""
    frame = Frame(np.zeros((8, 8), np.uint8), value, value / 10, "camera", still=False)
    return Reading(frame, steady=(Number(str(value), 0.9, Box(1, 2, 3, 4), ()),))


def sink(broker: Broker, folder: Path, topic: str = "hall/door", **kinds: Any) -> MqttSink:
    return MqttSink(BrokerAddress(LOCAL, broker.port, topic), queue=folder / f"{topic}.db", **kinds)


def texts(numbers: list[dict[str, Any]]) -> list[str]:
    return [number["text"] for number in numbers]


def test_numbers_are_told_as_the_table_has_them(broker: Broker, run: Run, tmp_path: Path) -> None:
    with Listener(broker.port) as listener:
        done = run("--source", PICTURES, "--no-window", "--csv", "n.csv", "--mqtt-queue", "q.db",
                   "--mqtt", f"mqtt://{LOCAL}:{broker.port}/hall/album")
        assert (done.returncode, errors(done)) == (0, [])
        told = listener.until("hall/album/status", "offline")
    assert told[0] == ("hall/album/status", "online", False)
    _, *rows = (tmp_path / "n.csv").read_text().splitlines()
    assert len({said["id"] for _, said, _ in told[1:]}) == len(rows) > 0
    for row, (topic, said, _) in zip(rows, told[1:], strict=True):
        assert topic == "hall/album/number"
        values = [said[key] for key in ("source", "frame", "time", "text", "confidence")]
        assert ",".join(map(str, [*values, *said["box"], said["clock"]])) == row.replace('"', "")
    with Listener(broker.port) as late:
        retained = {topic: said for topic, said, _ in (late.next(), late.next())}
    assert retained == {"hall/album/status": "offline", "hall/album/number": told[-1][1]}


def test_the_camera_is_told_lost_and_back_and_a_killed_program_offline(broker: Broker, tmp_path: Path) -> None:
    sender = Sender(list(jpegs(CLIP, 10)))
    with Listener(broker.port) as listener, subprocess.Popen(
            command("--source", sender.url, "--no-window", "--mqtt-queue", tmp_path / "q.db",
                    "--mqtt", f"mqtt://localhost:{broker.port}/hall/door"),
            env=environment(), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            listener.until("hall/door/status", "online")
            sender.speaking.clear()
            listener.until("hall/door/status", "camera lost")
            sender.speaking.set()
            listener.until("hall/door/status", "online")
            program.send_signal(signal.SIGKILL)
            listener.until("hall/door/status", "offline")
        finally:
            program.kill()
            sender.close()
    with Listener(broker.port, "hall/door/status") as late:
        assert late.next() == ("hall/door/status", "offline", True)


def test_a_broker_that_was_away_gets_everything_in_order(broker: Broker, tmp_path: Path,
                                                         caplog: pytest.LogCaptureFixture) -> None:
    with Listener(broker.port) as listener:
        with sink(broker, tmp_path) as told:
            for value in range(200):
                told.write(steady(value))
            before = listener.numbers(1)["hall/door/number"]
            broker.stop()
            for value in range(200, 700):
                told.write(steady(value))
            broker.start()
            after = listener.numbers(700 - len(before))["hall/door/number"]
        listener.until("hall/door/status", "offline")
    assert texts([*before, *after]) == [str(value) for value in range(700)]
    said = [record.getMessage() for record in caplog.records]
    assert "the broker is away" in said[0]
    assert "the broker is back" in said[1]


def test_what_waited_at_the_end_is_told_first_by_the_next_run(broker: Broker, tmp_path: Path,
                                                             caplog: pytest.LogCaptureFixture) -> None:
    with Listener(broker.port) as listener:
        broker.stop()
        with sink(broker, tmp_path) as told:
            for value in range(3):
                told.write(steady(value))
        assert "3 numbers wait on disk" in caplog.records[-1].getMessage()
        broker.start()
        with sink(broker, tmp_path) as told:
            told.write(steady(3))
        assert texts(listener.numbers(4)["hall/door/number"]) == ["0", "1", "2", "3"]


def test_thirty_at_once(broker: Broker, tmp_path: Path) -> None:
    topics = [f"hall/{number}" for number in range(30)]
    (tmp_path / "hall").mkdir()
    with Listener(broker.port) as listener:
        with ExitStack() as stack:
            sinks = [stack.enter_context(sink(broker, tmp_path, topic)) for topic in topics]
            for value in range(40):
                for told in sinks:
                    told.write(steady(value))
            numbers = listener.numbers(30 * 40)
        for topic in topics:
            assert texts(numbers[f"{topic}/number"]) == [str(value) for value in range(40)]


def test_home_assistant_is_told_before_the_numbers_and_for_those_who_come_late(broker: Broker, tmp_path: Path) -> None:
    with sink(broker, tmp_path, discovery="homeassistant") as told:
        told.write(steady(7))
    with Listener(broker.port) as late:
        retained = {topic: said for topic, said, _ in (late.next() for _ in range(4))}
    sensors = {topic: said for topic, said in retained.items()
               if re.fullmatch(r"homeassistant/sensor/[a-zA-Z0-9_-]+/config", topic)}
    assert {sensor["state_topic"] for sensor in sensors.values()} == {"hall/door/number", "hall/door/status"}
    assert len({sensor["unique_id"] for sensor in sensors.values()}) == 2


def test_a_wrong_password_is_one_line_and_the_exit_code_of_an_output(tmp_path: Path, run: Run) -> None:
    with Broker(tmp_path, camera="right horse") as broker:
        flags = ["--source", PICTURES / "tiny.png", "--no-window", "--mqtt-queue", "q.db",
                 "--mqtt", f"mqtt://camera@{LOCAL}:{broker.port}/hall/door"]
        done = run(*flags, env={"MQTT_PASSWORD": "wrong horse"})
        assert (done.returncode, done.stdout) == (5, "")
        [said] = errors(done)
        assert "the broker can't be used (not authorized)" in said
        assert "horse" not in done.stderr
        (tmp_path / "password").write_text("right horse\n")
        with Listener(broker.port, user="camera", password="right horse") as listener:
            assert run(*flags, "--mqtt-password-file", "password").returncode == 0
            assert texts(listener.numbers(1)["hall/door/number"]) == ["3"]


def test_the_certificate_of_a_broker_is_checked(tmp_path: Path, run: Run) -> None:
    authority, certificate, key = make_authority(tmp_path)
    (tmp_path / "other").mkdir()
    other, _, _ = make_authority(tmp_path / "other")
    with Broker(tmp_path, f"cafile {authority}", f"certfile {certificate}", f"keyfile {key}") as broker:
        flags = ["--source", PICTURES / "tiny.png", "--no-window", "--mqtt-queue", "q.db", "--mqtt"]
        address = f"mqtts://localhost:{broker.port}/hall/door"
        with Listener(broker.port, tls=ssl.create_default_context(cafile=str(authority))) as listener:
            done = run(*flags, address, "--mqtt-ca", authority)
            assert (done.returncode, errors(done)) == (0, [])
            assert texts(listener.numbers(1)["hall/door/number"]) == ["3"]
        for refused in ([address], [address, "--mqtt-ca", other],
                        [address.replace("localhost", LOCAL), "--mqtt-ca", authority]):
            done = run(*flags, *refused)
            assert done.returncode == 5
            [said] = errors(done)
            assert "its certificate isn't trusted" in said


def test_the_reader_of_the_docs_drops_doubles(broker: Broker) -> None:
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8"), re.DOTALL)
    told = [number_message(reading.frame, number) for reading in map(steady, range(3)) for number in reading.steady]

    def tell(*messages: str) -> None:
        publish.multiple([("hall/door/number", message, 1, True) for message in messages], LOCAL, broker.port)

    tell(told[0])
    with subprocess.Popen([sys.executable, "-c", example.replace("1883", str(broker.port))], env=environment(),
                          text=True, stdout=subprocess.PIPE) as reader:
        try:
            assert reader.stdout
            assert reader.stdout.readline() == "0\n"  # the retained one: it listens
            tell(told[0], told[1], told[0], told[1], told[2])
            assert [reader.stdout.readline() for _ in range(2)] == ["1\n", "2\n"]
        finally:
            reader.kill()


def make_authority(folder: Path) -> tuple[Path, Path, Path]:
    """The files of an authority's certificate, and of the one for localhost that it has signed with its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def signed(name: str, issuer: str, key: Any, signer: Any, authority: bool) -> bytes:
        now = datetime.now(UTC)
        subject, by = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in (name, issuer))
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
                   .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
                   .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False))
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    files = folder / "authority.pem", folder / "localhost.pem", folder / "localhost.key"
    files[0].write_bytes(signed("Test authority", "Test authority", root, root, True))
    files[1].write_bytes(signed("localhost", "Test authority", own, root, False))
    files[2].write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return files
