"""After a 429 the worker pauses, as long as it is told to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.trouble.attempts import Kind, kind, without_pause
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_SLACK = 0.1
_LONGEST = 5.0
# As many threads may ask for the same list, or send the same heartbeat, each for itself.
_THREADS = 8
_MOST_SHOWN = 3
_BEGAN, _NUMBER = attrgetter("began"), attrgetter("number")


@dataclass(frozen=True, slots=True)
class PauseOn429(Rule):
    """The request is not sent again before Retry-After is over; without one, as pause-on-401.

    A report comes from one thread only. Of other requests as many come early as there may be threads: 8. Of a
    Retry-After longer than 5 s, the first 5 s are judged.
    """

    id: ClassVar[str] = "pause-on-429"
    why: ClassVar[str] = "What comes too early is refused again, and the server counts it against the worker."
    careful: ClassVar[str] = "waits as many seconds as Retry-After says before it sends anything again"
    general: ClassVar[bool] = True

    attempts: Positive = 15

    def check(self, run: Run) -> list[Violation]:
        limited = [each for each in run.timed_exchanges if each.status == 429]
        same: dict[Kind, list[Exchange]] = {}
        for timed_exchange in run.timed_exchanges:
            same.setdefault(kind(timed_exchange), []).append(timed_exchange)
        early = [case for each in limited if (case := _early(run, each, same[kind(each)])) is not None]
        return self.found(early or list(self._hammered(run, limited)))

    def _hammered(self, run: Run, limited: list[Exchange]) -> Iterator[Breach]:
        hammered = without_pause(limited, self.attempts)
        if hammered:
            yield Breach(
                f"In {run.named(limited[0])} the worker was refused with 429, and it went on without a "
                "pause: "
                f"{len(hammered)} more attempts were refused within one second, up to "
                f"{run.named(hammered[-1])}.",
                tuple(each.number for each in (limited[0], *hammered)),
            )


def _early(run: Run, limited: Exchange, same: Sequence[Exchange]) -> Breach | None:
    wait = _retry_after(limited)
    over = limited.ended + min(wait, _LONGEST) - _SLACK
    first = max(bisect_left(same, limited.ended, key=_BEGAN), bisect_right(same, limited.number, key=_NUMBER))
    again = same[first : bisect_left(same, over, key=_BEGAN)]
    if len(again) <= (0 if limited.number in run.tasks_by_exchange else _THREADS):
        return None
    return Breach(
        f"In {run.named(limited)} the worker was refused with 429 and told by Retry-After to wait {wait:g} "
        "s, and "
        f"it sent the same again after {again[0].began - limited.ended:.3f} s, in {run.named(again[0])}.",
        tuple(each.number for each in (limited, *again[:_MOST_SHOWN])),
    )


def _retry_after(exchange: Exchange) -> float:
    """The seconds that an answer asks to wait; 0 where it says nothing of them."""
    given = dict(exchange.answer_headers).get("retry-after", "")
    return float(given) if given.isascii() and given.isdigit() else 0.0
