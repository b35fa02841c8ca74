"""A real broker, Mosquitto, and who listens to it."""

import getpass
import json
import queue
import shutil
import ssl
import subprocess
import threading
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from harness import PATIENCE, free_port

pytest.importorskip("paho.mqtt.client")
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="needs Mosquitto ('apt install mosquitto')")
LOCAL = "127.0.0.1"


class Broker:
    """Mosquitto at a port of its own, which can be stopped and started again.

    Args:
        folder: for its files.
        lines: of its configuration, beside the port.
        users: may log in, with their passwords; anybody where there are none.
    """

    def __init__(self, folder: Path, *lines: str, **users: str) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        settings = [f"listener {self.port} {LOCAL}", "max_queued_messages 0", "persistence true",
                    f"persistence_location {folder}/",  # what it knows it knows after a stop, too
                    f"user {getpass.getuser()}", f"allow_anonymous {'false' if users else 'true'}", *lines]
        if users:
            passwords = folder / "users"
            for name, password in users.items():
                made = [] if passwords.exists() else ["-c"]
                subprocess.run(["mosquitto_passwd", "-b", *made, passwords, name, password], check=True,
                               capture_output=True)
            settings.append(f"password_file {passwords}")
        self._config.write_text("\n".join(settings) + "\n")
        self.start()

    def start(self) -> None:
        assert MOSQUITTO
        self.process = subprocess.Popen([MOSQUITTO, "-c", self._config], stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        for line in self.process.stderr:
            if " running" in line:
                break
        else:
            raise AssertionError("the broker doesn't run")
        self._reader = threading.Thread(target=self.process.stderr.read)
        self._reader.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        self._reader.join()
        assert self.process.stderr
        self.process.stderr.close()

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()


class Listener:
    """Gets all that a broker is told under a topic, in order; it comes back by itself when the broker does."""

    def __init__(self, port: int, topic: str = "#", user: str | None = None, password: str | None = None,
                 tls: ssl.SSLContext | None = None) -> None:
        self._messages: queue.Queue[MQTTMessage] = queue.Queue()
        self._ready = threading.Event()
        self._seen: set[str] = set()  # ids of numbers
        # The broker keeps for this name what comes while it isn't there.
        self._client = Client(CallbackAPIVersion.VERSION2, f"listener-{uuid.uuid4().hex}", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.max_inflight_messages_set(1000)
        if user:
            self._client.username_pw_set(user, password)
        if tls:
            self._client.tls_set_context(tls)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _, __, message: self._messages.put(message)
        self._client.connect("localhost", port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE)

    def next(self) -> tuple[str, Any, bool]:
        """The next message: its topic, what it says, read as JSON where it is, and whether it was retained."""
        message = self._messages.get(timeout=PATIENCE)
        text = message.payload.decode()
        return message.topic, json.loads(text) if text.startswith("{") else text, message.retain

    def numbers(self, count: int) -> dict[str, list[dict[str, Any]]]:
        """The next so many numbers by their topic, in order; each once ever, as its id tells."""
        found = defaultdict(list)
        end = len(self._seen) + count
        while len(self._seen) < end:
            topic, said, _ = self.next()
            if topic.endswith("/number") and said["id"] not in self._seen:
                self._seen.add(said["id"])
                found[topic].append(said)
        return found

    def until(self, topic: str, said: Any) -> list[tuple[str, Any, bool]]:
        """All messages up to this one, without it."""
        messages = []
        while (message := self.next())[:2] != (topic, said):
            messages.append(message)
        return messages

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
