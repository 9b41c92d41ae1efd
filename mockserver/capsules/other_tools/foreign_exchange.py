"""Makes an exchange from what another tool recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from workerkit.mockserver.capsules.file.capsule import (
    LEFT_OUT,
    NOT_COMPARED,
    REQUEST_LEFT_OUT,
    RecordedExchange,
)
from workerkit.mockserver.capsules.file.decompress import decompressed
from workerkit.mockserver.capsules.file.file_format import TOKEN, check_exchange
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import operation_of, worker_api

NO_CONTENT = f"{LEFT_OUT}: the recording does not contain it"
NO_ANSWER = f"{NOT_COMPARED}: the recording does not contain it"
_NO_REQUEST_BODY = f"{REQUEST_LEFT_OUT}: the recording does not contain it"
_SCHEMES = ("http", "https", "")
# The first bytes of compressed data.
_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_ENCODING_HEADER = "content-encoding"
# Some recordings have no times. An exchange without any gets this time.
UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
# The recording contains the body in one piece.
_TRANSFER_HEADERS = frozenset({"transfer-encoding"})
# The entries of a recording have an order, but some have the same time. So this number is added once to the
# time of entry 1, twice to the time of entry 2, and so on.
_SECONDS_BETWEEN_ENTRIES = 1e-6


class OddEntryError(WorkerkitError, ValueError):
    """An entry is not an exchange that a capsule can hold. The message says why."""


class OtherRequestError(WorkerkitError):
    """An entry is a request, but not one to the Worker API."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the request is not for the Worker API: {path}")
        self.path = path


class PreflightError(WorkerkitError):
    """An entry is a request with the method OPTIONS. Browsers send it on their own."""


@dataclass(frozen=True)
class Message:
    """A request or an answer as another tool has it.

    headers: names in any case.
    body: None if the recording does not contain the body.
    """

    headers: Iterable[tuple[str, str]] = ()
    body: bytes | None = b""


def api_target(method: str, url: str, base_path: str | None) -> tuple[str, str]:
    """The path and the query of a request to the Worker API, with the base path of the API page.

    base_path: the base path of the API in the recording. None if all requests are kept.

    Raises OtherRequestError, PreflightError or OddEntryError.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OddEntryError(phrase("its URL cannot be read: {error}", error=error)) from None
    if base_path is None:
        return parts.path, parts.query
    if parts.scheme not in _SCHEMES or not f"{parts.path}/".startswith(f"{base_path}/"):
        raise OtherRequestError(parts.path)
    if method == "OPTIONS":
        raise PreflightError(url)
    return worker_api().base_path + parts.path[len(base_path) :], parts.query


@dataclass(frozen=True)
class ForeignExchange:
    """One request with its answer, as another tool recorded it.

    target: the path and the query of the request.
    status: None if the recording does not contain the answer.
    began: the time of the request, in seconds since 1970.
    seconds: how long the exchange took.
    """

    method: str
    target: tuple[str, str]
    request: Message
    status: int | None
    began: float
    seconds: float = 0.0
    answer: Message = field(default_factory=Message)

    def recorded(self, number: int) -> RecordedExchange:
        """The exchange for a capsule. `number` is the number of the entry.

        Raises OddEntryError or ValueError for an exchange that no capsule can hold.
        """
        path, query = self.target
        began = self.began + number * _SECONDS_BETWEEN_ENTRIES
        has_answer = self.status is not None
        exchange = Exchange(
            number=number,
            operation=operation_of(self.method, path),
            server=None,
            method=self.method,
            path=path,
            query=query,
            request_headers=_headers(self.request),
            request_body=self.request.body or b"",
            status=self.status,
            answer_headers=_headers(self.answer) if has_answer else (),
            answer_body=(self.answer.body or b"") if has_answer else b"",
            began=began,
            ended=began + max(0.0, self.seconds),
            why="; ".join(self._unknown_parts()),
        )
        _check_characters(exchange)
        check_exchange(exchange)
        return RecordedExchange.of(decompressed(exchange))

    def _unknown_parts(self) -> Iterator[str]:
        """Sentences about what the recording does not contain."""
        if self.request.body is None:
            yield _NO_REQUEST_BODY
        if self.status is None:
            yield NO_ANSWER
        elif self.answer.body is None:
            yield NO_CONTENT


def whole_number(value: object, name: str) -> int:
    """A value as a whole number. `name` is its name for the message. Raises OddEntryError."""
    try:
        return int(str(value))
    except ValueError:
        raise OddEntryError(phrase("its {name} {value!r} is not a number", name=name, value=value)) from None


def _headers(message: Message) -> Headers:
    """The headers with names in lower case. Leaves out HTTP/2 pseudo-headers, such as `:method`.

    Some tools keep `content-encoding` although they have decompressed the body. Then the header is left out.
    """
    coding = _coding(message.body or b"")
    headers = tuple(
        (name.lower(), line)
        for name, text in message.headers
        if TOKEN.fullmatch(name)
        for line in text.splitlines()
        if name.lower() not in _TRANSFER_HEADERS and (coding is not None or name.lower() != _ENCODING_HEADER)
    )
    has_encoding = any(name == _ENCODING_HEADER for name, _ in headers)
    return headers if has_encoding or not coding else (*headers, (_ENCODING_HEADER, coding))


def _coding(body: bytes) -> str | None:
    """How a body is compressed. None if it is not; empty if it may be compressed in an unknown way."""
    for beginning, coding in ((_GZIP, "gzip"), (_ZSTD, "zstd")):
        if body.startswith(beginning):
            return coding
    try:
        body.decode()
    except UnicodeDecodeError:
        return ""
    return None


def _check_characters(exchange: Exchange) -> None:
    headers = (*exchange.request_headers, *exchange.answer_headers)
    texts = (exchange.path, exchange.query, *(text for _, text in headers))
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise OddEntryError(phrase("its URL or a header has half of a surrogate pair")) from None
