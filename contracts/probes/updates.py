"""Probes that update a task of the server's own: odd bodies, steps against the flow, failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.listed_tasks import Task, following
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, by_status, seen, unseen
from workerkit.contracts.scripted.bodies import callback_body_of, links_of
from workerkit.contracts.target.fake_ids import NO_ID
from workerkit.openapi.exchange import Exchange

_NO_TASK = "the server has no further pending or queued task to try it on"
_MOST_RETRIES = 5
_FLOW = ("transitions", "refused-transition")
_CALLBACKS = ("link-update-flow", "completion-flow")
_READ_OR_REFUSED = {200: "ignore", 400: "reject"}


def odd_fields(context: RunContext) -> Iterator[Observation]:
    """Null, a field that the page does not name, and no field: beside a status that stays as it is."""
    if not context.tasks:
        yield from (unseen(each, _NO_TASK) for each in ("null-field", "unknown-field", "empty-change"))
        return
    task = context.tasks[0]
    same = {"status": task["status"]}
    plain = _update(context, task, same)
    if not plain.accepted:
        why = f"an update to the status that the task has already is answered {plain.status}"
        yield from (unseen(each, why, plain) for each in ("null-field", "unknown-field"))
    else:
        with_null = _update(context, task, {**same, "note": None})
        yield by_status("null-field", _READ_OR_REFUSED, with_null)
        with_more = _update(context, task, {**same, "colour": "red"})
        yield by_status("unknown-field", _READ_OR_REFUSED, with_more)
    yield by_status("empty-change", {200: "accept", 400: "reject"}, _update(context, task, {}))


def malformed_id(context: RunContext) -> Iterator[Observation]:
    """An update of what is no id."""
    asked = _update(context, {"id": NO_ID}, {"status": "running"})
    yield by_status("malformed-id", {400: "reject", 404: "not-found"}, asked)


def first_check(context: RunContext) -> Iterator[Observation]:
    """Bodies that are not valid, for another server's task."""
    foreign = context.foreign_task()
    if foreign is None:
        yield unseen("first-check", "there is no waiting task of the other server that may be asked for")
        return
    asked = _update(context, foreign, {"status": "nonsense"})
    if asked.status == 403:
        no_json = _update(context, foreign, b'{"status": ')
        yield by_status("first-check", {403: "owner", 400: "json"}, no_json)
    else:
        yield by_status("first-check", {400: "body"}, asked)


def callback_body(context: RunContext) -> Iterator[Observation]:
    """A link callback that changes nothing."""
    if not context.tasks:
        yield unseen("callback-body", _NO_TASK)
        return
    task = context.tasks[0]
    asked = _call_back(context, task, str(task["status"]))
    yield callback_body_of(asked) if asked.accepted else unseen("callback-body", "it was refused", asked)


def transitions(context: RunContext) -> Iterator[Observation]:
    """A step that skips the flow's next ones and one back from completed; by a callback, where not by PUT."""
    task = context.tasks.pop(0) if context.tasks else None
    if task is None:
        yield from (unseen(each, _NO_TASK) for each in (*_FLOW, *_CALLBACKS))
        return
    skip = _update(context, task, {"status": "completed"})
    completion = skip if skip.accepted else _complete(context, task)
    if not completion.accepted:
        _follow_the_flow(context, task, "completed")
    back = _update(context, task, {"status": "pending"})
    callback = back if back.accepted else _call_back(context, task, "pending")
    shown, listed = context.find(str(task["id"]), "pending")
    if shown is not None:
        context.tasks.append(shown)
    if skip.accepted and back.accepted and shown is not None:
        yield seen("transitions", "lenient", skip, back)
        why = "no update against the flow was refused"
        yield from (unseen(each, why, skip, back) for each in ("refused-transition", *_CALLBACKS))
    elif not back.accepted and skip.status == back.status and (shown is None or callback.accepted):
        yield by_status("transitions", {400: "strict", 409: "strict"}, back)
        yield by_status("refused-transition", {400: "400", 409: "409"}, back)
        refused, moved = back.status or 0, {200: "free"} if shown is not None else {}
        yield by_status("link-update-flow", {refused: "bound", **moved}, callback)
        yield by_status("completion-flow", {refused: "bound", 200: "free"}, completion)
    else:
        why = "some steps against the flow are taken, others are not, or not in the same way"
        shows = dict.fromkeys((skip, completion, back, callback, listed))
        yield from (unseen(each, why, *shows) for each in (*_FLOW, *_CALLBACKS))


