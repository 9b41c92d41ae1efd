"""The probes: for each silence the few requests that show which value a server has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from workerkit.contracts.gate.gate import WithheldError
from workerkit.contracts.probes import batches, entities, heartbeat, lists, updates
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, unseen
from workerkit.contracts.target.plan import Plan, Writes


class Need(StrEnum):
    """What a probe cannot do without; the text says so to people."""

    TASKS = "needs --writes sandbox or all"
    ALL = "needs --writes all"
    OTHER_KEY = "needs --other-api-key"
    INACTIVE_KEY = "needs --inactive-api-key"


@dataclass(frozen=True, slots=True)
class Probe:
    """The silences that `look` may see, and what it needs for that."""

    silences: tuple[str, ...]
    look: Callable[[RunContext], Iterable[Observation]]
    needs: tuple[Need, ...] = ()


# Those that change nothing first; those that use tasks up last.
PROBES = (
    Probe(("below-minimum",), lists.below_minimum),
    Probe(("unknown-status-filter",), lists.unknown_status_filter),
    Probe(("unknown-cursor",), lists.unknown_cursor),
    Probe(("foreign-cursor",), lists.foreign_cursor, (Need.OTHER_KEY,)),
    Probe(("cursor-with-page",), lists.cursor_with_page),
    Probe(("last-cursor",), lists.last_page),
    Probe(("list-order",), lists.order),
    Probe(("time-precision",), lists.time_precision),
    Probe(("malformed-id",), updates.malformed_id, (Need.TASKS,)),
    Probe(("malformed-id",), lists.malformed_cursor),
    Probe(("first-check",), updates.first_check, (Need.TASKS, Need.OTHER_KEY)),
    Probe(("null-field", "unknown-field", "empty-change"), updates.odd_fields, (Need.TASKS,)),
    Probe(("callback-body",), updates.callback_body, (Need.TASKS,)),
    Probe(("bulk-empty",), batches.empty_batch, (Need.TASKS,)),
    Probe(("bulk-bad-item",), batches.bad_item, (Need.TASKS,)),
    Probe(("bulk-duplicate",), batches.double_item, (Need.TASKS,)),
    Probe(("bulk-missing-code",), batches.missing_code, (Need.TASKS,)),
    Probe(("logs-empty",), batches.empty_logs, (Need.ALL,)),
    Probe(("logs-bad-entry",), batches.bad_entry, (Need.ALL,)),
    Probe(("log-level-case",), batches.level_case, (Need.ALL,)),
    Probe(("heartbeat-fields",), heartbeat.fields, (Need.ALL,)),
    Probe(("content-type",), heartbeat.content_type, (Need.ALL,)),
    Probe(("heartbeat-name",), heartbeat.name, (Need.ALL,)),
    Probe(("offline-heartbeat",), heartbeat.revival, (Need.ALL, Need.INACTIVE_KEY)),
    Probe(("entity-status",), entities.entity_status, (Need.TASKS,)),
    Probe(("related-entities",), entities.related_entities, (Need.ALL, Need.OTHER_KEY)),
    Probe(
        ("transitions", "refused-transition", "link-update-flow", "completion-flow"),
        updates.transitions,
        (Need.TASKS,),
    ),
    Probe(("retry", "retry-count"), updates.retries, (Need.TASKS,)),
)
_LAST = Probe(("heartbeat-silence",), heartbeat.silence, (Need.ALL,))
_INVISIBLE = {"complete-twice": "no answer of the API shows created_links"}
# The wait, and time for what is sent around it.
_SECONDS_TO_WAIT = heartbeat.SILENT_AFTER + 10


def run_probes(context: RunContext) -> None:
    """Sees what can be seen of the silences that are neither stated nor seen yet, by as little as possible.

    For the others the ledger has the reason. Raises wire.Ended where the run is over.
    """
    for probe in PROBES:
        _look(context, probe)
    for silence, why in _INVISIBLE.items():
        context.ledger.note(unseen(silence, why))


def wait_for_silence(context: RunContext, plan: Plan, elapsed: float) -> None:
    """Sees whether a silent server goes offline, where the time limit leaves time to wait for it.

    Nothing can be tested after that, for the server under whose name the run works may be offline.
    """
    left = 0.0 if plan.time_limit is None else plan.time_limit - elapsed
    if left >= _SECONDS_TO_WAIT or _lacks(context, Need.ALL):
        _look(context, _LAST)
    else:
        why = f"needs {_SECONDS_TO_WAIT:g} s at the end of the run: give a longer --time-limit"
        context.ledger.note(unseen("heartbeat-silence", why))


def _look(context: RunContext, probe: Probe) -> None:
    open_still = [silence for silence in probe.silences if context.ledger.habit(silence) is None]
    if not open_still:
        return
    lacks = next((need for need in probe.needs if _lacks(context, need)), None)
    sights = [unseen(each, lacks) for each in open_still] if lacks else probe.look(context)
    with suppress(WithheldError):
        for sight in sights:
            context.ledger.note(sight)


def _lacks(context: RunContext, need: Need) -> bool:
    match need:
        case Need.TASKS:
            return context.writes is Writes.NONE
        case Need.ALL:
            return context.writes is not Writes.ALL
        case Need.OTHER_KEY:
            return context.target.other_api_key is None
        case Need.INACTIVE_KEY:
            return context.target.inactive_api_key is None
