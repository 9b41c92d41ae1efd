"""Sends the requests of a capsule again and compares what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from workerkit.mockserver.capsules.matching import Against, Difference, Matcher
from workerkit.mockserver.capsules.reconstruct import reconstructed
from workerkit.mockserver.capsules.sending import Address, send
from workerkit.mockserver.capsules.stage import Found, Stage, patience, stored
from workerkit.openapi.api import worker_api
from workerkit.openapi.dialect import Dialect
from workerkit.openapi.silence import silences
from workerkit.scenarios.capsule import Capsule, Recorded

Play = Callable[[Recorded], Recorded]


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


def replay_against(capsule: Capsule, address: Address, *, key: str | None = None) -> Replayed:
    """Replays a capsule against a server; a `key` takes the place of the recorded one. Raises Unreachable."""

    def play(recorded: Recorded) -> Recorded:
        return send(_with_key(recorded, key).exchange, address, patience=patience(recorded))

    return _compared(capsule, play, Against.SERVER)


def _replayed_in(found: Found, capsule: Capsule, against: Against) -> Replayed:
    with Stage(found) as stage:
        return _compared(capsule, stage.play, against)


def _compared(capsule: Capsule, play: Play, against: Against) -> Replayed:
    matcher = Matcher(against)
    for place, recorded in enumerate(capsule.recorded, 1):
        now = play(replace(recorded, exchange=matcher.translated(recorded.exchange)))
        difference = matcher.difference(recorded, now)
        if difference is not None:
            return Replayed(place, difference)
    return Replayed(len(capsule.recorded), None)


def _closest(capsule: Capsule) -> Replayed:
    """The replay in the dialect in which it comes furthest: choice by choice, while that helps."""
    dialect = Dialect()
    best = _in_dialect(capsule, dialect)
    while best.difference is not None:
        upto = replace(capsule, recorded=capsule.recorded[: best.played])
        better = next((each for each in _neighbours(dialect) if _explains(upto, capsule, each)), None)
        if better is None:
            break
        dialect, best = better, _in_dialect(capsule, better)
    return replace(best, dialect=dialect)


def _explains(upto: Capsule, whole: Capsule, dialect: Dialect) -> bool:
    """Whether the exchanges up to a difference come out as recorded in a dialect."""
    return _replayed_in(reconstructed(whole, dialect), upto, Against.RECONSTRUCTION).difference is None


def _in_dialect(capsule: Capsule, dialect: Dialect) -> Replayed:
    return _replayed_in(reconstructed(capsule, dialect), capsule, Against.RECONSTRUCTION)


def _neighbours(dialect: Dialect) -> list[Dialect]:
    return [
        Dialect(frozenset({**dict(dialect.choices), silence.id: value}.items()))
        for silence in silences().values()
        for value in silence.values
        if value != dialect[silence.id]
    ]


def _with_key(recorded: Recorded, key: str | None) -> Recorded:
    if key is None:
        return recorded
    name = worker_api().key_header
    headers = tuple((each, key if each == name else text) for each, text in recorded.exchange.request_headers)
    return replace(recorded, exchange=replace(recorded.exchange, request_headers=headers))
