"""Probes of requests and accounts: their statuses, and whose they may be."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import tasks_in, total_in
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, by_status, unseen
from workerkit.openapi.exchange import Exchange


def entity_status(context: RunContext) -> Iterator[Observation]:
    """A status that no list of statuses has, for an own request; then one that the page shows."""
    if not context.tasks:
        yield unseen("entity-status", "the server has no further pending or queued task with a request")
        return
    request = str(context.tasks[0]["request_id"])
    if not context.may_change_request(request):
        yield unseen("entity-status", "the request of the first task is not in the sandbox")
        return
    asked = _set(context, request, "nonsense")
    if asked.accepted:
        _set(context, request, "completed")
    yield by_status("entity-status", {200: "any", 400: "listed"}, asked)


def related_entities(context: RunContext) -> Iterator[Observation]:
    """A request that only another server's tasks belong to."""
    own, foreign = _lists(context, None), _lists(context, context.target.other_api_key)
    requests = _requests(foreign) - _requests(own)
    whole = total_in(own) == len(tasks_in(own))
    if not whole or not requests:
        yield unseen("related-entities", "no request of the other server's tasks is surely none of the own")
    else:
        yield by_status(
            "related-entities", {200: "any", 403: "own"}, _set(context, min(requests), "completed")
        )


def _lists(context: RunContext, key: str | None) -> Exchange:
    every = ",".join(lenient_spec.enumeration("TaskStatus"))
    return context.client.tasks(key=key, status=every, limit=lenient_spec.highest("limit"))


def _requests(listed: Exchange) -> set[str]:
    return {str(task["request_id"]) for task in tasks_in(listed) if task.get("request_id")}


def _set(context: RunContext, request: str, status: str) -> Exchange:
    return context.client.send("POST", "/callback/request/status", {"request_id": request, "status": status})
