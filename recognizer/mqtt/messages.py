"""What a broker is told, as JSON."""

from __future__ import annotations

import hashlib
import json
import uuid
from enum import StrEnum

from recognizer import __version__
from recognizer.core.digits import Number
from recognizer.core.frame import Frame

NUMBER, STATUS = "number", "status"  # the topics under the one that is given
DISCOVERY = "homeassistant"  # where Home Assistant looks, if nobody tells it otherwise
# What isn't a plain number, such as 26/11, would be an error in a sensor that is measured.
VALUE = "{% set text = value_json.text | replace(',', '.') %}{{ text if is_number(text) else None }}"


class Status(StrEnum):
    """What is told under STATUS."""

    ONLINE = "online"
    LOST = "camera lost"
    OFFLINE = "offline"


def number_message(frame: Frame, number: Number) -> str:
    """A steady number: what a row of the table holds, and an id that no other message has."""
    return json.dumps({
        "id": uuid.uuid4().hex, "source": frame.source, "frame": frame.index, "time": round(frame.time, 3),
        "clock": frame.moment, "text": number.text, "confidence": round(number.confidence, 4), "box": list(number.box),
    })


def name_of(topic: str) -> str:
    """A name for a topic of letters and digits alone, the same each time, 23 long as any broker takes it."""
    return f"digits{hashlib.sha256(topic.encode()).hexdigest()[:17]}"


def discovery_messages(topic: str, prefix: str = DISCOVERY) -> dict[str, str]:
    """Home Assistant's messages that make a device of a topic, with a sensor for its number and one for its state.

    Returns:
        JSON by the topic where it is to be retained.
    """
    name = name_of(topic)
    device = {"identifiers": [name], "name": topic, "manufacturer": "Digit recognizer", "sw_version": __version__}
    origin = {"name": "digit-recognizer", "sw_version": __version__}
    number = {
        "name": "Number", "state_topic": f"{topic}/{NUMBER}", "value_template": VALUE, "state_class": "measurement",
        "json_attributes_topic": f"{topic}/{NUMBER}", "icon": "mdi:numeric",
        "availability_topic": f"{topic}/{STATUS}",
        "availability_template": f"{{{{ 'online' if value == '{Status.ONLINE}' else 'offline' }}}}",
    }
    status = {
        "name": "Status", "state_topic": f"{topic}/{STATUS}", "device_class": "enum", "options": [*Status],
        "entity_category": "diagnostic",
    }
    return {f"{prefix}/sensor/{name}_{key}/config": json.dumps(
                sensor | {"unique_id": f"{name}_{key}", "device": device, "origin": origin})
            for key, sensor in ((NUMBER, number), (STATUS, status))}
