"""Checks by a list that an update was stored."""

from __future__ import annotations

from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange


def read_back(
    context: RunContext, rule: str, task_id: str, status: str, fields: dict[str, str], write: Exchange
) -> None:
    task, shown = context.find(task_id, status)
    if task is None:
        context.ledger.fail(rule, f"task {task_id} is not in the list of status {status}", (write, shown))
        return
    lost = [name for name, value in fields.items() if task.get(name) != value]
    flaw = f"the list shows another {', '.join(lost)} than was written"
    context.ledger.judge("update-links" if fields else rule, flaw if lost else None, write, shown)
