"""Parses common requests quickly. All other requests are left to the full HTTP parser."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import httptools

from workerkit.mockserver.http.headers import BLANKS, HeaderSet, decode_headers, has_valid_host
from workerkit.mockserver.http.request import Request
from workerkit.openapi.spec.api import Api

_LINE_END, _HEAD_END = b"\r\n", b"\r\n\r\n"
_CACHE_SIZE, _LONGEST_CACHED = 512, 2048
_UNSUPPORTED = ("transfer-encoding", "expect")


class PlainRequestParser:
    """Parses plain requests to one API.

    A plain request is an HTTP/1.1 request with one of the API's methods and a path below its base path. It
    has one Host header, does not close or upgrade the connection, and its body has a content-length. Other
    requests may also be valid, but only the full HTTP parser can check them.
    """

    def __init__(self, api: Api) -> None:
        methods = "|".join(sorted({operation.method for operation in api.operations.values()}))
        path = re.escape(api.base_path) + r"/[\w./~-]*"
        self._line = re.compile(rf"({methods}) ({path})(?:\?([\w./~%&=,+:-]*))? HTTP/1\.1", re.ASCII)

    def parse(self, data: bytes) -> Request | None:
        """The request, if `data` is exactly one complete plain request; otherwise None."""
        line_end, end = data.find(_LINE_END), data.find(_HEAD_END)
        block = _header_block(data[line_end + 2 : end + 2]) if end >= 0 else None
        if block is None or len(data) != end + 4 + block.body_length:
            return None
        line = self._line.fullmatch(data[:line_end].decode("latin-1"))
        if line is None:
            return None
        method, path, query = line.groups("")
        return Request(method, path, query, block.headers, data[end + 4 :], is_too_large=False)

    def lacks_body(self, data: bytes) -> bool:
        """Whether `data` has the complete head of a plain request, but not its complete body."""
        head, end, body = data.partition(_HEAD_END)
        first, _, lines = (head + _LINE_END).partition(_LINE_END)
        block = _header_block(lines) if end else None
        if block is None or len(body) >= block.body_length:
            return False
        return self._line.fullmatch(first.decode("latin-1")) is not None


class _HeaderBlock(NamedTuple):
    """The headers of a plain request, and the length of its body."""

    headers: HeaderSet
    body_length: int


def _header_block(lines: bytes) -> _HeaderBlock | None:
    """Parses header lines. Returns None if the request is not plain, or if the lines are too long."""
    return _cached_header_block(lines) if len(lines) <= _LONGEST_CACHED else None


@lru_cache(maxsize=_CACHE_SIZE)
def _cached_header_block(lines: bytes) -> _HeaderBlock | None:
    # Some parsers also accept a single \r or \n as the end of a line. They would see other headers here.
    if not lines.count(b"\r") == lines.count(b"\n") == lines.count(_LINE_END):
        return None
    collector = _HeaderCollector()
    try:
        collector.parser.feed_data(b"GET / HTTP/1.1\r\n%s\r\n" % lines)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    if collector.closes_connection or not has_valid_host(collector.headers, "1.1"):
        return None
    headers = decode_headers(collector.headers)
    if any(name in _UNSUPPORTED for name, _ in headers.pairs):
        return None
    return _HeaderBlock(headers, int(headers.by_name.get("content-length", "0")))


class _HeaderCollector:
    """Collects the headers that an HTTP parser finds. Names are in lower case."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.headers: list[tuple[bytes, bytes]] = []
        self.closes_connection = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip(BLANKS)))

    def on_headers_complete(self) -> None:
        self.closes_connection = not self.parser.should_keep_alive()
