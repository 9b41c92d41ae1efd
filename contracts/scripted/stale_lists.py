"""Lists a task after an update. A server may keep old answers, for example in a cache."""

from __future__ import annotations

from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, tasks_in
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.stale_answers import STALE
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_FIELD = LINK_FIELDS[1]
_LINK = "https://example.com/workerkit/new-list"


def list_before_and_after_update(context: RunContext) -> None:
    """Updates a link between two equal lists. The second one has to show the link.

    If it does not, another list shows whether the server stored the link. If it did, the second list is old.
    Another step reports links that are not stored.
    """
    if not context.tasks:
        return
    task_id, status = str(context.tasks[0]["id"]), str(context.tasks[0]["status"])
    limit = context.highest_limit
    context.client.get_tasks(status=status, limit=limit)
    write = context.client.send("PUT", f"/tasks/{task_id}", {_FIELD: _LINK})
    listed = context.client.get_tasks(status=status, limit=limit)
    link = _listed_link(listed, task_id)
    if not write.accepted or link is None:
        return
    if link == _LINK:
        context.ledger.mark_kept("list")
        return
    other = context.client.get_tasks(status=status, limit=max(1, limit - 1))
    # Without this list, a server that stores an update late would look as if it kept old lists.
    again = context.client.get_tasks(status=status, limit=limit)
    if _listed_link(other, task_id) == _LINK and _listed_link(again, task_id) == link:
        flaw = phrase(
            "after an update of {field}, GET /tasks?{query} lists the old value, although GET "
            "/tasks?{other_query} lists the new one: a list can be old, for example because a cache keeps it",
            field=_FIELD,
            query=listed.query,
            other_query=other.query,
        )
        context.ledger.mark_broken("list", flaw, (write, other, again), topic=STALE)


def _listed_link(listed: Exchange, task_id: str) -> str | None:
    """The link of the task in the list: an empty text if it has none. None if the task is not in the list."""
    return next((str(task.get(_FIELD) or "") for task in tasks_in(listed) if task.get("id") == task_id), None)
