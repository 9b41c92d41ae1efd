"""Garbles a part of a server's answers: wrong values, wrong bytes, wrong HTTP."""

from __future__ import annotations

import gzip
import json
import re
import threading
import traceback
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.contracts.changing_proxy import Answer, ProxiedRequest, changing_proxy
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
from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.markdown import markdown_report
from workerkit.openapi.formats.strict_json import render

_MOST_CHANGES = 4
_RATES = (0.02, 0.1, 0.3, 0.6)
_SANDBOXES: tuple[tuple[Writes, tuple[str, ...]], ...] = (
    *((Writes.ALL, ()), (Writes.ALL, ()), (Writes.NONE, ()), (Writes.SANDBOX, ("Campaign A",))),
)
_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMES = ("extra", "", "data", "id", "link_id", "success")
_JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 0.5, -0.0, 1e-320, 1e308, 2**53 + 1, 2**64, -(2**70), 10**400),
    *("", "x", "pending", "nonsense", "5", "true", "null", "\ud800", "\x00\x1b[31m", "đ" * 9, "x" * 70_000),
    *("00000000-0000-0000-0000-000000000000", "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE", "{}"),
    *("2025-13-45T99:99:99Z", "<b>&amp;</b>", float("nan"), float("inf")),
    *([], [None], [[]], {}, {"a": 1}, {"": None}, [{}] * 5),
)
_BODIES = (
    *(b"", b"null", b"5", b'"x"', b"[]", b"{}", b"<html>", b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"NaN"),
    *(b"[" * 100_000, b'{"data":' * 190 + b"1" + b"}" * 190, b'{"total":1e999}', b'{"a":1,"a":2}'),
    *(b'{"data":' + b"[" * 150 + b"]" * 150 + b"}", b'{"total":' + b"9" * 5000 + b"}", b"\x00" * 99),
    b'{"data":["\\ud800"],"total":1}',
)
# 429 is left out, because the run then waits.
_STATUSES = (
    *(200, 201, 202, 204, 205, 206, 226, 300, 301, 302, 304, 308, 400, 401, 403, 404, 405, 409, 413, 415),
    *(418, 422, 451, 499, 500, 501, 502, 503, 504, 505, 599, 600, 999, 101),
)
_HEADERS = (
    *(b"Content-Type: ", b"Content-Type: text/event-stream", b"Content-Type: \xff/\xfe;;=;"),
    *(b"Content-Type: text/html; charset=nonsense", b"Content-Type: application/json; =; charset"),
    *(b"Set-Cookie: a=b; expires=never; domain=.", b"Set-Cookie: =;;;\xff", b": empty", b"no colon"),
    *(b"X-Long: " + b"y" * 60_000, b"X-Many: 1\r\n" * 120 + b"X: 2", b"Location: http://[::1"),
    *(b"Retry-After: never", b"Content-Length: -5", b"Content-Length: many", b"Connection: close, \xff"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Content-Encoding: gzip", b"Date: x"),
    *(b"Content-Encoding: br, zstd, deflate", b"Content-Encoding: unknown", b"Allow: \x01"),
    *(b" folded: line", b"\xc3\xa9: x", b"Connection: keep-alive"),
)
_BEFORE = (b"HTTP/1.1 20 Short\r\n", b"HTTP/9.9 200 OK\r\n", b"\x16\x03\x01", b"HTTP/1.1\r\n", b"\r\n")
_AFTER = (b"{}", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x00" * 9000)


def garbled(answer: Answer, chance: Random) -> Answer:
    """The answer with a few things wrong. It ends its connection, so that no client waits for the rest."""
    for _ in range(chance.choice((1, 1, 1, 2))):
        answer = chance.choice(_GARBLERS)(answer, chance)
    return replace(answer, closes=True, resets=chance.random() < 0.1)


def _changed_json(answer: Answer, chance: Random) -> Answer:
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return answer
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        value = _changed(value, chance)
    return replace(answer, body=json.dumps(value).encode())


def _changed(value: Any, chance: Random) -> Any:
    """Changes one place in a JSON value, at any depth: removes it, repeats it, adds to it or replaces it."""
    junk = deepcopy(chance.choice(_JUNK))
    if not isinstance(value, dict | list) or not value or chance.random() < 0.05:
        return junk
    place: Any = chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
    action = chance.random()
    if action < 0.65:
        value[place] = _changed(value[place], chance)
    elif action < 0.85:
        del value[place]
    elif isinstance(value, dict):
        value[chance.choice(_NAMES)] = junk
    else:
        value.append(deepcopy(value[place]))
    return value


def _with_upper_ids(answer: Answer, _chance: Random) -> Answer:
    return replace(answer, body=_ID.sub(lambda found: found[0].upper(), answer.body))


def _with_other_body(answer: Answer, chance: Random) -> Answer:
    cut = answer.body[: chance.randrange(len(answer.body) + 1)]
    recoded = answer.body.decode("latin-1").encode("utf-16")
    return replace(answer, body=chance.choice((*_BODIES, cut, recoded, answer.body * 2)))


def _with_other_status(answer: Answer, chance: Random) -> Answer:
    return replace(answer, status=chance.choice(_STATUSES))


def _with_interim_answers(answer: Answer, chance: Random) -> Answer:
    interim = b"HTTP/1.1 %d Early\r\nLink: </a>\r\n\r\n" % chance.choice((100, 102, 103, 199))
    return replace(answer, before=interim * chance.randint(1, 3))


def _with_odd_header(answer: Answer, chance: Random) -> Answer:
    return replace(answer, headers=(*answer.headers, chance.choice(_HEADERS)))


def _compressed(answer: Answer, chance: Random) -> Answer:
    body = gzip.compress(answer.body)
    sent = body[: chance.randrange(len(body))] if chance.random() < 0.5 else body
    return replace(answer, headers=(*answer.headers, b"Content-Encoding: gzip"), body=sent)


def _cut(answer: Answer, chance: Random) -> Answer:
    return replace(answer, cut=chance.randint(1, len(answer.raw())))


def _with_bytes_after(answer: Answer, chance: Random) -> Answer:
    return replace(answer, after=chance.choice(_AFTER))


def _not_http(answer: Answer, chance: Random) -> Answer:
    return replace(answer, before=chance.choice(_BEFORE))


_GARBLERS: tuple[Callable[[Answer, Random], Answer], ...] = (
    # JSON with wrong values reaches more code of the kit than the rest, so most answers get this.
    *((_changed_json,) * 10),
    *(_with_upper_ids, _with_other_body, _with_other_body, _with_other_status, _with_other_status),
    *(_with_interim_answers, _with_odd_header, _with_odd_header, _compressed, _cut, _with_bytes_after),
    _not_http,
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

    def change(self, _request: ProxiedRequest, answer: Answer) -> Answer:
        """The answer, or the answer with a few things wrong."""
        with self.lock:
            if self.chance.random() >= self.rate:
                return answer
            self.count += 1
            return garbled(answer, self.chance)


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
    garbler = Garbler(chance, chance.choice(_RATES))
    writes, names = chance.choice(_SANDBOXES)
    plan = Plan(writes, max_requests=most, seed=seed, patience=20.0, sandbox_requests=names)
    with own_mock(seed) as mock, changing_proxy(mock.base_url, garbler.change) as base_url:
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
