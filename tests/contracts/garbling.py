"""A proxy in front of the mock that garbles a part of the answers: wrong values, wrong bytes, wrong HTTP."""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import urlsplit

from workerkit.contracts.conformance import conform
from workerkit.contracts.report.command_report import command_report
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.silence_report import dialect_text
from workerkit.contracts.report.text import report_text
from workerkit.contracts.run.preflight import CannotTestError
from workerkit.contracts.sandbox.sandbox import NoSandboxError
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.mockserver.reports.html_page import html_report
from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.markdown import markdown_report
from workerkit.openapi.formats.strict_json import render

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UPPER_ID = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"
_JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 0.5, -0.0, 1e-320, 1e308, 2**53 + 1, 2**64, -(2**70), 10**400),
    *("", "x", "pending", "nonsense", "5", "true", "null", "\ud800", "\x00\x1b[31m", "đ" * 9, "x" * 70_000),
    *("00000000-0000-0000-0000-000000000000", _UPPER_ID, "{}", "2025-13-45T99:99:99Z", "<b>&amp;</b>"),
    *([], [None], [[]], {}, {"a": 1}, {"": None}, [{}] * 5, float("nan"), float("inf")),
)
_RESET = struct.pack("ii", 1, 0)
_MOST_CHANGES = 4
_SANDBOXES: tuple[tuple[Writes, tuple[str, ...]], ...] = (
    *((Writes.ALL, ()), (Writes.ALL, ()), (Writes.NONE, ()), (Writes.SANDBOX, ("Campaign A",))),
)


@dataclass(frozen=True)
class Answer:
    """An answer as bytes.

    status: the HTTP status.
    headers: lines, without the line for the length.
    body: the bytes of the body.
    before: bytes before the status line.
    after: bytes after the body.
    cut: how many bytes at the end are not sent. The connection is closed then.
    """

    status: int
    headers: tuple[bytes, ...]
    body: bytes
    before: bytes = b""
    after: bytes = b""
    cut: int = 0

    def raw(self) -> bytes:
        """All bytes of the answer."""
        lines = (b"HTTP/1.1 %d Any" % self.status, *self.headers, b"Content-Length: %d" % len(self.body))
        whole = self.before + b"\r\n".join(lines) + b"\r\n\r\n" + self.body + self.after
        return whole[: len(whole) - self.cut] if self.cut else whole


def garbled(answer: Answer, chance: Random) -> Answer:
    """The answer with a few things wrong."""
    for _ in range(chance.choice((1, 1, 1, 2))):
        answer = chance.choice(_GARBLERS)(answer, chance)
    return answer


def _changed_json(answer: Answer, chance: Random) -> Answer:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return answer
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        value = _changed(value, chance)
    return replace(answer, body=json.dumps(value).encode())


