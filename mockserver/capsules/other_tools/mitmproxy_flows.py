"""Reads flow files, which mitmproxy and mitmdump write with `-w`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.other_tools.foreign_exchange import (
    ForeignExchange,
    Message,
    OddEntryError,
    api_target,
)
from workerkit.mockserver.capsules.other_tools.tnetstring import read_values
from workerkit.openapi.languages.phrase import phrase

Json = dict[str, Any]
# A flow is a mapping, and the first thing in it is the name of one of its fields.
_FLOW_FILE = re.compile(rb"[0-9]{1,10}:[0-9]{1,3}:[a-z_]+[;,]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_flow_file(data: bytes) -> bool:
    """True if a file looks like a flow file."""
    return _FLOW_FILE.match(data) is not None


def flows(data: bytes) -> list[Any]:
    """The flows in a file. Raises NotTnetstringError."""
    return list(read_values(data))


def exchange_from_flow(flow: Any, number: int, base_path: str) -> RecordedExchange:
    """The exchange of a flow.

    number: the number of the flow in the file.
    base_path: the base path of the API in the recording.

    Raises OtherRequestError, PreflightError, and OddEntryError, KeyError, TypeError, ValueError or
    AttributeError if `flow` is not a flow of HTTP.
    """
    if not isinstance(flow, dict) or flow.get("type") not in ("http", b"http"):
        raise OddEntryError(phrase("it is not a flow of HTTP"))
    request, answer = flow["request"], flow.get("response")
    method = _text(request["method"])
    target = api_target(method, _url(request), base_path)
    began = float(request["timestamp_start"])
    last = (answer or request).get("timestamp_end") or began
    foreign = ForeignExchange(
        method=method,
        target=target,
        request=_message(request),
        status=int(answer["status_code"]) if answer else None,
        began=began,
        seconds=float(last) - began,
        answer=_message(answer) if answer else Message(),
    )
    return foreign.recorded(number)


def _url(request: Json) -> str:
    scheme, host, port = _text(request["scheme"]), _text(request["host"]), int(request["port"])
    place = f"{scheme}://{host}" + ("" if _DEFAULT_PORTS.get(scheme) == port else f":{port}")
    path = _text(request["path"])
    return path if "://" in path.partition("?")[0] else f"{place}{path}"


def _message(message: Json) -> Message:
    content = message.get("content")
    return Message(tuple(_headers(message)), None if content is None else bytes(content))


def _headers(message: Json) -> Iterator[tuple[str, str]]:
    for name, text in message["headers"]:
        yield _text(name), _text(text)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
