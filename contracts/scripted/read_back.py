"""Checks by a list that an update was stored."""

from __future__ import annotations

from workerkit.contracts.run.context import Walk
from workerkit.openapi.exchange import Exchange


def read_back(
    walk: Walk, rule: str, task_id: str, status: str, fields: dict[str, str], write: Exchange
) -> None:
    task, shown = walk.find(task_id, status)
    if task is None:
        walk.ledger.fail(rule, f"task {task_id} is not in the list of status {status}", (write, shown))
        return
    lost = [name for name, value in fields.items() if task.get(name) != value]
    flaw = f"the list shows another {', '.join(lost)} than was written"
    walk.ledger.judge("update-links" if fields else rule, flaw if lost else None, write, shown)
