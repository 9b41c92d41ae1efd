"""Probes that update one task: unusual bodies, transitions against the status flow, and retries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.listed_tasks import Task, next_status
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed, observed_by_status
from workerkit.contracts.scripted.bodies import links_of, observe_callback_body
from workerkit.contracts.target.fake_ids import NOT_AN_ID
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_NO_TASK = phrase("the server has no unused pending or queued task for this probe")
_MAX_RETRIES = 5
_UPDATE_SILENCES = ("transitions", "refused-transition")
_CALLBACK_SILENCES = ("link-update-flow", "completion-flow")
_IGNORE_OR_REJECT = {200: "ignore", 400: "reject"}


def probe_unusual_bodies(context: RunContext) -> Iterator[Observation]:
    """Updates a task with a null field, with an unknown field, and with an empty body.

    The first two bodies also have the status that the task already has.
    """
    if not context.tasks:
        for silence in ("null-field", "unknown-field", "empty-change"):
            yield not_observed(silence, _NO_TASK)
        return
    task = context.tasks[0]
    same_status = {"status": task["status"]}
    plain = _update(context, task, same_status)
    if not plain.accepted:
        why = phrase(
            "an update to the status that the task already has was answered {status}", status=plain.status
        )
        yield from (not_observed(silence, why, plain) for silence in ("null-field", "unknown-field"))
    else:
        null_exchange = _update(context, task, {**same_status, "note": None})
        yield observed_by_status("null-field", _IGNORE_OR_REJECT, null_exchange)
        unknown_exchange = _update(context, task, {**same_status, "colour": "red"})
        yield observed_by_status("unknown-field", _IGNORE_OR_REJECT, unknown_exchange)
    yield observed_by_status("empty-change", {200: "accept", 400: "reject"}, _update(context, task, {}))


def probe_malformed_id(context: RunContext) -> Iterator[Observation]:
    """Updates a task with a text in place of the id. The text is not a UUID."""
    exchange = _update(context, {"id": NOT_AN_ID}, {"status": "running"})
    yield observed_by_status("malformed-id", {400: "reject", 404: "not-found"}, exchange)


def probe_first_check(context: RunContext) -> Iterator[Observation]:
    """Updates a task of the other server with an unknown status, then with a body that is not JSON."""
    foreign_task = context.foreign_task()
    if foreign_task is None:
        why = phrase("the other server has no waiting task that this run may name in a request")
        yield not_observed("first-check", why)
        return
    exchange = _update(context, foreign_task, {"status": "nonsense"})
    if exchange.status == 403:
        broken_json_exchange = _update(context, foreign_task, b'{"status": ')
        yield observed_by_status("first-check", {403: "owner", 400: "json"}, broken_json_exchange)
    else:
        yield observed_by_status("first-check", {400: "body"}, exchange)


def probe_callback_answer(context: RunContext) -> Iterator[Observation]:
    """Sends a link callback that changes nothing."""
    if not context.tasks:
        yield not_observed("callback-body", _NO_TASK)
        return
    task = context.tasks[0]
    exchange = _send_callback(context, task, str(task["status"]))
    if exchange.accepted:
        yield observe_callback_body(exchange)
    else:
        yield not_observed("callback-body", phrase("the server refused the callback"), exchange)


def probe_transitions(context: RunContext) -> Iterator[Observation]:
    """Changes a task to completed without the statuses between, then back to pending.

    If the server refuses a PUT, the probe tries the same transition with a callback.
    """
    task = context.tasks.pop(0) if context.tasks else None
    if task is None:
        for silence in (*_UPDATE_SILENCES, *_CALLBACK_SILENCES):
            yield not_observed(silence, _NO_TASK)
        return
    skip = _update(context, task, {"status": "completed"})
    completion = skip if skip.accepted else _complete(context, task)
    if not completion.accepted:
        _follow_flow(context, task, "completed")
    back = _update(context, task, {"status": "pending"})
    callback = back if back.accepted else _send_callback(context, task, "pending")
    pending_task, list_exchange = context.find_task(str(task["id"]), "pending")
    if pending_task is not None:
        context.tasks.append(pending_task)
        yield _observe_listing(pending_task, list_exchange)
    if skip.accepted and back.accepted and pending_task is not None:
        yield observed("transitions", "lenient", skip, back)
        why = phrase("the server accepted every update that breaks the status flow")
        for silence in ("refused-transition", *_CALLBACK_SILENCES):
            yield not_observed(silence, why, skip, back)
    elif not back.accepted and skip.status == back.status and (pending_task is None or callback.accepted):
        yield observed_by_status("transitions", {400: "strict", 409: "strict"}, back)
        yield observed_by_status("refused-transition", {400: "400", 409: "409"}, back)
        refused_status = back.status or 0
        free_value = {200: "free"} if pending_task is not None else {}
        yield observed_by_status("link-update-flow", {refused_status: "bound", **free_value}, callback)
        yield observed_by_status("completion-flow", {refused_status: "bound", 200: "free"}, completion)
    else:
        why = phrase("the server treated the transitions against the status flow in different ways")
        exchanges = dict.fromkeys((skip, completion, back, callback, list_exchange))
        for silence in (*_UPDATE_SILENCES, *_CALLBACK_SILENCES):
            yield not_observed(silence, why, *exchanges)


def _observe_listing(task: Task, list_exchange: Exchange) -> Observation:
    """The value of the silence `listing`, from a task that was set to pending, in a list of pending tasks."""
    value = {"pending": "reads", "queued": "hands-out"}.get(str(task["status"]))
    if value is None:
        return not_observed("listing", phrase("the list of pending tasks has another task"), list_exchange)
    return observed("listing", value, list_exchange)


def probe_retries(context: RunContext) -> Iterator[Observation]:
    """Updates a task to failed and observes two things.

    - Does the server itself set the task back to pending?
    - When does `retry_count` grow?
    """
    task = next((task for task in context.tasks if _has_retries_left(task)), None)
    if task is None:
        why = phrase("the server has no unused pending or queued task with retries left")
        yield from (not_observed(silence, why) for silence in ("retry", "retry-count"))
        return
    context.tasks.remove(task)
    failure = _fail(context, task)
    now, list_exchange = context.find_task(str(task["id"]), "pending,failed")
    if not failure.accepted or now is None:
        why = phrase(
            "an update to failed was answered {status}, or no list shows the task afterwards",
            status=failure.status,
        )
        for silence in ("retry", "retry-count"):
            yield not_observed(silence, why, failure, list_exchange)
    elif now["status"] == "failed":
        yield observed("retry", "manual", failure, list_exchange)
        yield _observe_manual_retry_count(context, task, now, list_exchange)
    else:
        yield observed("retry", "automatic", failure, list_exchange)
        yield _observe_automatic_retry_count(context, task, now, list_exchange)


def _observe_manual_retry_count(
    context: RunContext, before: Task, failed: Task, list_exchange: Exchange
) -> Observation:
    if _retry_count_growth(before, failed) == 1:
        return observed("retry-count", "on-failure", list_exchange)
    back = _update(context, failed, {"status": "pending"})
    now, pending_exchange = context.find_task(str(failed["id"]), "pending")
    if now is None:
        why = phrase(
            "the update to pending was answered {status}, and no list shows the task as pending",
            status=back.status,
        )
        return not_observed("retry-count", why, back, pending_exchange)
    context.tasks.append(now)
    growth = (_retry_count_growth(before, failed), _retry_count_growth(failed, now))
    value = {(0, 1): "on-requeue", (0, 0): "never"}.get(growth)
    if value is None:
        why = phrase(
            "retry_count grew by {growth} with the failure, and by {growth_2} with the update to pending",
            growth=growth[0],
            growth_2=growth[1],
        )
        return not_observed("retry-count", why, list_exchange, back, pending_exchange)
    return observed("retry-count", value, list_exchange, back, pending_exchange)


def _observe_automatic_retry_count(
    context: RunContext, before: Task, now: Task, list_exchange: Exchange
) -> Observation:
    """Sends updates to failed until the task stays failed.

    After each earlier failure the server sets the task back to pending before the next list. So the list
    cannot show whether the failure or the step back to pending changed `retry_count`. After the last failure
    there is no step back to pending. If `retry_count` grows then, the failure changed it.
    """
    if _retry_count_growth(before, now) == 0:
        return observed("retry-count", "never", list_exchange)
    for _ in range(_MAX_RETRIES):
        previous = now
        failure = _fail(context, previous)
        found, list_exchange = context.find_task(str(previous["id"]), "pending,failed")
        if not failure.accepted or found is None:
            why = phrase(
                "an update to failed was answered {status}, or no list shows the task afterwards",
                status=failure.status,
            )
            return not_observed("retry-count", why, failure, list_exchange)
        now = found
        if now["status"] == "failed":
            growth = _retry_count_growth(previous, now)
            value = {1: "on-failure", 0: "on-requeue"}.get(growth)
            if value is None:
                why = phrase(
                    "retry_count grew by {growth} with the last failure, expected 0 or 1", growth=growth
                )
                return not_observed("retry-count", why, failure, list_exchange)
            return observed("retry-count", value, failure, list_exchange)
    return not_observed(
        "retry-count",
        phrase("after {max_retries} more failures the task was still pending", max_retries=_MAX_RETRIES),
        list_exchange,
    )


def _fail(context: RunContext, task: Task) -> Exchange:
    """Changes a pending or queued task to failed.

    First changes the task to running, step by step. If the server is known to accept every transition, sends
    only the update to failed.
    """
    if context.ledger.known_value("transitions") != "lenient":
        _follow_flow(context, task, "running")
    return _update(context, task, {"status": "failed"})


def _follow_flow(context: RunContext, task: Task, last_status: str) -> None:
    status = str(task["status"])
    while status not in (last_status, "completed"):
        status = next_status(status)
        _update(context, task, {"status": status})


def _update(context: RunContext, task: Task, body: dict[str, Any] | bytes) -> Exchange:
    return context.client.send("PUT", f"/tasks/{task['id']}", body)


def _send_callback(context: RunContext, task: Task, status: str) -> Exchange:
    return context.client.send("POST", "/callback/link/update", {"link_id": task["id"], "status": status})


def _complete(context: RunContext, task: Task) -> Exchange:
    return context.client.send("POST", "/callback/link/complete", {"link_id": task["id"], **links_of(task)})


def _has_retries_left(task: Task) -> bool:
    count, maximum = task.get("retry_count"), task.get("max_retries")
    return isinstance(count, int) and isinstance(maximum, int) and count < maximum


def _retry_count_growth(before: Task, after: Task) -> int:
    """The difference between the two retry counts, or -1 if one of them is not an integer."""
    old, new = before.get("retry_count"), after.get("retry_count")
    return new - old if isinstance(old, int) and isinstance(new, int) else -1
