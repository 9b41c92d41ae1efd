"""Reads exchanges from HAR files, which browsers and proxies write."""

from __future__ import annotations

import math
from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.other_tools.foreign_exchange import (
    ForeignExchange,
    Message,
    OddEntryError,
    api_target,
    whole_number,
)
from workerkit.mockserver.capsules.other_tools.har_capsule import with_own_fields
from workerkit.openapi.formats.timestamp import read_time

Json = dict[str, Any]
# Reads a file that is attached to a HAR. Raises KeyError if there is no such file.
ReadAttachment = Callable[[str], bytes]
_WITHOUT_BODY = (204, 304)


def har_log(value: Any) -> Json | None:
    """The log of a HAR: an object with `entries`. None if the JSON value is not a HAR.

    Some people save only the log, or only the list of entries.
    """
    if isinstance(value, dict) and isinstance(value.get("log"), dict):
        value = value["log"]
    if (
        isinstance(value, list)
        and value
        and all(isinstance(entry, dict) and "request" in entry for entry in value)
    ):
        value = {"entries": value}
    is_log = isinstance(value, dict) and isinstance(value.get("entries"), list)
    return value if is_log else None


def no_attachment(name: str) -> bytes:
    """The function for a HAR without attached files. Raises KeyError."""
    raise KeyError(name)


def exchange_from_har(
    entry: Any, number: int, base_path: str | None, attachment: ReadAttachment = no_attachment
) -> RecordedExchange:
    """The exchange of a HAR entry.

    number: the number of the entry.
    base_path: the base path of the API in the HAR. None if all requests are kept, as in the HAR of a capsule.
    attachment: reads a file that the HAR names.

    Raises OtherRequestError, PreflightError, and OddEntryError, KeyError, TypeError, ValueError or
    AttributeError if `entry` is not a HAR entry.
    """
    request = _object(entry, "request")
    method = str(request["method"])
    target = api_target(method, str(request["url"]), base_path)
    answer = _object(entry, "response")
    status = whole_number(answer["status"], "status")
    foreign = ForeignExchange(
        method=method,
        target=target,
        request=Message(tuple(_headers(request)), _request_body(request, attachment)),
        status=status if status > 0 else None,
        began=_time(entry["startedDateTime"]),
        seconds=_milliseconds(entry) / 1000,
        answer=Message(tuple(_headers(answer)), _answer_body(answer, attachment)),
    )
    return with_own_fields(foreign.recorded(number), entry)


def _object(entry: Any, name: str) -> Json:
    if not isinstance(entry, dict):
        raise OddEntryError("it is not an object")
    value = entry.get(name)
    if not isinstance(value, dict):
        raise OddEntryError(f"it has no {name}")
    return value


def _time(value: Any) -> float:
    try:
        return read_time(str(value))
    except ValueError:
        raise OddEntryError(f"its startedDateTime {str(value)!r} is not a time with a time zone") from None


def _milliseconds(entry: Json) -> float:
    """How long the exchange took. 0 if the HAR does not say it."""
    time = entry.get("time")
    return float(time) if isinstance(time, int | float) and math.isfinite(time) else 0.0


def _headers(message: Json) -> Iterator[tuple[str, str]]:
    """The headers. The HAR format has a list of objects; some tools write one object."""
    headers = message.get("headers") or []
    if isinstance(headers, dict):
        yield from ((str(name), str(text)) for name, text in headers.items())
        return
    for header in headers:
        yield str(header["name"]), str(header["value"])


def _request_body(request: Json, attachment: ReadAttachment) -> bytes:
    posted = request.get("postData") or {}
    if not posted.get("text") and posted.get("params"):
        return urlencode([(param["name"], param.get("value", "")) for param in posted["params"]]).encode()
    body = _body(posted, attachment)
    size = request.get("bodySize")
    if not body and isinstance(size, int) and size > 0:
        raise OddEntryError("the recording does not contain the body of its request")
    return body


def _answer_body(answer: Json, attachment: ReadAttachment) -> bytes | None:
    """The body of an answer. None if the HAR does not contain the body."""
    content = answer.get("content") or {}
    body = _body(content, attachment)
    if body or whole_number(answer["status"], "status") in _WITHOUT_BODY:
        return body
    sizes = (content.get("size"), answer.get("bodySize"))
    is_empty = "text" in content or sizes[0] == 0
    return b"" if is_empty and not any(isinstance(size, int) and size > 0 for size in sizes) else None


def _body(content: Json, attachment: ReadAttachment) -> bytes:
    if "_file" in content:
        return attachment(str(content["_file"]))
    text = str(content.get("text") or "")
    if content.get("encoding") != "base64":
        return _bytes(text)
    try:
        return b64decode("".join(text.split()), validate=True)
    except (NotBase64Error, ValueError):
        raise OddEntryError("its body is said to be base64, but it is not") from None


def _bytes(text: str) -> bytes:
    """The bytes of a body. mitmproxy writes a byte that is not UTF-8 as half of a surrogate pair."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise OddEntryError("its body has half of a surrogate pair") from None
