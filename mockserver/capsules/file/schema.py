"""Makes the JSON Schema of capsule files. Editors and other programs check capsule files with it."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.capsules.file.body import BODY_KEYS, NAME_KEY
from workerkit.mockserver.capsules.file.capsule import Ending
from workerkit.mockserver.capsules.file.file_format import (
    ANSWER_KEYS,
    EXCHANGE_KEYS,
    HEAD_KEYS,
    REQUEST_KEYS,
    STATUSES,
    VERSION,
)

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_SECONDS: Json = {"type": "number", "minimum": 0}
_HEADERS: Json = {
    "type": "array",
    "items": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2},
    "description": "The headers in their order: pairs of a name in lower case and a value.",
}


def capsule_schema() -> Json:
    """The JSON Schema of a capsule file in the newest version of the format."""
    properties: Json = {
        "capsule": {"const": VERSION, "description": "The version of the file format."},
        "began": {
            "type": "string",
            "description": "The start of the recording, for example 2025-12-01T10:00:00.000Z.",
        },
        "upstream": {
            **_TEXT,
            "description": "The URL of the recorded server. Missing if the mock was recorded.",
        },
        "expected": {**_TEXT, "description": "What should have happened, in words."},
        "notes": {"type": "array", "items": _TEXT, "description": "Notes for people."},
        "scenario": {**_TEXT, "description": "The source of the scenario that the mock ran."},
        "world": {
            "type": ["string", "object"],
            "description": (
                "A snapshot of the mock's world before the first exchange: an object, or a text with JSON."
            ),
        },
        "complete": {
            "anyOf": [{"type": "integer", "minimum": 0}, {"const": False}],
            "description": (
                "How many exchanges were recorded, or false if exchanges may be missing in the file."
            ),
        },
        "exchanges": {
            "type": ["array", "null"],
            "items": _exchange(),
            "description": "The exchanges, sorted by the time when they ended.",
        },
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A capsule of workerkit"}
    return {**head, **_object(properties, HEAD_KEYS, ("capsule", "began", "exchanges"))}


def _exchange() -> Json:
    properties: Json = {
        "at": {**_SECONDS, "description": "Seconds from the start of the recording to the request."},
        "took": {**_SECONDS, "description": "Seconds from the request to the end of the answer."},
        "ending": {
            "enum": list(Ending),
            "description": "How the answer ended. Missing if the complete answer came.",
        },
        "server": {**_TEXT, "description": "The name of the server that the API key belongs to."},
        "why": {
            **_TEXT,
            "description": "Why the mock answered like this, or which body is missing, in words.",
        },
        "request": _object(
            {"method": _TEXT, "path": _TEXT, "query": _TEXT, "headers": _HEADERS, "body": _body()},
            REQUEST_KEYS,
            ("method", "path"),
        ),
        "answer": _object(
            {
                "status": {"type": "integer", "minimum": STATUSES[0], "maximum": STATUSES[-1]},
                "headers": _HEADERS,
                "body": _body(),
            },
            ANSWER_KEYS,
            ("status",),
        ),
    }
    exchange = _object(properties, EXCHANGE_KEYS, ("at", "took", "request"))
    return {**exchange, "anyOf": [{"required": ["answer"]}, {"required": ["ending"]}]}


def _body() -> Json:
    properties: Json = {
        "json": {"description": "The JSON value of the body, as YAML."},
        "json-text": {**_TEXT, "description": "The JSON of the body, as a block of text."},
        "text": {**_TEXT, "description": "The text of a body that is not JSON."},
        "base64": {**_TEXT, "description": "The bytes of a body that is not text, in base64."},
        "same": {**_TEXT, "description": "The `name` of an equal body earlier in the file."},
        NAME_KEY: {**_TEXT, "description": "A name for this body. Later bodies use it in `same`."},
    }
    body = _object(properties, (*BODY_KEYS, NAME_KEY))
    return {**body, "oneOf": [{"required": [key]} for key in BODY_KEYS]}


def _object(properties: Json, keys: tuple[str, ...], required: tuple[str, ...] = ()) -> Json:
    """The schema of an object with these keys, in this order."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: properties[key] for key in keys},
        **({"required": list(required)} if required else {}),
    }
