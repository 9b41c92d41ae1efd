"""Attempts that are refused one after the other: whether a worker pauses between them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from workerkit.openapi.exchange import Exchange

# In-flight threads learn of the refusal, and the first short steps of an exponential backoff are over.
_GRACE = 0.25
_AT_ONCE = 3
# A thread that waits 0.1 s between two attempts sends the same request ten times a second.
_SAME = 10

Kind = tuple[str, str, str, bytes]


def kind(exchange: Exchange) -> Kind:
    """What two requests that are the same have in common."""
    return exchange.method, exchange.path, exchange.query, exchange.request_body


def without_pause(refused: Sequence[Exchange], limit: int) -> tuple[Exchange, ...]:
    """The fullest second in which `limit` attempts are a loop's, not many threads'; empty for none.

    Many threads that each pause repeat a few requests a few times each. A loop without a pause repeats one
    request more than ten times a second, or takes one new request after the other to be refused. In the first
    quarter of a second after the first refusal, three times as many attempts are allowed.
    """
    if not refused:
        return ()
    first = refused[0]
    new = _first_of_their_kind(refused)
    further = [exchange for exchange in refused if exchange.began >= first.ended]
    later = [exchange for exchange in further if exchange.began >= first.ended + _GRACE]
    return _fullest(later, new, limit) or _fullest(further, new, limit * _AT_ONCE)


def repeated_at_once(refused: Iterable[Exchange], limit: int, *, within: float) -> tuple[Exchange, ...]:
    """More than `limit` attempts at the same request within so many seconds; empty where there are none."""
    recent: dict[Kind, deque[Exchange]] = {}
    for attempt in refused:
        same = recent.setdefault(kind(attempt), deque())
        same.append(attempt)
        while attempt.began - same[0].began >= within:
            same.popleft()
        if len(same) > limit:
            return tuple(same)
    return ()


def chain_without_pause(refused: Iterable[Exchange], limit: int, *, pause: float) -> tuple[Exchange, ...]:
    """`limit` attempts at one request, each less than `pause` after the end of the one before; or none."""
    chains: dict[Kind, list[Exchange]] = {}
    for attempt in refused:
        chain = chains.setdefault(kind(attempt), [])
        if chain and attempt.began - chain[-1].ended >= pause:
            chain.clear()
        chain.append(attempt)
        if len(chain) >= limit:
            return tuple(chain)
    return ()


def in_quick_succession(refused: Iterable[Exchange], limit: int, *, pause: float) -> tuple[Exchange, ...]:
    """`limit` attempts at one request, each less than `pause` after the end of one before; or none.

    Unlike the attempts of a second, their number says the same of a worker that a busy machine slows down.
    """
    last: dict[Kind, Exchange] = {}
    quick: dict[Kind, list[Exchange]] = {}
    for attempt in refused:
        same = kind(attempt)
        if same in last and attempt.began - last[same].ended < pause:
            quick.setdefault(same, []).append(attempt)
            if len(quick[same]) >= limit:
                return tuple(quick[same])
        last[same] = attempt
    return ()


class _Second:
    """The attempts of one second, as it moves along."""

    def __init__(self, new: frozenset[int]) -> None:
        self._new = new
        self._fresh = 0
        self._kinds: Counter[Kind] = Counter()
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
        same = kind(attempt)
        self._kinds[same] += step
        if not self._kinds[same]:
            del self._kinds[same]
        self._fresh += step * (attempt.number in self._new)


def _fullest(attempts: Sequence[Exchange], new: frozenset[int], limit: int) -> tuple[Exchange, ...]:
    second = _Second(new)
    fullest: tuple[Exchange, ...] = ()
    for attempt in attempts:
        second.add(attempt)
        if len(second.attempts) > len(fullest) and second.is_loop(limit):
            fullest = tuple(second.attempts)
    return fullest


def _first_of_their_kind(exchanges: Sequence[Exchange]) -> frozenset[int]:
    firsts: dict[Kind, int] = {}
    for exchange in exchanges:
        firsts.setdefault(kind(exchange), exchange.number)
    return frozenset(firsts.values())
