"""The JSON Schema of capsules, made from the model: editors and other programs check files by it."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.capsules.file.body import FORMS, NAME
from workerkit.mockserver.capsules.file.capsule import Ending
from workerkit.mockserver.capsules.file.form import (
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
    "description": "Pairs of a name in lower case and a value, in order.",
}


def capsule_schema() -> Json:
    """The schema of a file of the newest version, as YAML reads it."""
    parts: Json = {
        "capsule": {"const": VERSION, "description": "The version of the form."},
        "began": {"type": "string", "description": "The start, as 2025-12-01T10:00:00.000Z."},
        "upstream": {**_TEXT, "description": "The server that was recorded; missing for the mock."},
        "expected": {**_TEXT, "description": "What should have happened."},
        "notes": {"type": "array", "items": _TEXT},
        "scenario": {**_TEXT, "description": "The source of the scenario that was played."},
        "world": {"type": ["string", "object"], "description": "A snapshot of the world, as JSON."},
        "exchanges": {"type": ["array", "null"], "items": _exchange(), "description": "By their ends."},
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A capsule of workerkit"}
    return {**head, **_object(parts, HEAD_KEYS, ("capsule", "began", "exchanges"))}


def _exchange() -> Json:
    parts: Json = {
        "at": {**_SECONDS, "description": "Seconds from the start to the request."},
        "took": {**_SECONDS, "description": "Seconds from there to the end."},
        "ending": {"enum": list(Ending), "description": "How it ended, unless by a whole answer."},
        "server": _TEXT,
        "why": _TEXT,
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
    whole = _object(parts, EXCHANGE_KEYS, ("at", "took", "request"))
    return {**whole, "anyOf": [{"required": ["answer"]}, {"required": ["ending"]}]}


def _body() -> Json:
    forms: Json = {
        "json": {"description": "JSON as YAML."},
        "json-text": {**_TEXT, "description": "JSON as a block of text."},
        "text": _TEXT,
        "base64": {**_TEXT, "description": "What is no text."},
        "same": {**_TEXT, "description": "The name of a body further up."},
    }
    whole = _object({**forms, NAME: _TEXT}, (*FORMS, NAME))
    return {**whole, "oneOf": [{"required": [form]} for form in FORMS]}


def _object(parts: Json, keys: tuple[str, ...], needed: tuple[str, ...] = ()) -> Json:
    """An object whose keys are those of the model."""
    properties = {key: parts[key] for key in keys}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        **({"required": list(needed)} if needed else {}),
    }
