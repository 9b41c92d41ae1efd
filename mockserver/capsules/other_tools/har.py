"""Reads exchanges from HAR files, which browsers and proxies write."""

from __future__ import annotations

import math
from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.other_tools.foreign_exchange import (
    UNKNOWN_TIME,
    ForeignExchange,
    Message,
    OddEntryError,
    api_target,
    whole_number,
)
from workerkit.mockserver.capsules.other_tools.har_capsule import with_own_fields
from workerkit.openapi.languages.phrase import phrase

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
    answer = _answer(entry)
    status = whole_number(answer["status"], "status")
    foreign = ForeignExchange(
        method=method,
        target=target,
        request=Message(tuple(_headers(request)), _request_body(request, attachment)),
        status=status if status > 0 else None,
        began=_time(entry.get("startedDateTime")),
        seconds=_milliseconds(entry) / 1000,
        answer=Message(tuple(_headers(answer)), _answer_body(answer, attachment)),
    )
    return with_own_fields(foreign.recorded(number), entry)


def _object(entry: Any, name: str) -> Json:
    if not isinstance(entry, dict):
        raise OddEntryError(phrase("it is not an object"))
    value = entry.get(name)
    if not isinstance(value, dict):
        raise OddEntryError(phrase("it has no {name}", name=name))
    return value


def _answer(entry: Json) -> Json:
    """The answer of an entry. It has the status 0 if the HAR does not contain the answer."""
    if entry.get("response") is None:
        return {"status": 0}
    return _object(entry, "response")


def _time(value: Any) -> float:
    """The time of an entry. Without a time zone it is in UTC. If the HAR has no time, all are the same."""
    if value is None:
        return UNKNOWN_TIME
    try:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        raise OddEntryError(phrase("its startedDateTime {value!r} is not a time", value=str(value))) from None


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


def _request_body(request: Json, attachment: ReadAttachment) -> bytes | None:
    """The body of a request. None if the HAR does not contain the body."""
    posted = request.get("postData") or {}
    if not posted.get("text") and posted.get("params"):
        return urlencode([(param["name"], param.get("value", "")) for param in posted["params"]]).encode()
    body = _body(posted, attachment)
    return None if not body and _should_have_body(request) else body


def _should_have_body(request: Json) -> bool:
    """Whether a request without a recorded body had one, according to its sizes or its Content-Type."""
    headers = {name.lower(): text for name, text in _headers(request)}
    sizes = [
        str(size) for size in (request.get("bodySize"), headers.get("content-length")) if size is not None
    ]
    if any(size.isdecimal() and int(size) > 0 for size in sizes):
        return True
    is_said_to_be_empty = "0" in sizes or "text" in (request.get("postData") or {})
    return "content-type" in headers and not is_said_to_be_empty


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
        raise OddEntryError(phrase("its body is said to be base64, but it is not")) from None


def _bytes(text: str) -> bytes:
    """The bytes of a body. mitmproxy writes a byte that is not UTF-8 as half of a surrogate pair."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise OddEntryError(phrase("its body has half of a surrogate pair")) from None
