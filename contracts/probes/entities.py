"""Probes of the status callbacks for customers' requests."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import tasks_in, total_in
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed_by_status
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase


def probe_unknown_request_status(context: RunContext) -> Iterator[Observation]:
    """Sets a customer's request to an unknown status, `nonsense`.

    The customer's request belongs to a task of the server of --api-key. If the target accepts this status,
    the probe then sets `completed`, which is an example on the API page.
    """
    request_ids = [task["request_id"] for task in context.tasks if isinstance(task.get("request_id"), str)]
    if not request_ids:
        why = phrase("the server has no unused pending or queued task with a customer's request")
        yield not_observed("entity-status", why)
        return
    request_id = request_ids[0]
    if not context.may_change_request(request_id):
        yield not_observed(
            "entity-status", phrase("the customer's request of the first task is not in the sandbox")
        )
        return
    exchange = _set_request_status(context, request_id, "nonsense")
    if exchange.accepted:
        _set_request_status(context, request_id, "completed")
    yield observed_by_status("entity-status", {200: "any", 400: "listed"}, exchange)


def probe_foreign_request(context: RunContext) -> Iterator[Observation]:
    """Sets the status of a customer's request that only has tasks of the other server."""
    own_list = _list_tasks(context, None)
    foreign_list = _list_tasks(context, context.target.other_api_key)
    foreign_request_ids = _request_ids(foreign_list) - _request_ids(own_list)
    own_list_is_complete = total_in(own_list) == len(tasks_in(own_list))
    if not own_list_is_complete or not foreign_request_ids:
        yield not_observed(
            "related-entities",
            phrase(
                "needs a customer's request without any task of the --api-key server, and the lists show none"
            ),
        )
    else:
        exchange = _set_request_status(context, min(foreign_request_ids), "completed")
        yield observed_by_status("related-entities", {200: "any", 403: "own"}, exchange)


def _list_tasks(context: RunContext, key: str | None) -> Exchange:
    all_statuses = ",".join(lenient_spec.enum_values("TaskStatus"))
    return context.client.get_tasks(key=key, status=all_statuses, limit=context.highest_limit)


def _request_ids(list_exchange: Exchange) -> set[str]:
    return {str(task["request_id"]) for task in tasks_in(list_exchange) if task.get("request_id")}


def _set_request_status(context: RunContext, request_id: str, status: str) -> Exchange:
    body = {"request_id": request_id, "status": status}
    return context.client.send("POST", "/callback/request/status", body)
