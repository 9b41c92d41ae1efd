"""Plain requests. The quick parser must find the same as the full HTTP parser."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

import httptools
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.server.plain_request import PlainRequestParser
from workerkit.openapi.spec.api import worker_api

PARSER = PlainRequestParser(worker_api())
BASE = b"/api/v1/worker"
PLAIN = b"POST " + BASE + b"/health HTTP/1.1\r\nHost: a\r\nX-API-Key: k\r\nContent-Length: 2\r\n\r\n{}"


def with_line(line: bytes) -> bytes:
    """The plain request with one more line behind its Host header."""
    return PLAIN.replace(b"Host: a\r\n", b"Host: a\r\n" + line)


def test_a_plain_request_is_parsed() -> None:
    request = PARSER.parse(PLAIN)
    assert request is not None
    assert (request.method, request.path, request.query, request.body) == (
        "POST",
        "/api/v1/worker/health",
        "",
        b"{}",
    )
    assert request.headers.pairs == (("host", "a"), ("x-api-key", "k"), ("content-length", "2"))
    assert not request.is_too_large


def test_a_query_is_not_decoded() -> None:
    request = PARSER.parse(b"GET " + BASE + b"/tasks?limit=5&status=a%2Cb+c HTTP/1.1\r\nHost: a\r\n\r\n")
    assert request is not None
    assert (request.path, request.query, request.headers.pairs) == (
        "/api/v1/worker/tasks",
        "limit=5&status=a%2Cb+c",
        (("host", "a"),),
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        PLAIN[:-1],
        PLAIN[:60],
        PLAIN + b"G",
        PLAIN + PLAIN,
        b"\r\n" + PLAIN,
        PLAIN.replace(b"POST", b"HEAD"),
        PLAIN.replace(b"POST", b"BREW"),
        PLAIN.replace(b"1.1", b"1.0"),
        PLAIN.replace(BASE, b"/_mock"),
        PLAIN.replace(b"/health", b""),
        PLAIN.replace(b"/health", b"/tasks/%41"),
        PLAIN.replace(b"/health", b"/health#a"),
        PLAIN.replace(BASE, b"http://a" + BASE),
        with_line(b"Connection: close\r\n"),
        with_line(b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        with_line(b"Expect: 100-continue\r\n"),
        PLAIN.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: 2\r\nContent-Length: 2"),
        PLAIN.replace(b"Content-Length: 2", b"Content-Length: two"),
        PLAIN.replace(b"Host: a\r\n", b""),
        with_line(b"Host: a\r\n"),
        with_line(b"X-Long: " + b"a" * 2048 + b"\r\n"),
        with_line(b"no colon\r\n"),
        with_line(b"X: a\nContent-Length: 0\r\n"),
        with_line(b"X: a\n\r\n"),
        with_line(b"X: a\rb\r\n"),
        with_line(b"X: a\r\n folded\r\n"),
        with_line(b"X: a\0\r\n"),
    ],
)
def test_other_requests_are_left_to_the_full_parser(data: bytes) -> None:
    assert PARSER.parse(data) is None


@pytest.mark.parametrize(("data", "lacks_body"), [(PLAIN[:-2], True), (PLAIN[:-1], True), (PLAIN, False)])
def test_a_head_without_its_complete_body_is_recognized(data: bytes, lacks_body: bool) -> None:
    assert PARSER.lacks_body(data) is lacks_body


@pytest.mark.parametrize(
    "data", [b"", PLAIN[:20], PLAIN[:-4], PLAIN + b"G", PLAIN.replace(b"POST", b"BREW")[:-1], PLAIN[4:-2]]
)
def test_other_incomplete_data_is_left_to_the_full_parser(data: bytes) -> None:
    assert not PARSER.lacks_body(data)


# Comparison with the full parser


@dataclass
class FullParse:
    """The parts of a request that the full HTTP parser finds."""

    urls: list[bytes] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    complete: int = 0
    keeps_alive: bool = False
    parser: Any = None

    def on_url(self, url: bytes) -> None:
        self.urls.append(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.keeps_alive = self.parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete += 1


def parse_fully(data: bytes) -> FullParse | None:
    """The result of the full HTTP parser, or None if it refuses the bytes."""
    found = FullParse()
    found.parser = httptools.HttpRequestParser(found)
    with contextlib.suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
        found.parser.feed_data(data)
        return found
    return None


TARGETS = [BASE + b"/tasks", BASE + b"/tasks/bulk", BASE + b"/health", BASE + b"/x?a=1&b=%20"]
PIECES = [
    b"User-Agent: a\r\n",
    b"Content-Length: 2\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length:  2 \r\n",
    b"Connection: keep-alive\r\n",
    b"Connection: close\r\n",
    b"Connection: Upgrade\r\n",
    b"Upgrade: h2c\r\n",
    b"X-Odd: \xff\xfe\t\r\n",
    b"X-API-Key:k\r\n",
    b"X-API-Key: k \r\n",
    b"Expect: 100-continue\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b" folded\r\n",
    b"X: a\n",
    b"\n",
    b"\r",
    b":\r\n",
]


@settings(max_examples=400, deadline=None)
@example(b"POST", TARGETS[0], [b"Content-Length: 2\r\n", b"X: a\n", b"\n"], b"{}")
@given(
    st.sampled_from([b"GET", b"POST", b"PUT", b"PATCH", b"CONNECT"]),
    st.sampled_from(TARGETS) | st.binary(max_size=3).map(lambda suffix: TARGETS[0] + suffix),
    st.lists(st.sampled_from(PIECES[:10] * 3 + PIECES) | st.binary(max_size=3), max_size=5),
    st.sampled_from([b"", b"{}", b"{}GET"]),
)
def test_both_parsers_find_the_same(method: bytes, target: bytes, lines: list[bytes], body: bytes) -> None:
    data = b"%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n%s" % (method, target, b"".join(lines), body)
    request = PARSER.parse(data)
    if request is None:
        return
    found = parse_fully(data)
    assert found is not None
    assert (found.complete, found.keeps_alive, found.body) == (1, True, request.body)
    assert (method.decode(), b"".join(found.urls)) == (request.method, target)
    assert found.parser.get_method() == method
    assert f"{request.path}?{request.query}".rstrip("?").encode() == target.rstrip(b"?")
    assert (
        tuple((name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in found.headers)
        == request.headers.pairs
    )