def _changed(value: Any, chance: Random) -> Any:
    """Changes one place in a JSON value, at any depth: removes it, repeats it, adds to it or replaces it."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.05:
        return chance.choice(_JUNK)
    place: Any = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    action = chance.random()
    if action < 0.65:
        value[place] = _changed(value[place], chance)
    elif action < 0.85:
        del value[place]
    elif isinstance(value, dict):
        value[chance.choice(("extra", "", "data", "id", "link_id", "success"))] = chance.choice(_JUNK)
    else:
        value.append(value[place])
    return value


def _upper_case(answer: Answer, _chance: Random) -> Answer:
    return replace(
        answer, body=answer.body.upper() if b"null" not in answer.body else _upper_ids(answer.body)
    )


def _upper_ids(body: bytes) -> bytes:
    """All hexadecimal letters in upper case, so that ids are in upper case and names are wrong."""
    return body.translate(bytes.maketrans(b"abcdef", b"ABCDEF"))


def _other_body(answer: Answer, chance: Random) -> Answer:
    bodies = (
        *(b"", b"null", b"5", b'"x"', b"[]", b"{}", b"<html>", b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"NaN"),
        *(b"[" * 100_000, b'{"data":' * 190 + b"1" + b"}" * 190, b'{"total":1e999}', b'{"a":1,"a":2}'),
        *(b'{"data":' + b"[" * 150 + b"]" * 150 + b"}", b'{"total":' + b"9" * 5000 + b"}", b"\x00" * 99),
        *(
            b'{"data":["\\ud800"],"total":1}',
            answer.body.decode().encode("utf-16"),
            answer.body + answer.body,
        ),
        answer.body[: chance.randrange(len(answer.body) + 1)],
    )
    return replace(answer, body=chance.choice(bodies))


def _other_status(answer: Answer, chance: Random) -> Answer:
    # 429 is left out, because the run then waits.
    statuses = (200, 201, 202, 204, 205, 206, 226, 300, 301, 302, 304, 308, 400, 401, 403, 404, 405, 409, 413)
    other = (415, 418, 422, 451, 499, 500, 501, 502, 503, 504, 505, 599, 600, 999, 101)
    return replace(answer, status=chance.choice(statuses + other))


def _interim(answer: Answer, chance: Random) -> Answer:
    status = chance.choice((100, 102, 103, 199))
    return replace(answer, before=b"HTTP/1.1 %d Early\r\nLink: </a>\r\n\r\n" % status * chance.randint(1, 3))


def _other_headers(answer: Answer, chance: Random) -> Answer:
    odd = (
        *(b"Content-Type: ", b"Content-Type: text/html; charset=nonsense", b"Content-Type: \xff/\xfe;;=;"),
        *(b"Set-Cookie: a=b; expires=never; domain=.", b"Set-Cookie: =;;;\xff", b": empty", b"no colon"),
        *(
            b"X-Long: " + b"y" * 60_000,
            b"X-Many: 1\r\n" * 120 + b"X: 2",
            b"Location: http://[::1",
            b"Allow: \x01",
        ),
        *(b"Retry-After: never", b"Content-Length: -5", b"Content-Length: many", b"Connection: close, \xff"),
        *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Content-Encoding: gzip", b"Date: x"),
        *(
            b"Content-Encoding: br, zstd, deflate",
            b"Content-Encoding: unknown",
            b" folded: line",
            b"\xc3\xa9: x",
        ),
    )
    return replace(answer, headers=(*answer.headers, chance.choice(odd)))


def _compressed(answer: Answer, chance: Random) -> Answer:
    body = gzip.compress(answer.body)
    wrong = body[: chance.randrange(len(body))] if chance.random() < 0.5 else body
    return replace(answer, headers=(*answer.headers, b"Content-Encoding: gzip"), body=wrong)


def _cut(answer: Answer, chance: Random) -> Answer:
    return replace(answer, cut=chance.randint(1, len(answer.raw())))


def _with_bytes_after(answer: Answer, chance: Random) -> Answer:
    return replace(
        answer, after=chance.choice((b"{}", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x00" * 9000))
    )


def _not_http(answer: Answer, chance: Random) -> Answer:
    lines = (b"HTTP/1.1 20 Short\r\n", b"HTTP/9.9 200 OK\r\n", b"\x16\x03\x01", b"HTTP/1.1\r\n", b"\r\n")
    return replace(answer, before=chance.choice(lines))


_GARBLERS: tuple[Callable[[Answer, Random], Answer], ...] = (
    # JSON with wrong values reaches more code of the kit than the rest, so most answers get this.
    *((_changed_json,) * 10),
    *(_upper_case, _other_body, _other_body, _other_status, _other_status, _interim, _other_headers),
    *(_other_headers, _compressed, _cut, _with_bytes_after, _not_http),
)


@dataclass
class Garbler:
    """Garbles answers with a probability.

    chance: the source of random numbers.
    rate: the probability that an answer is garbled.
    count: how many answers were garbled.
    """

    chance: Random
    rate: float
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, answer: Answer) -> Answer:
        with self.lock:
            if self.chance.random() >= self.rate:
                return answer
            self.count += 1
            return garbled(answer, self.chance)


@contextmanager
def garbling_proxy(upstream: str, garbler: Garbler) -> Iterator[str]:
    """A proxy to the server with this base URL. Gives its own base URL."""
    address = urlsplit(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(address.netloc, garbler))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{address.path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(upstream: str, garbler: Garbler) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.upstream = HTTPConnection(upstream)

        def finish(self) -> None:
            self.upstream.close()
            super().finish()

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.upstream.request(self.command, self.path, body, dict(self.headers))
            response = self.upstream.getresponse()
            kind = response.getheader("Content-Type", "application/json").encode()
            answer = Answer(response.status, (b"Content-Type: " + kind,), response.read())
            sent = garbler.answer(answer)
            self.wfile.write(sent.raw())
            # Every garbled answer ends its connection, so that no answer keeps the client waiting.
            if sent is not answer:
                self._close(with_reset=len(sent.body) % 2 == 0 and bool(sent.cut))

        def _close(self, *, with_reset: bool) -> None:
            self.close_connection = True
            if with_reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

        do_GET = do_POST = do_PUT = forward

        def handle(self) -> None:
            # The client may close the connection first.
            with suppress(OSError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@dataclass(frozen=True)
class GarbledRun:
    """The result of a run on garbled answers.

    count: how many answers were garbled.
    requests: how many requests the run sent.
    ended: why the run could not begin or ended early, or an empty text.
    failure: the trace of an error of workerkit, or an empty text.
    """

    count: int
    requests: int
    ended: str
    failure: str = ""


def garbled_run(seed: int, most: int) -> GarbledRun:
    """Runs the conformance tests on garbled answers, and makes all forms of the report.

    seed: the seed of the run, of the mock and of the garbled answers.
    most: the highest number of requests.
    """
    chance = Random(seed)
    garbler = Garbler(chance, chance.choice((0.02, 0.1, 0.3, 0.6)))
    writes, names = chance.choice(_SANDBOXES)
    plan = Plan(writes, max_requests=most, seed=seed, patience=20.0, sandbox_requests=names)
    with own_mock(seed) as mock, garbling_proxy(mock.base_url, garbler) as base_url:
        try:
            target, clock = replace(mock, base_url=base_url), RunClock(wait=lambda _: None)
            report = conform(target, plan, clock=clock, with_capsules=True)
            write_all_forms(report)
        except (CannotTestError, NoSandboxError) as error:
            return GarbledRun(garbler.count, 0, str(error))
        except Exception as error:
            return GarbledRun(garbler.count, 0, str(error), "".join(traceback.format_exception(error)))
    return GarbledRun(garbler.count, report.requests, report.end_reason)


def write_all_forms(report: Report) -> None:
    """Makes the report in all its forms."""
    render(report.as_json()).decode()
    report_text(report).encode()
    dialect_text(report.target, report.silence_reports).encode()
    for write in (html_report, junit_report, markdown_report):
        assert write(command_report(report))
    for finding in report.saved_findings:
        assert finding.scenario.encode()
        assert finding.capsule.encode()
    assert exit_code(report, strict=False) in (0, 1, 3)