def retries(context: RunContext) -> Iterator[Observation]:
    """A task that fails, and the way back to pending: whose step it is, and what it counts as."""
    task = next((each for each in context.tasks if _has_retries(each)), None)
    if task is None:
        why = f"{_NO_TASK} that has retries left"
        yield from (unseen(each, why) for each in ("retry", "retry-count"))
        return
    context.tasks.remove(task)
    failed = _fail(context, task)
    now, listed = context.find(str(task["id"]), "pending,failed")
    if not failed.accepted or now is None:
        why = f"an update to failed was answered {failed.status}, or did not show"
        yield from (unseen(each, why, failed, listed) for each in ("retry", "retry-count"))
    elif now["status"] == "failed":
        yield seen("retry", "manual", failed, listed)
        yield _manual_count(context, task, now, listed)
    else:
        yield seen("retry", "automatic", failed, listed)
        yield _automatic_count(context, task, now, listed)


def _manual_count(context: RunContext, before: Task, failed: Task, listed: Exchange) -> Observation:
    if _counted(before, failed) == 1:
        return seen("retry-count", "on-failure", listed)
    again = _update(context, failed, {"status": "pending"})
    now, shown = context.find(str(failed["id"]), "pending")
    if now is None:
        return unseen("retry-count", f"the step back to pending was answered {again.status}", again, shown)
    context.tasks.append(now)
    steps = (_counted(before, failed), _counted(failed, now))
    value = {(0, 1): "on-requeue", (0, 0): "never"}.get(steps)
    if value is None:
        return unseen("retry-count", f"retry_count grew by {steps[0]} and {steps[1]}", listed, again, shown)
    return seen("retry-count", value, listed, again, shown)


def _automatic_count(context: RunContext, before: Task, now: Task, listed: Exchange) -> Observation:
    """Fails the task until it stays failed: only the last failure is no step back to pending as well."""
    if _counted(before, now) == 0:
        return seen("retry-count", "never", listed)
    for _ in range(_MOST_RETRIES):
        was = now
        failed = _fail(context, was)
        found, listed = context.find(str(was["id"]), "pending,failed")
        if not failed.accepted or found is None:
            return unseen("retry-count", f"an update to failed was answered {failed.status}", failed, listed)
        now = found
        if now["status"] == "failed":
            value = {1: "on-failure", 0: "on-requeue"}.get(_counted(was, now), "")
            odd = unseen("retry-count", "it grew by neither 0 nor 1", failed, listed)
            return seen("retry-count", value, failed, listed) if value else odd
    return unseen("retry-count", f"after {_MOST_RETRIES} failures more the task was still pending", listed)


def _fail(context: RunContext, task: Task) -> Exchange:
    """Takes a pending or queued task to failed, by the flow unless any step is known to be taken."""
    if context.ledger.habit("transitions") != "lenient":
        _follow_the_flow(context, task, "running")
    return _update(context, task, {"status": "failed"})


def _follow_the_flow(context: RunContext, task: Task, last: str) -> None:
    status = str(task["status"])
    while status != last:
        status = following(status)
        _update(context, task, {"status": status})


def _update(context: RunContext, task: Task, body: dict[str, Any] | bytes) -> Exchange:
    return context.client.send("PUT", f"/tasks/{task['id']}", body)


def _call_back(context: RunContext, task: Task, status: str) -> Exchange:
    return context.client.send("POST", "/callback/link/update", {"link_id": task["id"], "status": status})


def _complete(context: RunContext, task: Task) -> Exchange:
    return context.client.send("POST", "/callback/link/complete", {"link_id": task["id"], **links_of(task)})


def _has_retries(task: Task) -> bool:
    count, most = task.get("retry_count"), task.get("max_retries")
    return isinstance(count, int) and isinstance(most, int) and count < most


def _counted(before: Task, after: Task) -> int:
    was, now = before.get("retry_count"), after.get("retry_count")
    return now - was if isinstance(was, int) and isinstance(now, int) else -1
