"""After a 401 the worker pauses."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.broken import Broken
from workerkit.scenarios.kinds import Positive
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.run import Run

# In-flight threads learn of the refusal, and the first short steps of an exponential backoff are over.
_GRACE = 0.25
_AT_ONCE = 3
# A thread that waits 0.1 s between two attempts sends the same request ten times a second.
_SAME = 10
_MOST_LISTED = 20

_Kind = tuple[str, str, str, bytes]


@dataclass(frozen=True, slots=True)
class PauseOn401(Rule):
    """No `attempts` further refused attempts within one second that only a loop makes, not many threads.

    Many threads that each pause repeat a few requests a few times each. A loop without a pause repeats one
    request more than ten times a second, or takes one new request after the other to be refused. In the first
    quarter of a second after the first refusal, three times as many attempts are allowed.
    """

    id: ClassVar[str] = "pause-on-401"
    why: ClassVar[str] = (
        "A key that is refused will be refused again at once, and the attempts load the server."
    )
    careful: ClassVar[str] = (
        "waits after a 401, longer each time (0.2 s, 0.4 s, 0.8 s and so on), and tries again"
    )
    general: ClassVar[bool] = True

    attempts: Positive = 15

    def check(self, run: Run) -> list[Broken]:
        refused = [exchange for exchange in run.exchanges if exchange.status == 401]
        if not refused:
            return []
        first = refused[0]
        new = _first_of_their_kind(refused)
        further = [exchange for exchange in refused if exchange.began >= first.ended]
        later = [exchange for exchange in further if exchange.began >= first.ended + _GRACE]
        hammered = _hammering(later, new, self.attempts) or _hammering(further, new, self.attempts * _AT_ONCE)
        return [self._finding(run, first, hammered)] if hammered else []

    def _finding(self, run: Run, first: Exchange, hammered: Sequence[Exchange]) -> Broken:
        last = hammered[-1]
        message = (
            f"Exchange {first.number} was refused with 401 at {run.since_start(first.began)}, and the worker "
            f"went on without a pause: {len(hammered)} more refused attempts within one second (exchanges "
            f"{hammered[0].number} to {last.number}, from {run.since_start(hammered[0].began)} to "
            f"{run.since_start(last.began)})."
        )
        numbers = (first.number, *(exchange.number for exchange in hammered))
        return self.broken(message, numbers[:_MOST_LISTED])


class _Second:
    """The attempts of one second, as it moves along."""

    def __init__(self, new: frozenset[int]) -> None:
        self._new = new
        self._fresh = 0
        self._kinds: Counter[_Kind] = Counter()
        self.attempts: deque[Exchange] = deque()

    def add(self, attempt: Exchange) -> None:
        self._count(attempt, +1)
        self.attempts.append(attempt)
        while attempt.began - self.attempts[0].began >= 1:
            self._count(self.attempts.popleft(), -1)

    def is_loop(self, limit: int) -> bool:
        repeated = len(self.attempts) >= limit and len(self.attempts) > _SAME * len(self._kinds)
        return repeated or self._fresh >= limit

    def _count(self, attempt: Exchange, step: int) -> None:
        kind = _kind(attempt)
        self._kinds[kind] += step
        if not self._kinds[kind]:
            del self._kinds[kind]
        self._fresh += step * (attempt.number in self._new)


def _hammering(attempts: Sequence[Exchange], new: frozenset[int], limit: int) -> tuple[Exchange, ...]:
    """The fullest second in which at least `limit` attempts are a loop's; empty where there is none."""
    second = _Second(new)
    fullest: tuple[Exchange, ...] = ()
    for attempt in attempts:
        second.add(attempt)
        if len(second.attempts) > len(fullest) and second.is_loop(limit):
            fullest = tuple(second.attempts)
    return fullest


def _first_of_their_kind(exchanges: Sequence[Exchange]) -> frozenset[int]:
    firsts: dict[_Kind, int] = {}
    for exchange in exchanges:
        firsts.setdefault(_kind(exchange), exchange.number)
    return frozenset(firsts.values())


def _kind(exchange: Exchange) -> _Kind:
    return exchange.method, exchange.path, exchange.query, exchange.request_body
