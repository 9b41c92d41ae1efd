"""Writes a capsule as HAR, and reads what only a HAR of workerkit has: the world of the capsule, for example.

The names of these fields begin with an underscore, as the HAR format demands it for fields of one tool.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import harfile

from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.file_format import is_complete
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.timestamp import read_time

Json = dict[str, Any]
_HEAD, _ENDING, _SERVER, _WHY = "_capsule", "_ending", "_server", "_why"
# The host of the mock in a HAR. The HAR format demands a complete URL.
_MOCK_ORIGIN = "http://127.0.0.1:8080"
_UNKNOWN_TYPE = "application/octet-stream"
_IN_QUERY = "%!$&'()*+,;=:@/?~[]"


def har_text(capsule: Capsule) -> str:
    """The text of a HAR 1.2 file with all exchanges of a capsule."""
    url = urlsplit(capsule.upstream)
    origin = f"{url.scheme}://{url.netloc}" if url.netloc else _MOCK_ORIGIN
    head = {
        "began": _time_text(capsule.began),
        "world": capsule.world,
        "upstream": capsule.upstream,
        "scenario": capsule.scenario,
        "expected": capsule.expected,
        "notes": list(capsule.notes),
    }
    complete = (
        {} if capsule.is_complete is None else {"complete": capsule.is_complete and len(capsule.recorded)}
    )
    log = {
        "version": "1.2",
        "creator": {"name": "workerkit", "version": version("likepion-workerkit")},
        "pages": [],
        "entries": [_entry(recorded, origin) for recorded in capsule.recorded],
        _HEAD: {key: value for key, value in head.items() if value} | complete,
    }
    return json.dumps({"log": log}, indent=1, ensure_ascii=True) + "\n"


def capsule_head(log: Json) -> Capsule | None:
    """The capsule of the log of a HAR, without its exchanges. None if workerkit did not write the HAR.

    Raises KeyError, TypeError or ValueError if somebody has damaged the fields of workerkit.
    """
    head = log.get(_HEAD)
    if not isinstance(head, dict):
        return None
    return Capsule(
        read_time(str(head["began"])),
        (),
        world=head.get("world"),
        upstream=str(head.get("upstream", "")),
        scenario=str(head.get("scenario", "")),
        expected=str(head.get("expected", "")),
        notes=tuple(map(str, head.get("notes", ()))),
        is_complete=is_complete(head.get("complete"), len(log["entries"])),
    )


def is_own_entry(entry: Json) -> bool:
    """Whether workerkit wrote the entry of a HAR."""
    return _ENDING in entry


def with_own_fields(recorded: RecordedExchange, entry: Json) -> RecordedExchange:
    """An exchange of a HAR entry, with what only an entry of workerkit has. Raises ValueError.

    If somebody has removed the answer or a body from the entry, it is not compared.
    """
    if not is_own_entry(entry):
        return recorded
    ending, why = Ending(entry[_ENDING]), str(entry.get(_WHY, ""))
    if ending.has_status:
        removed = [part for part in recorded.exchange.why.split("; ") if part not in why]
        why = "; ".join(filter(None, (why, *removed)))
        ending = Ending.CLOSED if recorded.exchange.status is None else ending
    return RecordedExchange(replace(recorded.exchange, server=entry.get(_SERVER), why=why), ending)


def _entry(recorded: RecordedExchange, origin: str) -> Json:
    exchange = recorded.exchange
    milliseconds = max(0.0, round((exchange.ended - exchange.began) * 1000, 3))
    entry = {
        "startedDateTime": _time_text(exchange.began),
        "time": milliseconds,
        "request": _request(exchange, origin),
        "response": _response(recorded),
        "cache": {},
        "timings": harfile.Timings(send=0, wait=milliseconds, receive=0).asdict(),
        _ENDING: str(recorded.ending),
    }
    if exchange.server:
        entry[_SERVER] = exchange.server
    if exchange.why:
        entry[_WHY] = exchange.why
    return entry


def _request(exchange: Exchange, origin: str) -> Json:
    query = f"?{quote(exchange.query, safe=_IN_QUERY)}" if exchange.query else ""
    request = harfile.Request(
        method=exchange.method,
        url=f"{origin}{quote(exchange.path, safe=_IN_QUERY)}{query}",
        httpVersion="HTTP/1.1",
        headers=_records(exchange.request_headers),
        queryString=[
            harfile.Record(name, text) for name, text in parse_qsl(exchange.query, keep_blank_values=True)
        ],
        bodySize=len(exchange.request_body),
    ).asdict()
    if exchange.request_body:
        request["postData"] = {
            "mimeType": _media_type(exchange.request_headers),
            **_text(exchange.request_body),
        }
    return request


def _response(recorded: RecordedExchange) -> Json:
    exchange = recorded.exchange
    status = exchange.status or 0
    response: Json = harfile.Response(
        status=status,
        statusText=HTTPStatus(status).phrase if status in {*HTTPStatus} else "",
        httpVersion="HTTP/1.1",
        headers=_records(exchange.answer_headers),
        bodySize=-1 if recorded.lacks_body else len(exchange.answer_body),
    ).asdict()
    content: Json = {"size": -1, "mimeType": _media_type(exchange.answer_headers)}
    if not recorded.lacks_body:
        content |= {"size": len(exchange.answer_body), **_text(exchange.answer_body)}
    return {**response, "content": content}


def _records(headers: Headers) -> list[harfile.Record]:
    return [harfile.Record(name, text) for name, text in headers]


def _text(body: bytes) -> Json:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), "encoding": "base64"}


def _media_type(headers: Headers) -> str:
    return dict(headers).get("content-type", _UNKNOWN_TYPE)


def _time_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
