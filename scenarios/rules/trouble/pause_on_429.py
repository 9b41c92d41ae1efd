"""Rule pause-on-429: pause after a 429 for as long as the server says."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.http_date import read_http_date
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.trouble.attempts import RequestKey, request_key, without_pause
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_SLACK = 0.1
_LONGEST_CHECKED = 5.0
# Up to this many threads of a worker may each ask for the same list or send the same heartbeat.
_MOST_THREADS = 8
_MOST_LISTED = 3
_BEGAN, _NUMBER = attrgetter("began"), attrgetter("number")


@dataclass(frozen=True, slots=True)
class PauseOn429(Rule):
    """After a 429, the worker must not send the same request again before the time in Retry-After has passed.

    For a report, one early request breaks the rule. Other requests may come early 8 times, because several
    threads may send the same request. Only the first 5 s of a longer Retry-After are checked. Retry-After may
    be a number of seconds or a date. For a 429 without Retry-After, the worker must not send `attempts` more
    refused requests within one second.
    """

    id: ClassVar[str] = "pause-on-429"
    why: ClassVar[str] = phrase(
        "A request that comes too early is refused again, and the server may make the worker wait longer."
    )
    careful: ClassVar[str] = phrase(
        "waits as many seconds as Retry-After says, or until its date, before it sends anything again"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no request was answered 429")

    attempts: Positive = 15

    def check(self, run: Run) -> list[Violation]:
        limited = [exchange for exchange in run.timed_exchanges if exchange.status == 429]
        by_request: dict[RequestKey, list[Exchange]] = {}
        for exchange in run.timed_exchanges:
            by_request.setdefault(request_key(exchange), []).append(exchange)
        too_early = [_too_early(run, exchange, by_request[request_key(exchange)]) for exchange in limited]
        breaches = [breach for breach in too_early if breach is not None]
        return self.summarize(breaches or list(self._without_pause(run, limited)))

    def had_occasion(self, run: Run) -> bool:
        return any(exchange.status == 429 for exchange in run.own_exchanges)

    def _without_pause(self, run: Run, limited: list[Exchange]) -> Iterator[Breach]:
        repeated = without_pause(limited, self.attempts)
        if repeated:
            yield Breach(
                phrase(
                    "{refused}, and the worker went on without a pause: {repeated_count} more requests "
                    "were refused within one second, the last in {repeated_exchange}.",
                    refused=_refused(run, limited[0]),
                    repeated_count=len(repeated),
                    repeated_exchange=run.describe(repeated[-1]),
                ),
                tuple(exchange.number for exchange in (limited[0], *repeated)),
            )


def _too_early(run: Run, limited: Exchange, same_request: Sequence[Exchange]) -> Breach | None:
    seconds = _retry_after(run, limited)
    allowed_from = limited.ended + min(seconds, _LONGEST_CHECKED) - _SLACK
    first = max(
        bisect_left(same_request, limited.ended, key=_BEGAN),
        bisect_right(same_request, limited.number, key=_NUMBER),
    )
    early = same_request[first : bisect_left(same_request, allowed_from, key=_BEGAN)]
    if len(early) <= (0 if limited.number in run.tasks_by_exchange else _MOST_THREADS):
        return None
    pause = f"{seconds:.1f}".removesuffix(".0")
    return Breach(
        phrase(
            "{refused}, and Retry-After asked for a pause of {pause} s. The worker sent the same "
            "request again after {seconds:.3f} s, in {early_exchange}.",
            refused=_refused(run, limited),
            pause=pause,
            seconds=early[0].began - limited.ended,
            early_exchange=run.describe(early[0]),
        ),
        tuple(exchange.number for exchange in (limited, *early[:_MOST_LISTED])),
    )


def _refused(run: Run, limited: Exchange) -> str:
    return phrase(
        "The request of {limited_exchange} was refused with 429", limited_exchange=run.describe(limited)
    )


def _retry_after(run: Run, exchange: Exchange) -> float:
    """Returns the pause in seconds that Retry-After asks for. 0 if the header is missing or cannot be read.

    A worker compares a date with its own clock. So for a date, the pause is the shorter one of those by the
    clock of the world and by the real time.
    """
    text = dict(exchange.answer_headers).get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    date = read_http_date(text)
    return 0.0 if date is None else max(0.0, date - exchange.ended + min(0.0, run.clock_ahead))
