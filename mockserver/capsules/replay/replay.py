"""Sends the requests of a capsule again and compares what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.http.client import Address, send
from workerkit.mockserver.capsules.replay.matching import Against, Difference, Matcher
from workerkit.mockserver.capsules.replay.reconstruct import reconstructed
from workerkit.mockserver.capsules.replay.replay_mock import Found, ReplayMock, patience, stored
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.silence import Silence, silences

SendAgain = Callable[[Recorded], Recorded]
_LIKE = Against.RECONSTRUCTION
# What more silences than these decide together is taken for a difference.
_TOGETHER = 3


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a replay came out: None as `difference` where all came as recorded. `played` counts exchanges.

    `dialect` has the choices by which the mock came closest to a server that was recorded.
    """

    played: int
    difference: Difference | None
    dialect: Dialect | None = None


def replay(capsule: Capsule, *, name: str) -> Replayed:
    """Replays a capsule against the mock: in its own world or, where it has none, in one made from it.

    `name` is the file's. In a world made from what was seen nothing is a difference that some dialect
    explains. Raises NotUnderstood.
    """
    if capsule.world is not None:
        return _replayed_in(stored(capsule, name=name), capsule, Against.WORLD)
    return _closest(capsule)


def replay_in(capsule: Capsule, dialect: Dialect) -> Replayed:
    """Replays a capsule in a world made from it in this dialect, whatever another one would explain."""
    return _replayed_in(reconstructed(capsule, dialect), capsule, _LIKE)


def replay_against(
    capsule: Capsule,
    address: Address,
    *,
    keys: Mapping[str, str],
    pace: Callable[[], None] = lambda: None,
) -> Replayed:
    """Replays a capsule against a server, with other `keys` in the place of recorded ones.

    `pace` is called before each request, and returns when it may leave. Raises Unreachable.
    """

    def play(recorded: Recorded) -> Recorded:
        pace()
        return send(_with_key(recorded, keys).exchange, address, patience=patience(recorded))

    return _compared(capsule, play, Against.SERVER)


def _replayed_in(found: Found, capsule: Capsule, against: Against) -> Replayed:
    with ReplayMock(found) as mock:
        return _compared(capsule, mock.play, against)


def _compared(capsule: Capsule, play: SendAgain, against: Against) -> Replayed:
    matcher = Matcher(against)
    for place, recorded in enumerate(capsule.recorded, 1):
        now = play(replace(recorded, exchange=matcher.translated(recorded.exchange)))
        difference = matcher.difference(recorded, now)
        if difference is not None:
            return Replayed(place, difference)
    return Replayed(len(capsule.recorded), None)


def _closest(capsule: Capsule) -> Replayed:
    """The replay in the dialect in which it comes furthest, by as few choices as explain a difference."""
    dialect = Dialect()
    best = replay_in(capsule, dialect)
    while best.difference is not None:
        tries = _Tries(capsule, best.played)
        better = _explaining(tries, dialect, best, depth=_TOGETHER)
        if better is None:
            return _nearest(tries, dialect, best)
        dialect, best = better, replay_in(capsule, better)
    return replace(best, dialect=dialect)


class _Tries:
    """Replays of the first so many exchanges of a capsule in one dialect after another, in each once."""

    def __init__(self, capsule: Capsule, count: int) -> None:
        self._capsule = capsule
        self._upto = replace(capsule, recorded=capsule.recorded[:count])
        self._known: dict[Dialect, Replayed] = {}

    def replayed(self, dialect: Dialect) -> Replayed:
        """How they come out in a dialect."""
        if dialect not in self._known:
            self._known[dialect] = _replayed_in(reconstructed(self._capsule, dialect), self._upto, _LIKE)
        return self._known[dialect]


def _nearest(tries: _Tries, dialect: Dialect, best: Replayed) -> Replayed:
    """What no dialect explains, shown by one in which at least the status is as recorded."""
    if best.difference is not None and best.difference.place == "status":
        for neighbour in _neighbours(dialect):
            replayed = tries.replayed(neighbour)
            if _tells(replayed, best) and replayed.difference and replayed.difference.place != "status":
                return replace(replayed, dialect=neighbour)
    return replace(best, dialect=dialect)


def _explaining(tries: _Tries, dialect: Dialect, best: Replayed, depth: int) -> Dialect | None:
    """A dialect with up to `depth` other choices in which the exchanges up to a difference come as recorded.

    What one choice changes at the difference, though not to what was recorded, others are tried beside.
    """
    neighbours = _neighbours(dialect)
    found = next(
        (neighbour for neighbour in neighbours if tries.replayed(neighbour).difference is None), None
    )
    if found is not None or depth == 1:
        return found
    telling = [neighbour for neighbour in neighbours if _tells(tries.replayed(neighbour), best)]
    further = (_explaining(tries, each, tries.replayed(each), depth - 1) for each in telling)
    return next((each for each in further if each is not None), None)


def _tells(replayed: Replayed, best: Replayed) -> bool:
    """Whether a choice changes what comes at the difference, and nothing before it."""
    return replayed.played == best.played and replayed.difference != best.difference


def _neighbours(dialect: Dialect) -> list[Dialect]:
    """The dialects that differ from one in a single choice."""
    others = (
        (silence, value)
        for silence in silences().values()
        for value in silence.values
        if value != dialect[silence.id]
    )
    return [_with(dialect, silence, value) for silence, value in others]


def _with(dialect: Dialect, silence: Silence, value: str) -> Dialect:
    kept = {name: choice for name, choice in dialect.choices if name != silence.id}
    return Dialect(frozenset((kept if value == silence.default else {**kept, silence.id: value}).items()))


def _with_key(recorded: Recorded, keys: Mapping[str, str]) -> Recorded:
    name, given = worker_api().key_header, recorded.exchange.request_headers
    headers = tuple((each, keys.get(text, text) if each == name else text) for each, text in given)
    return replace(recorded, exchange=replace(recorded.exchange, request_headers=headers))
