"""python -m benchmarks.mqtt: how long a number takes from being read to a subscriber, by a broker on this machine.

A clip is read as fast as it can be, so the machine is never idle. Its numbers are told as the program tells them:
through the queue on disk, by a thread, to Mosquitto, and from there to a subscriber in a process of its own. The clock
starts when the frame in which a number became steady was read, and stops when the subscriber has the message. After
each round a bare client tells the same subscriber as many, one by one: what broker and machine take by themselves.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.measure import parser, print_table
from benchmarks.stages import CLIPS
from recognizer import Recognizer
from recognizer.mqtt.address import BrokerAddress
from recognizer.mqtt.outbox import Outbox
from recognizer.mqtt.sink import MqttSink

CLIP = CLIPS / "signs.mp4"
TOPIC = "benchmark"
BAR = 20  # milliseconds, median
PUTS = 2000
SUBSCRIBER = """
import sys, time
import paho.mqtt.client as mqtt
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.on_connect = lambda *_: client.subscribe(sys.argv[2], qos=1)
client.on_subscribe = lambda *_: print("here", flush=True)
client.on_message = lambda _, __, message: print(time.monotonic(), message.payload.decode(), flush=True)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
"""


def main() -> None:
    """Measure and print the table."""
    args = parser(__doc__, rounds=30).parse_args()
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder)) as port, subscriber(port) as listening:
        delays, writes, bare = told(args.rounds, port, listening, Path(folder))
        puts = queued(Path(folder))
    rows = [(what, *(f"{figure:.2f}" for figure in (*np.percentile(taken, [50, 95]), max(taken))), str(len(taken)), bar)
            for what, taken, bar in (
                ("from a number's being read to a subscriber", delays, f"≤ {BAR} (median)"),
                ("by a bare client, without reading and queue", bare, "–"),
                ("for which telling holds reading up, a frame with numbers", writes, "–"),
                ("a message into the queue on disk, nothing else going on", puts, "–"))]
    print_table(rows, f"Milliseconds. {CLIP.name} was read {args.rounds} times.",
                ("what", "median", "95%", "most", "times", "bar"))


def told(rounds: int, port: int, listening: subprocess.Popen[str], folder: Path) -> tuple[list[float], ...]:
    """Milliseconds from reading each number to its arrival, for which telling held reading up, and of a bare client."""
    delays: list[float] = []
    writes: list[float] = []
    bare: list[float] = []
    recognizer = Recognizer()
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    with ExitStack() as stack, MqttSink(BrokerAddress("127.0.0.1", port, TOPIC), queue=folder / "queue.db") as sink:
        stack.callback(client.loop_stop)
        stack.callback(client.disconnect)
        for _ in range(rounds):
            before = len(delays)
            for reading in recognizer.watch(CLIP):
                read = time.monotonic()
                sink.write(reading)
                if reading.steady:
                    writes.append(1000 * (time.monotonic() - read))
                delays += [arrival(listening, number.text, read) for number in reading.steady]
            for text in map(str, range(before, len(delays))):
                sent = time.monotonic()
                client.publish(f"{TOPIC}/number", json.dumps({"text": text}), qos=1)
                bare.append(arrival(listening, text, sent))
    return delays, writes, bare


def arrival(listening: subprocess.Popen[str], text: str, start: float) -> float:
    """Milliseconds from the start to the subscriber's next message, which is this number."""
    assert listening.stdout
    arrived, message = listening.stdout.readline().split(" ", 1)
    assert json.loads(message)["text"] == text
    return 1000 * (float(arrived) - start)


def queued(folder: Path) -> list[float]:
    """Milliseconds that each of some messages takes to be on disk, as far as a kill goes."""
    outbox, taken = Outbox(folder / "other.db"), []
    for _ in range(PUTS):
        start = time.monotonic()
        outbox.put("x" * 250)
        taken.append(1000 * (time.monotonic() - start))
    outbox.close()
    return taken


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Mosquitto, at a port of its own."""
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
    if program is None:
        sys.exit("mqtt: expected Mosquitto, found none; install it with: apt install mosquitto")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen([program, "-c", folder / "mosquitto.conf"], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        while " running" not in process.stderr.readline():
            pass
        yield port
    finally:
        process.kill()
        process.communicate()


@contextmanager
def subscriber(port: int) -> Iterator[subprocess.Popen[str]]:
    """Who prints each number with the monotonic clock's time at which it came."""
    process = subprocess.Popen([sys.executable, "-c", SUBSCRIBER, str(port), f"{TOPIC}/number"], stdout=subprocess.PIPE,
                               text=True)
    try:
        assert process.stdout
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main()
