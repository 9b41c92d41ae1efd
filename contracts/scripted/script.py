"""The scripted part of a run: the steps that send all nine operations, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from random import Random

from workerkit.contracts.fields import (
    filters,
    ownership,
    single_fields,
    sizes,
    task_texts,
    unlisted_texts,
    wrong_values,
)
from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import Gate, WithheldError
from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.sandbox.sandbox import Sandbox
from workerkit.contracts.scripted import (
    bulk,
    callbacks,
    changed_cursor,
    concurrency,
    foreign_tasks,
    heartbeat_and_logs,
    keys,
    lists,
    refusals,
    stale_lists,
    updates,
)
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.openapi.languages.phrase import phrase

Step = Callable[[RunContext], None]

_READS: tuple[Step, ...] = (
    lists.list_by_default,
    lists.list_at_limits,
    lists.filter_lists,
    lists.page_through_lists,
    keys.send_wrong_keys,
    keys.send_inactive_key,
)
_REFUSALS: tuple[Step, ...] = (
    refusals.omit_link_id,
    refusals.send_bad_bodies,
    refusals.send_too_long_batch,
)
# With --writes sandbox, these steps change only the sandbox. They do not change `note`, `error_message` or
# `is_indexed`, because no answer shows the old values. _OTHER_WRITES change more than that.
_TASK_WRITES: tuple[Step, ...] = (
    stale_lists.list_before_and_after_update,
    updates.update_to_completed,
    updates.send_bad_updates,
    bulk.update_in_bulk,
    callbacks.send_callbacks,
    bulk.send_full_batch,
    concurrency.list_concurrently,
    concurrency.update_concurrently,
    changed_cursor.follow_changed_cursor,
    updates.update_to_canceled,
    bulk.check_other_tasks,
    foreign_tasks.send_unknown_ids,
    foreign_tasks.update_foreign_tasks,
)
_OTHER_WRITES: tuple[Step, ...] = (
    heartbeat_and_logs.send_heartbeat,
    heartbeat_and_logs.send_logs,
    heartbeat_and_logs.send_unknown_levels,
    updates.update_to_failed,
)
_STEPS = {
    Writes.NONE: (*_READS, *_REFUSALS),
    Writes.SANDBOX: (*_READS, *_REFUSALS, *_TASK_WRITES),
    Writes.ALL: (*_READS, *_REFUSALS, *_OTHER_WRITES, *_TASK_WRITES),
}
# The same three groups for the steps that test each field and each parameter.
_FIELD_READS: tuple[Step, ...] = (
    filters.filter_by_unusual_texts,
    filters.filter_by_similar_statuses,
    filters.list_extreme_pages,
    filters.send_bad_page,
    wrong_values.send_bad_ids,
)
_FIELD_TASK_WRITES: tuple[Step, ...] = (
    single_fields.update_single_fields,
    task_texts.write_plain_links,
    task_texts.write_unusual_texts,
    wrong_values.send_wrong_updates,
    ownership.update_foreign_fields,
    sizes.send_batch_sizes,
)
_FIELD_OTHER_WRITES: tuple[Step, ...] = (
    sizes.send_heartbeat_numbers,
    sizes.send_log_sizes,
    wrong_values.send_wrong_heartbeats,
    wrong_values.send_wrong_logs,
    wrong_values.send_wrong_entity_statuses,
    unlisted_texts.send_heartbeat_texts,
    unlisted_texts.send_log_texts,
    unlisted_texts.set_entity_statuses,
    single_fields.complete_with_single_links,
)
FIELD_STEPS = {
    Writes.NONE: (*_FIELD_READS, wrong_values.send_wrong_types_for_fake_ids),
    Writes.SANDBOX: (*_FIELD_READS, *_FIELD_TASK_WRITES),
    Writes.ALL: (*_FIELD_READS, *_FIELD_TASK_WRITES, *_FIELD_OTHER_WRITES),
}
_OTHER_RULES = ("heartbeat", "heartbeat-name", "logs", "logs-created", "logs-levels")
_TASK_RULES = (
    *("update", "update-own-only", "update-status", "update-links", "update-echo"),
    *("bulk", "bulk-counts", "bulk-results", "bulk-foreign", "link-update", "link-update-optional"),
    *("link-complete", "request-status", "account-status", "not-your-task", "not-found"),
)


def new_context(
    target: Target,
    plan: Plan,
    gate: Gate,
    ledger: Ledger,
    clock: RunClock,
    sandbox: Sandbox | None = None,
) -> RunContext:
    """The context at the beginning of a run."""
    client = Client(gate, target.api_key)
    # A server under test may make its ids from the same seed. With the word `tour`, the fake ids of the run
    # are different from the ids of the server.
    chance = Random(f"tour {plan.seed}")
    context = RunContext(client, ledger, target, Writes(plan.writes), chance, clock=clock)
    if sandbox is not None:
        context.sandbox_tasks, context.sandbox_foreign = sandbox.own, sandbox.foreign
        context.sandbox_requests = sandbox.request_ids
    return context


def run_script(context: RunContext) -> None:
    """Runs all steps that the plan allows and records the results. Raises RunEndedError."""
    _mark_forbidden_rules(context)
    _run_steps(context, _STEPS[context.writes])
    if not context.tasks:
        for rule in _TASK_RULES:
            context.mark_untested_without_task(rule)


def run_field_steps(context: RunContext) -> None:
    """Runs the steps that test each field and each parameter, as far as the plan allows.

    Raises RunEndedError. The steps come after the probes, because some steps need the values of silences.
    """
    _run_steps(context, FIELD_STEPS[context.writes])


def _run_steps(context: RunContext, steps: Iterable[Step]) -> None:
    """Runs the steps. A step ends at a request that may not be sent, or that gets no answer."""
    for step in steps:
        with suppress(WithheldError, LeftOutError):
            step(context)


def _mark_forbidden_rules(context: RunContext) -> None:
    if context.writes is not Writes.ALL:
        for rule in _OTHER_RULES:
            context.ledger.mark_untested(
                rule, phrase("needs --writes all, because it changes data outside a sandbox")
            )
    if context.writes is Writes.NONE:
        for rule in _TASK_RULES:
            context.ledger.mark_untested(
                rule,
                phrase(
                    "needs --writes sandbox or all{other_needs}",
                    other_needs=_other_needs(rule, context.target),
                ),
            )


def _other_needs(rule: str, target: Target) -> str:
    """The further options that the rule needs, as the end of a sentence."""
    if rule in foreign_tasks.FOREIGN_RULES and target.other_api_key is None:
        return ", and --other-api-key"
    return ", and --account-id" if rule == "account-status" and target.account_id is None else ""
