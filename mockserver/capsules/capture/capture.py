"""Makes a capsule of the exchanges of one world of the mock."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.decompress import decompressed
from workerkit.mockserver.capsules.file.note_phrase import broken_note, scenario_note
from workerkit.mockserver.world.journal import as_exchange
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.snapshot import moved_snapshot
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.steps import Steps
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.masking.mask import Secret
from workerkit.openapi.masking.pseudonyms import Pseudonyms, secrets_of
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer
from workerkit.scenarios.faults.mislead.partial_bulk import PartialBulk
from workerkit.scenarios.faults.refuse.reset import Reset
from workerkit.scenarios.faults.spoil.close_in_body import CloseInBody
from workerkit.scenarios.faults.spoil.garbage import Garbage
from workerkit.scenarios.faults.spoil.malformed_chunk import MalformedChunk
from workerkit.scenarios.faults.spoil.reset_in_body import ResetInBody
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.applied_faults import AppliedFaults

Json = Mapping[str, Any]


def capture_world(
    director: Director,
    first_snapshot: Json,
    *,
    notes: Iterable[str] = (),
    salt: bytes | None = None,
) -> Capsule:
    """The capsule of all exchanges in the world's journal, without secrets.

    first_snapshot: the snapshot of the world before its first exchange.
    notes: the notes of the capsule.
    salt: the pseudonyms depend on it: the same salt gives the same pseudonyms. Random by default.

    If the library does not have the scenario, the capsule contains the source of the scenario. If the
    journal has dropped its first exchanges, a note says how many.
    """
    world, scenario = director.world, director.scenario
    first_snapshot = moved_snapshot(first_snapshot, world.clock.begin)
    exchanges = list(world.journal)
    pseudonyms = world_pseudonyms(world, exchanges, salt or secrets.token_bytes(32))
    notes = [*notes, *_dropped_note(world, int(first_snapshot["exchanges"]))]
    return Capsule(
        began=float(first_snapshot["clock"]["at"]),
        recorded=_recorded(world, exchanges, pseudonyms),
        world=pseudonyms.value(dict(first_snapshot)),
        scenario=pseudonyms.text(scenario.source) if scenario else "",
        notes=tuple(map(pseudonyms.text, notes)),
    )


def capture_exchanges_in_steps(world: World) -> Steps[Capsule]:
    """The capsule of all exchanges in the world's journal, without secrets and without the world.

    A replay finds out from the exchanges what the world had, as for a recorded server. A step never takes
    more than one exchange.
    """
    entries, notes = world.journal.newest(), tuple(_dropped_note(world, 0))
    found = dict.fromkeys(_secrets_of(world))
    exchanges = []
    for entry in entries:
        exchanges.append(as_exchange(entry))
        found |= dict.fromkeys(secrets_of(exchanges[-1]))
        yield
    pseudonyms = Pseudonyms(found, salt=secrets.token_bytes(32))
    recorded = []
    for exchange in exchanges:
        recorded.append(_recorded_exchange(world, exchange, pseudonyms))
        yield
    return Capsule(began=world.clock.begin, recorded=tuple(recorded), notes=notes)


def verdict_notes(scenario: Scenario, verdict: Verdict) -> list[str]:
    """The notes of a capsule about its scenario: the title, and each broken rule with its message."""
    broken = [broken_note(violation.rule, violation.message) for violation in verdict.broken]
    return [scenario_note(scenario.name, scenario.title), *broken]


def world_pseudonyms(world: World, exchanges: Iterable[Exchange], salt: bytes) -> Pseudonyms:
    """Pseudonyms for all secrets of the world and for all secrets in the exchanges."""
    in_exchanges = (secret for exchange in exchanges for secret in secrets_of(exchange))
    return Pseudonyms(dict.fromkeys([*_secrets_of(world), *in_exchanges]), salt=salt)


def _recorded(
    world: World, exchanges: Iterable[Exchange], pseudonyms: Pseudonyms
) -> tuple[RecordedExchange, ...]:
    return tuple(_recorded_exchange(world, exchange, pseudonyms) for exchange in exchanges)


def _recorded_exchange(world: World, exchange: Exchange, pseudonyms: Pseudonyms) -> RecordedExchange:
    ending = _ending(exchange, world.applied_faults.get(exchange.number))
    return RecordedExchange(pseudonyms.without_secrets(decompressed(exchange)), ending)


def _secrets_of(world: World) -> Iterator[Secret]:
    yield from (("key", key) for key in world.key_ring.all_keys())
    for account in world.accounts.values():
        yield "password", account.password
        yield "email", account.email


def _ending(exchange: Exchange, applied: AppliedFaults | None) -> Ending:
    faults = applied.faults if applied else ()
    has_begun = exchange.status is not None
    if exchange.why.endswith("; the client went away"):
        return Ending.HUNG
    if has_begun and _has(faults, ResetInBody):
        return Ending.RESET_IN_ANSWER
    if not has_begun and any(map(_resets, faults)):
        return Ending.RESET
    if _has(faults, Garbage, MalformedChunk):
        return Ending.GARBLED
    if has_begun:
        return Ending.CUT if _has(faults, CloseInBody) else Ending.WHOLE
    return Ending.CLOSED


def _resets(fault: Fault) -> bool:
    match fault:
        case LostAnswer(by=by):
            return by == "reset"
        case PartialBulk(then=then):
            return then == "lost"
    return isinstance(fault, ResetInBody | Reset)


def _has(faults: Iterable[Fault], *fault_types: type[Fault]) -> bool:
    return any(isinstance(fault, fault_types) for fault in faults)


def _dropped_note(world: World, before: int) -> Iterator[str]:
    """Notes that exchanges are missing. `before`: how many exchanges the capsule need not have."""
    if world.journal.dropped > before:
        yield phrase(
            "the first {count} exchanges are missing: the journal has dropped them",
            count=world.journal.dropped,
        )
