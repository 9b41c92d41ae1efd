"""Requests in their usual form, in one piece, are read without the whole machinery of HTTP."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import httptools

from workerkit.mockserver.http.headers import HeaderSet, header_set
from workerkit.mockserver.http.request import Request
from workerkit.openapi.spec.api import Api

_LINE, _HEAD = b"\r\n", b"\r\n\r\n"
_MOST_KEPT, _LONGEST_BLOCK = 512, 2048
_UNUSUAL = ("transfer-encoding", "expect")


class PlainReader:
    """Reads requests to an API that nothing in HTTP makes special, one at a time.

    Plain is a request by one of the API's methods to a path below its base, in HTTP/1.1, that leaves the
    connection as it is and whose body, if any, has a length. What is not plain may be quite sound, but HTTP's
    own parser has to say so.
    """

    def __init__(self, api: Api) -> None:
        methods = "|".join(sorted({operation.method for operation in api.operations.values()}))
        path = re.escape(api.base_path) + r"/[\w./~-]*"
        self._line = re.compile(rf"({methods}) ({path})(?:\?([\w./~%&=,+:-]*))? HTTP/1\.1", re.ASCII)

    def read(self, data: bytes) -> Request | None:
        """The request that the data are, no more and no less; None where they are anything else."""
        line_end, end = data.find(_LINE), data.find(_HEAD)
        block = _block(data[line_end + 2 : end + 2]) if end >= 0 else None
        if block is None or len(data) != end + 4 + block.length:
            return None
        line = self._line.fullmatch(data[:line_end].decode("latin-1"))
        if line is None:
            return None
        method, path, query = line.groups("")
        return Request(method, path, query, block.headers, data[end + 4 :], oversize=False)

    def lacks_body(self, data: bytes) -> bool:
        """Whether the data are the whole head of a plain request, and not yet its whole body."""
        head, end, body = data.partition(_HEAD)
        first, _, fields = (head + _LINE).partition(_LINE)
        block = _block(fields) if end else None
        if block is None or len(body) >= block.length:
            return False
        return self._line.fullmatch(first.decode("latin-1")) is not None


class _Block(NamedTuple):
    """The lines of headers of plain requests, and the length of the body that they announce."""

    headers: HeaderSet
    length: int


def _block(lines: bytes) -> _Block | None:
    """What the header lines of a request say; None where it is not plain. Clients repeat their lines."""
    return _kept(lines) if len(lines) <= _LONGEST_BLOCK else None


@lru_cache(maxsize=_MOST_KEPT)
def _kept(lines: bytes) -> _Block | None:
    # A bare end of a line ends it for older parsers, and two of them a head.
    if not lines.count(b"\r") == lines.count(b"\n") == lines.count(_LINE):
        return None
    listener = _Listener()
    try:
        listener.parser.feed_data(b"GET / HTTP/1.1\r\n%s\r\n" % lines)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    headers = header_set(listener.headers)
    if listener.ends_connection or any(name in _UNUSUAL for name, _ in headers.pairs):
        return None
    return _Block(headers, int(headers.named.get("content-length", "0")))


class _Listener:
    """Hears what a parser finds in one head; header names are in lower case."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.headers: list[tuple[bytes, bytes]] = []
        self.ends_connection = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.ends_connection = not self.parser.should_keep_alive()
