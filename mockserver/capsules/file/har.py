"""Reads exchanges from HAR files, which browsers and proxies write."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from workerkit.mockserver.capsules.file.capsule import LEFT_OUT, RecordedExchange
from workerkit.mockserver.capsules.file.file_format import TOKEN
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.spec.api import operation_of, worker_api

Json = dict[str, Any]
NO_CONTENT = f"{LEFT_OUT}: the HAR does not contain it"
_SCHEMES = ("http", "https")
_CORS_HEADER = "access-control-request-method"
# A HAR contains decompressed bodies, so these headers would be wrong.
_ENCODING_HEADERS = frozenset({"content-encoding", "transfer-encoding"})


def har_entries(value: Any) -> list[Any] | None:
    """The entries of a HAR. None if the JSON value is not a HAR."""
    log = value.get("log") if isinstance(value, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else None


def exchange_from_har(entry: Json, number: int) -> RecordedExchange | None:
    """The exchange of a HAR entry. None if the request is not for the Worker API, or is a CORS preflight.

    Raises KeyError, TypeError, ValueError or AttributeError if `entry` is not a HAR entry.
    """
    request, answer = entry["request"], entry["response"]
    url = urlsplit(request["url"])
    headers = _headers(request["headers"])
    if not _is_worker_api(url.scheme, url.path) or any(name == _CORS_HEADER for name, _ in headers):
        return None
    began = read_time(entry["startedDateTime"])
    status = int(answer["status"])
    exchange = Exchange(
        number=number,
        operation=operation_of(request["method"], url.path),
        server=None,
        method=str(request["method"]),
        path=url.path,
        query=url.query,
        request_headers=headers,
        request_body=_request_body(request.get("postData") or {}),
        status=status if status > 0 else None,
        answer_headers=_headers(answer["headers"]),
        answer_body=_body(answer.get("content") or {}) if status > 0 else b"",
        began=began,
        ended=began + max(0.0, float(entry.get("time") or 0)) / 1000,
        why="" if _has_content(answer) else NO_CONTENT,
    )
    return RecordedExchange.of(exchange)


def _has_content(answer: Json) -> bool:
    content = answer.get("content") or {}
    return bool(content.get("text")) or int(content.get("size") or 0) <= 0


def _is_worker_api(scheme: str, path: str) -> bool:
    return scheme in _SCHEMES and f"{path}/".startswith(f"{worker_api().base_path}/")


def _headers(records: Iterable[Json]) -> Headers:
    """The headers with names in lower case. Leaves out HTTP/2 pseudo-headers, such as `:method`."""
    return tuple(
        (name, line)
        for record in records
        if TOKEN.fullmatch(name := str(record["name"]).lower()) and name not in _ENCODING_HEADERS
        for line in str(record["value"]).splitlines()
    )


def _request_body(post_data: Json) -> bytes:
    if not post_data.get("text") and post_data.get("params"):
        return urlencode([(param["name"], param.get("value", "")) for param in post_data["params"]]).encode()
    return _body(post_data)


def _body(content: Json) -> bytes:
    text = str(content.get("text") or "")
    return b64decode(text) if content.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass")
