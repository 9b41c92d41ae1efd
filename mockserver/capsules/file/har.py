"""Exchanges in HAR files, as browsers and proxies write them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from workerkit.mockserver.capsules.file.capsule import Recorded
from workerkit.mockserver.capsules.file.form import TOKEN
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.spec.api import operation_of, worker_api

Json = dict[str, Any]
NO_CONTENT = "the HAR does not have what was answered"
_SCHEMES = ("http", "https")
_OF_CORS = "access-control-request-method"
# A body stands in a HAR as it was before it was packed for the way.
_PACKING = frozenset({"content-encoding", "transfer-encoding"})


def har_entries(value: Any) -> list[Any] | None:
    """The entries of a HAR; None where a JSON value is none."""
    log = value.get("log") if isinstance(value, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else None


def of_har(entry: Json, number: int) -> Recorded | None:
    """An exchange with the Worker API; None for what a browser, say, asked elsewhere or of its own accord.

    Raises KeyError, TypeError, ValueError and AttributeError for what is no entry of a HAR.
    """
    asked, answer = entry["request"], entry["response"]
    url = urlsplit(asked["url"])
    headers = _headers(asked["headers"])
    if not _is_of_the_api(url.scheme, url.path) or any(name == _OF_CORS for name, _ in headers):
        return None
    began = read_time(entry["startedDateTime"])
    status = int(answer["status"])
    exchange = Exchange(
        number=number,
        operation=operation_of(asked["method"], url.path),
        server=None,
        method=str(asked["method"]),
        path=url.path,
        query=url.query,
        request_headers=headers,
        request_body=_posted(asked.get("postData") or {}),
        status=status if status > 0 else None,
        answer_headers=_headers(answer["headers"]),
        answer_body=_body(answer.get("content") or {}) if status > 0 else b"",
        began=began,
        ended=began + max(0.0, float(entry.get("time") or 0)) / 1000,
        why="" if _has_content(answer) else NO_CONTENT,
    )
    return Recorded.plainly(exchange)


def _has_content(answer: Json) -> bool:
    content = answer.get("content") or {}
    return bool(content.get("text")) or int(content.get("size") or 0) <= 0


def _is_of_the_api(scheme: str, path: str) -> bool:
    return scheme in _SCHEMES and f"{path}/".startswith(f"{worker_api().base_path}/")


def _headers(records: Iterable[Json]) -> Headers:
    """Pairs of a name and one line; those that HTTP/2 has in the place of a first line are left out."""
    return tuple(
        (name, line)
        for record in records
        if TOKEN.fullmatch(name := str(record["name"]).lower()) and name not in _PACKING
        for line in str(record["value"]).splitlines()
    )


def _posted(posted: Json) -> bytes:
    if not posted.get("text") and posted.get("params"):
        return urlencode([(param["name"], param.get("value", "")) for param in posted["params"]]).encode()
    return _body(posted)


def _body(content: Json) -> bytes:
    text = str(content.get("text") or "")
    return b64decode(text) if content.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass")
