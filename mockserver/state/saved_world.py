"""One world as a line of the state file, and back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from workerkit.mockserver.state.world_origin import builder_of, origin_of
from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.journal import Journal, JournalNote
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.snapshot import director_from_snapshot, lazy_snapshot_of, moved_snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.json_parts import json_parts
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.spec.api import control_api
from workerkit.openapi.spec.flaw import first_flaw

Json = dict[str, Any]
MAX_EXCHANGES, MAX_BODY_BYTES = 1_000, 4 * 2**20
# What a clock did when it was saved: it ran, it was stopped, or it still waited for the first request.
_RUNS, _STANDS, _WAITS = "runs", "stands", "waits"


def world_line(
    director: Director, builder: WorldBuilder, *, now: Callable[[], float] = time.time
) -> Iterator[bytes]:
    """The line of a world in parts, some of them empty. It has the state at the time of the call.

    It has the newest exchanges of the journal: at most 1,000, and at most 4 MiB of bodies.
    """
    snapshot = lazy_snapshot_of(director, _newest(director.world.journal))
    extra = {
        "origin": origin_of(builder),
        "saved_at": now(),
        "clock_state": _clock_state(director.world.clock),
    }
    return _line({**extra, **snapshot})


def world_from(line: Json, *, now: Callable[[], float] = time.time) -> tuple[Director, WorldBuilder]:
    """The world of a line, and the builder that builds it as it began.

    A clock that ran has gone on in the meantime. One that was stopped still shows its time.

    Raises InvalidInputError, InvalidRequestError, UnknownChoiceError, AttributeError, KeyError, TypeError or
    ValueError if the line cannot be used.
    """
    snapshot = dict(line)
    origin, saved_at, clock_state = (snapshot.pop(name) for name in ("origin", "saved_at", "clock_state"))
    _check(snapshot)
    builder = builder_of(origin)
    if clock_state == _WAITS:
        snapshot = moved_snapshot(snapshot, float(int(now())))
    elif clock_state == _RUNS:
        clock = snapshot["clock"]
        snapshot["clock"] = {**clock, "at": clock["at"] + max(0.0, now() - saved_at)}
    return director_from_snapshot(builder(snapshot["world"]), snapshot), builder


def _check(snapshot: Json) -> None:
    validator = control_api().operations["restoreWorld"].body_validator
    if validator is not None and not validator.is_valid(snapshot):
        raise InvalidInputError(str(first_flaw(validator, snapshot, "world")))


def _line(value: Json) -> Iterator[bytes]:
    yield from json_parts(value)
    yield b"\n"


def _clock_state(clock: Clock) -> str:
    if clock.will_move:
        return _WAITS
    return _STANDS if clock.is_frozen or clock.peek() == clock.begin else _RUNS


def _newest(journal: Journal) -> list[Exchange | JournalNote]:
    chosen, size = deque[Exchange | JournalNote](), 0
    for entry in reversed(journal.newest(MAX_EXCHANGES)):
        size += len(entry.request_body) + len(entry.answer_body)
        if size > MAX_BODY_BYTES:
            break
        chosen.appendleft(entry)
    return list(chosen)
