"""Checks that a server stored an update, by reading the task back from the list."""

from __future__ import annotations

from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import data_of
from workerkit.openapi.languages.phrase import phrase


def is_said_unchanged(write: Exchange) -> bool:
    """True if the answer to an update says `updated: false`."""
    said = data_of(write.answer_json())
    return isinstance(said, dict) and said.get("updated") is False


def read_back(
    context: RunContext, rule: str, task_id: str, status: str, fields: dict[str, str], write: Exchange
) -> None:
    """Checks that the list with this status has the task, with these values in its fields.

    A wrong status breaks `rule`. A wrong value of a field breaks the rule update-links.
    status: what the update wrote, or several statuses that can follow from it. Without `fields`, it must
        not be the status from before.
    write: the exchange that wrote the values.
    """
    task, listed = context.find_task(task_id, status)
    if not listed.accepted:
        why = phrase(
            "GET /tasks was answered {status}, so the update could not be read back", status=listed.status
        )
        context.ledger.mark_untested(rule, why)
        return
    if task is None:
        context.ledger.mark_broken(
            rule,
            phrase("task {task_id} is not in the list of status {status}", task_id=task_id, status=status),
            (write, listed),
        )
        return
    if is_said_unchanged(write):
        flaw = phrase(
            "the answer says updated: false, but the update changed task {task_id}", task_id=task_id
        )
        context.ledger.mark_broken(rule, flaw, (write, listed))
    lost = [name for name, value in fields.items() if task.get(name) != value]
    if not lost and (fields or "," not in status):
        context.ledger.mark_effective(write)
    flaw = phrase(
        "the list and the update have different values in these fields: {lost}", lost=", ".join(lost)
    )
    context.ledger.record_check("update-links" if fields else rule, flaw if lost else None, write, listed)
