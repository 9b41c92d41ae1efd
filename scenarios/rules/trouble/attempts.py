"""Finds requests that a worker repeats without a pause after they were refused."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workerkit.openapi.exchange import Exchange

# In seconds after the first refusal. Until then, other threads may not know of the refusal, and the pauses
# of an exponential backoff are still short.
_GRACE = 0.25
_GRACE_FACTOR = 3
# A thread that waits 0.1 s between two attempts sends the same request ten times a second.
_MOST_REPEATS = 10
# Threads whose different requests were refused in this time may now all repeat the same request, for example
# the list of running tasks. In seconds.
_MEMORY = 5.0

RequestKey = tuple[str, str, str, bytes]


def request_key(exchange: Exchange) -> RequestKey:
    """Returns the method, path, query and body. Two requests with the same key are the same request."""
    return exchange.method, exchange.path, exchange.query, exchange.request_body


def is_failed(exchange: Exchange) -> bool:
    """Whether a request got a 5xx or no answer."""
    return exchange.status is None or exchange.status >= 500


def outages(exchanges: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """Returns lists of failed exchanges. An accepted exchange ends a list."""
    outage: list[Exchange] = []
    for exchange in exchanges:
        if is_failed(exchange):
            outage.append(exchange)
        elif exchange.accepted:
            yield outage
            outage = []
    yield outage


def without_pause(refused: Sequence[Exchange], limit: int) -> tuple[Exchange, ...]:
    """Returns the refused attempts of the busiest second in which the worker ran a loop without a pause.

    Returns an empty tuple if there is no such second.

    A second with such a loop has `limit` attempts or more, and more than ten for each thread. A worker has at
    most as many threads as different requests were refused in the last five seconds. Or the second has
    `limit` requests that were not refused before. Threads that pause send only a few requests a second, so
    they are no loop.

    The search first leaves out the quarter of a second after the first refusal. If it finds no loop, it
    starts again with this quarter of a second, and with three times `limit`.
    """
    if not refused:
        return ()
    first = refused[0]
    new_requests, threads = _numbers_of_new_requests(refused), _most_threads(refused)
    after_refusal = [exchange for exchange in refused if exchange.began >= first.ended]
    after_grace = [exchange for exchange in after_refusal if exchange.began >= first.ended + _GRACE]
    return _busiest_second(after_grace, new_requests, threads, limit) or _busiest_second(
        after_refusal, new_requests, threads, limit * _GRACE_FACTOR
    )


def repeated_at_once(refused: Iterable[Exchange], limit: int, *, within: float) -> tuple[Exchange, ...]:
    """Returns more than `limit` attempts at the same request within `within` seconds.

    Returns an empty tuple if there are none.
    """
    recent_by_request: dict[RequestKey, deque[Exchange]] = {}
    for attempt in refused:
        recent = recent_by_request.setdefault(request_key(attempt), deque())
        recent.append(attempt)
        while attempt.began - recent[0].began >= within:
            recent.popleft()
        if len(recent) > limit:
            return tuple(recent)
    return ()


def chain_without_pause(refused: Iterable[Exchange], limit: int, *, pause: float) -> tuple[Exchange, ...]:
    """Returns `limit` attempts in a row at the same request, with pauses of less than `pause` seconds.

    A pause is the time from the end of an attempt to the start of the next one. Returns an empty tuple if
    there are no such attempts.
    """
    chains: dict[RequestKey, list[Exchange]] = {}
    for attempt in refused:
        chain = chains.setdefault(request_key(attempt), [])
        if chain and attempt.began - chain[-1].ended >= pause:
            chain.clear()
        chain.append(attempt)
        if len(chain) >= limit:
            return tuple(chain)
    return ()


def in_quick_succession(refused: Iterable[Exchange], limit: int, *, pause: float) -> tuple[Exchange, ...]:
    """Returns `limit` attempts at the same request. Each came less than `pause` seconds after the one before.

    Attempts after a longer pause are not counted, but they do not end the count. So the count does not depend
    on how busy the machine is. Returns an empty tuple if there are fewer attempts.
    """
    last: dict[RequestKey, Exchange] = {}
    quick: dict[RequestKey, list[Exchange]] = {}
    for attempt in refused:
        key = request_key(attempt)
        if key in last and attempt.began - last[key].ended < pause:
            quick.setdefault(key, []).append(attempt)
            if len(quick[key]) >= limit:
                return tuple(quick[key])
        last[key] = attempt
    return ()


class _SlidingSecond:
    """The newest attempt and the attempts in the second before it. `add` drops older attempts."""

    def __init__(self, new_requests: frozenset[int]) -> None:
        self._new_requests = new_requests
        self._new_count = 0
        self.attempts: deque[Exchange] = deque()

    def add(self, attempt: Exchange) -> None:
        self._new_count += attempt.number in self._new_requests
        self.attempts.append(attempt)
        while attempt.began - self.attempts[0].began >= 1:
            self._new_count -= self.attempts.popleft().number in self._new_requests

    def is_loop(self, limit: int, threads: int) -> bool:
        count = len(self.attempts)
        is_repeated = count >= limit and count > _MOST_REPEATS * threads
        return is_repeated or self._new_count >= limit


def _busiest_second(
    attempts: Sequence[Exchange], new_requests: frozenset[int], threads: Mapping[int, int], limit: int
) -> tuple[Exchange, ...]:
    second = _SlidingSecond(new_requests)
    busiest: tuple[Exchange, ...] = ()
    for attempt in attempts:
        second.add(attempt)
        if len(second.attempts) > len(busiest) and second.is_loop(limit, threads[attempt.number]):
            busiest = tuple(second.attempts)
    return busiest


def _most_threads(refused: Sequence[Exchange]) -> dict[int, int]:
    """Returns by exchange number how many different requests were refused in the five seconds before it."""
    recent: deque[Exchange] = deque()
    count_by_request: Counter[RequestKey] = Counter()
    threads: dict[int, int] = {}
    for attempt in refused:
        recent.append(attempt)
        count_by_request[request_key(attempt)] += 1
        while attempt.began - recent[0].began >= _MEMORY:
            oldest = request_key(recent.popleft())
            count_by_request[oldest] -= 1
            if not count_by_request[oldest]:
                del count_by_request[oldest]
        threads[attempt.number] = len(count_by_request)
    return threads


def _numbers_of_new_requests(exchanges: Sequence[Exchange]) -> frozenset[int]:
    """Returns the numbers of the exchanges whose request was not sent before."""
    first_numbers: dict[RequestKey, int] = {}
    for exchange in exchanges:
        first_numbers.setdefault(request_key(exchange), exchange.number)
    return frozenset(first_numbers.values())
