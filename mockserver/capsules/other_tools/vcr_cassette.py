"""Reads cassettes: the YAML or JSON files of vcrpy (Python) and of VCR (Ruby)."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import yaml

from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.other_tools.foreign_exchange import (
    UNKNOWN_TIME,
    ForeignExchange,
    Message,
    OddEntryError,
    api_target,
    whole_number,
)
from workerkit.openapi.languages.phrase import phrase

Json = dict[str, Any]
_CASSETTE = re.compile(r"^(?:http_)?interactions:", re.MULTILINE)


class _Loader(yaml.CSafeLoader):
    """Reads YAML with bytes and old tags of Python for text."""


def _read_text(loader: _Loader, node: yaml.Node) -> str:
    return str(node.value)


yaml.add_constructor("tag:yaml.org,2002:python/unicode", _read_text, _Loader)


def is_cassette(text: str) -> bool:
    """True if a text in YAML looks like a cassette."""
    return _CASSETTE.search(text) is not None


def interactions(value: Any) -> list[Any] | None:
    """The interactions in the value of a cassette. None if the value is not a cassette."""
    if not isinstance(value, dict):
        return None
    listed = value.get("interactions", value.get("http_interactions"))
    return listed if isinstance(listed, list) else None


def load_cassette(text: str) -> Any:
    """The value of a cassette in YAML. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)


def exchange_from_interaction(interaction: Any, number: int, base_path: str) -> RecordedExchange:
    """The exchange of an interaction.

    number: the number of the interaction.
    base_path: the base path of the API in the recording.

    Raises OtherRequestError, PreflightError, and OddEntryError, KeyError, TypeError, ValueError or
    AttributeError if `interaction` is not an interaction of a cassette.
    """
    request, answer = interaction["request"], interaction["response"]
    method, headers = str(request["method"]).upper(), tuple(_headers(answer))
    foreign = ForeignExchange(
        method=method,
        target=api_target(method, str(request["uri"]), base_path),
        request=Message(tuple(_headers(request)), _body(request.get("body"))),
        status=whole_number(answer["status"]["code"], "status"),
        began=_began(interaction, headers),
        answer=Message(headers, _body(answer.get("body"))),
    )
    return foreign.recorded(number)


def _began(interaction: Json, headers: tuple[tuple[str, str], ...]) -> float:
    given = interaction.get("recorded_at") or next(
        (text for name, text in headers if name.lower() == "date"), None
    )
    try:
        return parsedate_to_datetime(str(given)).timestamp() if given else UNKNOWN_TIME
    except ValueError:
        return UNKNOWN_TIME


def _headers(message: Json) -> Iterator[tuple[str, str]]:
    for name, texts in (message.get("headers") or {}).items():
        for text in texts if isinstance(texts, list) else [texts]:
            yield str(name), text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _body(body: Any) -> bytes:
    if isinstance(body, dict):
        if "base64_string" in body:
            return b64decode(body["base64_string"])
        body = body.get("string")
    if body is None:
        return b""
    if not isinstance(body, bytes | str):
        raise OddEntryError(phrase("its body is not text"))
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
