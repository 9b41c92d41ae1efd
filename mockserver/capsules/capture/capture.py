"""A capsule of what happened in a world of the mock."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, Recorded
from workerkit.mockserver.capsules.file.decompress import unpacked
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Secret
from workerkit.openapi.masking.pseudonyms import Pseudonyms, secrets_of
from workerkit.scenarios.faults import (
    CloseInBody,
    Fault,
    Garbage,
    LostAnswer,
    MalformedChunk,
    PartialBulk,
    Reset,
    ResetInBody,
)
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.struck_faults import AppliedFaults

Json = Mapping[str, Any]


def taken(
    director: Director,
    beginning: Json,
    *,
    notes: Iterable[str] = (),
    salt: bytes | None = None,
) -> Capsule:
    """The capsule of all exchanges of a world that began as a snapshot has it, without secrets.

    The source of the scenario that is played in it is in the capsule, unless the library has it. Where the
    journal no longer has the first of the exchanges, a note says so.
    """
    world, scenario = director.world, director.scenario
    exchanges = list(world.journal)
    names = pseudonyms_of(world, exchanges, salt or secrets.token_bytes(32))
    endings = [_ending(exchange, world.struck.get(exchange.number)) for exchange in exchanges]
    disguised = (names.disguised(unpacked(exchange)) for exchange in exchanges)
    recorded = [Recorded(each, ending) for each, ending in zip(disguised, endings, strict=True)]
    notes = [*notes, *_gaps(world, beginning)]
    return Capsule(
        began=float(beginning["clock"]["at"]),
        recorded=tuple(recorded),
        world=names.value(dict(beginning)),
        scenario=names.text(scenario.source) if scenario else "",
        notes=tuple(map(names.text, notes)),
    )


def notes_of(scenario: Scenario, verdict: Verdict) -> list[str]:
    """What is to be known of a capsule of a scenario that was judged."""
    broken = [f"broken: {each.rule}: {each.message}" for each in verdict.broken]
    return [f"scenario {scenario.name}: {scenario.title}", *broken]


def pseudonyms_of(world: World, exchanges: Iterable[Exchange], salt: bytes) -> Pseudonyms:
    """Pseudonyms for all secrets of a world, and for those that came with exchanges."""
    came = (secret for exchange in exchanges for secret in secrets_of(exchange))
    return Pseudonyms(dict.fromkeys([*_secrets_of(world), *came]), salt=salt)


def _secrets_of(world: World) -> Iterator[Secret]:
    yield from (("key", key) for key in world.known_keys())
    for account in world.accounts.values():
        yield "password", account.password
        yield "email", account.email


def _ending(exchange: Exchange, struck: AppliedFaults | None) -> Ending:
    faults = struck.faults if struck else ()
    begun = exchange.status is not None
    if exchange.why.endswith("; the client went away"):
        return Ending.HUNG
    if begun and _has(faults, ResetInBody):
        return Ending.RESET_IN_ANSWER
    if not begun and any(map(_resets, faults)):
        return Ending.RESET
    if _has(faults, Garbage, MalformedChunk):
        return Ending.GARBLED
    if begun:
        return Ending.CUT if _has(faults, CloseInBody) else Ending.WHOLE
    return Ending.CLOSED


def _resets(fault: Fault) -> bool:
    match fault:
        case LostAnswer(by=by):
            return by == "reset"
        case PartialBulk(then=then):
            return then == "lost"
    return isinstance(fault, ResetInBody | Reset)


def _has(faults: Iterable[Fault], *kinds: type[Fault]) -> bool:
    return any(isinstance(fault, kinds) for fault in faults)


def _gaps(world: World, beginning: Json) -> Iterator[str]:
    if world.journal.dropped > int(beginning["exchanges"]):
        yield f"the first {world.journal.dropped} exchanges were no longer kept"
