"""The list of all probes, and the functions that run them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from workerkit.contracts.gate.gate import WithheldError
from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.probes import batches, bodies, entities, heartbeat, lists, updates
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.openapi.languages.phrase import error_text, phrase


class Need(StrEnum):
    """A requirement of a probe. If a run does not meet the requirement, the report shows the enum value."""

    TASKS = "needs --writes sandbox or all"
    ALL_WRITES = "needs --writes all"
    OTHER_KEY = "needs --other-api-key"
    INACTIVE_KEY = "needs --inactive-api-key"


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe of one or more silences.

    silences: the ids of the silences that the probe can observe.
    observe: sends the requests and gives the observations.
    needs: the requirements of the probe.
    """

    silences: tuple[str, ...]
    observe: Callable[[RunContext], Iterable[Observation]]
    needs: tuple[Need, ...] = ()


# Probes that change nothing come first. Probes that use up a task come last.
PROBES = (
    Probe(("below-minimum",), lists.probe_zero_limit_and_page),
    Probe(("unknown-status-filter",), lists.probe_unknown_status_filter),
    Probe(("unknown-cursor",), lists.probe_unknown_cursor),
    Probe(("foreign-cursor",), lists.probe_foreign_cursor, (Need.OTHER_KEY,)),
    Probe(("cursor-with-page",), lists.probe_cursor_with_page),
    Probe(("last-cursor",), lists.probe_last_cursor),
    Probe(("first-cursor",), lists.probe_first_cursor),
    Probe(("list-order",), lists.probe_list_order),
    Probe(("time-precision",), lists.probe_time_precision),
    Probe(("null-in-task",), lists.probe_nulls),
    Probe(("unknown-parameter",), lists.probe_unknown_parameter),
    Probe(("malformed-id",), updates.probe_malformed_id, (Need.TASKS,)),
    Probe(("malformed-id",), lists.probe_malformed_cursor),
    Probe(("first-check",), updates.probe_first_check, (Need.TASKS, Need.OTHER_KEY)),
    Probe(("null-field", "unknown-field", "empty-change"), updates.probe_unusual_bodies, (Need.TASKS,)),
    Probe(("callback-body",), updates.probe_callback_answer, (Need.TASKS,)),
    Probe(("bulk-empty",), batches.probe_empty_bulk_update, (Need.TASKS,)),
    Probe(("bulk-bad-item",), batches.probe_bad_bulk_item, (Need.TASKS,)),
    Probe(("bulk-duplicate",), batches.probe_repeated_bulk_item, (Need.TASKS,)),
    Probe(("bulk-missing-code",), batches.probe_unknown_bulk_item, (Need.TASKS,)),
    Probe(("logs-empty",), batches.probe_empty_log_batch, (Need.ALL_WRITES,)),
    Probe(("logs-bad-entry",), batches.probe_bad_log_entry, (Need.ALL_WRITES,)),
    Probe(("log-level-case",), batches.probe_lower_case_level, (Need.ALL_WRITES,)),
    Probe(("heartbeat-fields",), heartbeat.probe_missing_fields, (Need.ALL_WRITES,)),
    Probe(("missing-body",), bodies.probe_missing_body, (Need.TASKS,)),
    Probe(("content-type",), bodies.probe_content_type, (Need.TASKS,)),
    Probe(("link-format",), bodies.probe_link_format, (Need.TASKS,)),
    Probe(("integer-spelling",), bodies.probe_integer_spelling, (Need.ALL_WRITES,)),
    Probe(("loose-types",), bodies.probe_loose_types, (Need.ALL_WRITES,)),
    Probe(("heartbeat-name",), heartbeat.probe_other_name, (Need.ALL_WRITES,)),
    Probe(("offline-heartbeat",), heartbeat.probe_inactive_server, (Need.ALL_WRITES, Need.INACTIVE_KEY)),
    Probe(("entity-status",), entities.probe_unknown_request_status, (Need.TASKS,)),
    Probe(("related-entities",), entities.probe_foreign_request, (Need.ALL_WRITES, Need.OTHER_KEY)),
    Probe(
        ("transitions", "refused-transition", "link-update-flow", "completion-flow", "listing"),
        updates.probe_transitions,
        (Need.TASKS,),
    ),
    Probe(("retry", "retry-count"), updates.probe_retries, (Need.TASKS,)),
)
_MISSING_HEARTBEAT = Probe(("heartbeat-silence",), heartbeat.probe_missing_heartbeat, (Need.ALL_WRITES,))
_NOT_OBSERVABLE = {"complete-twice": phrase("no answer of the API shows created_links")}
# The wait for the missing heartbeat, and time for the requests before and after the wait.
_SECONDS_NEEDED = heartbeat.OFFLINE_AFTER_SECONDS + 10


def run_probes(context: RunContext) -> None:
    """Runs the probes of all silences with an unknown value. Adds the observations to the ledger.

    If a silence cannot be observed, the ledger gets the reason. Raises RunEndedError when the run is over.
    """
    for probe in PROBES:
        _run_probe(context, probe)
    for silence, why in _NOT_OBSERVABLE.items():
        context.ledger.add_observation(not_observed(silence, why))


def run_missing_heartbeat_probe(context: RunContext, plan: Plan, elapsed: float) -> None:
    """Finds out whether a server without heartbeats goes offline.

    The probe runs only if the plan has a time limit, and if this limit leaves enough time.

    elapsed: the seconds since the start of the run.
    After this probe the server of --api-key may be offline, so the run must test nothing more.
    """
    seconds_left = 0.0 if plan.time_limit is None else plan.time_limit - elapsed
    if seconds_left >= _SECONDS_NEEDED or _is_unmet(context, Need.ALL_WRITES):
        _run_probe(context, _MISSING_HEARTBEAT)
    else:
        why = phrase(
            "needs {seconds_needed:g} s at the end of the run: give a --time-limit that leaves this time",
            seconds_needed=_SECONDS_NEEDED,
        )
        context.ledger.add_observation(not_observed("heartbeat-silence", why))


def _run_probe(context: RunContext, probe: Probe) -> None:
    unknown = [silence for silence in probe.silences if context.ledger.known_value(silence) is None]
    if not unknown:
        return
    unmet = next((need for need in probe.needs if _is_unmet(context, need)), None)
    observations = [not_observed(silence, unmet) for silence in unknown] if unmet else probe.observe(context)
    try:
        for observation in observations:
            context.ledger.add_observation(observation)
    except WithheldError:
        pass
    except LeftOutError as error:
        for silence in unknown:
            context.ledger.add_observation(not_observed(silence, error_text(error)))


def _is_unmet(context: RunContext, need: Need) -> bool:
    match need:
        case Need.TASKS:
            return context.writes is Writes.NONE
        case Need.ALL_WRITES:
            return context.writes is not Writes.ALL
        case Need.OTHER_KEY:
            return context.target.other_api_key is None
        case Need.INACTIVE_KEY:
            return context.target.inactive_api_key is None
