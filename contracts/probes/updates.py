"""Probes that update a task of the server's own: odd bodies, steps against the flow, failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.listed_tasks import Task, following
from workerkit.contracts.run.context import Walk
from workerkit.contracts.run.observation import Sight, by_status, seen, unseen
from workerkit.contracts.scripted.bodies import callback_body_of, links_of
from workerkit.contracts.target.fake_ids import NO_ID
from workerkit.openapi.exchange import Exchange

_NO_TASK = "the server has no further pending or queued task to try it on"
_MOST_RETRIES = 5
_FLOW = ("transitions", "refused-transition")
_CALLBACKS = ("link-update-flow", "completion-flow")
_READ_OR_REFUSED = {200: "ignore", 400: "reject"}


def odd_fields(walk: Walk) -> Iterator[Sight]:
    """Null, a field that the page does not name, and no field: beside a status that stays as it is."""
    if not walk.tasks:
        yield from (unseen(each, _NO_TASK) for each in ("null-field", "unknown-field", "empty-change"))
        return
    task = walk.tasks[0]
    same = {"status": task["status"]}
    plain = _update(walk, task, same)
    if not plain.accepted:
        why = f"an update to the status that the task has already is answered {plain.status}"
        yield from (unseen(each, why, plain) for each in ("null-field", "unknown-field"))
    else:
        with_null = _update(walk, task, {**same, "note": None})
        yield by_status("null-field", _READ_OR_REFUSED, with_null)
        with_more = _update(walk, task, {**same, "colour": "red"})
        yield by_status("unknown-field", _READ_OR_REFUSED, with_more)
    yield by_status("empty-change", {200: "accept", 400: "reject"}, _update(walk, task, {}))


def malformed_id(walk: Walk) -> Iterator[Sight]:
    """An update of what is no id."""
    asked = _update(walk, {"id": NO_ID}, {"status": "running"})
    yield by_status("malformed-id", {400: "reject", 404: "not-found"}, asked)


def first_check(walk: Walk) -> Iterator[Sight]:
    """Bodies that are not valid, for another server's task."""
    foreign = walk.foreign_task()
    if foreign is None:
        yield unseen("first-check", "there is no waiting task of the other server that may be asked for")
        return
    asked = _update(walk, foreign, {"status": "nonsense"})
    if asked.status == 403:
        no_json = _update(walk, foreign, b'{"status": ')
        yield by_status("first-check", {403: "owner", 400: "json"}, no_json)
    else:
        yield by_status("first-check", {400: "body"}, asked)


def callback_body(walk: Walk) -> Iterator[Sight]:
    """A link callback that changes nothing."""
    if not walk.tasks:
        yield unseen("callback-body", _NO_TASK)
        return
    task = walk.tasks[0]
    asked = _call_back(walk, task, str(task["status"]))
    yield callback_body_of(asked) if asked.accepted else unseen("callback-body", "it was refused", asked)


def transitions(walk: Walk) -> Iterator[Sight]:
    """A step that skips the flow's next ones and one back from completed; by a callback, where not by PUT."""
    task = walk.tasks.pop(0) if walk.tasks else None
    if task is None:
        yield from (unseen(each, _NO_TASK) for each in (*_FLOW, *_CALLBACKS))
        return
    skip = _update(walk, task, {"status": "completed"})
    completion = skip if skip.accepted else _complete(walk, task)
    if not completion.accepted:
        _follow_the_flow(walk, task, "completed")
    back = _update(walk, task, {"status": "pending"})
    callback = back if back.accepted else _call_back(walk, task, "pending")
    shown, listed = walk.find(str(task["id"]), "pending")
    if shown is not None:
        walk.tasks.append(shown)
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


def retries(walk: Walk) -> Iterator[Sight]:
    """A task that fails, and the way back to pending: whose step it is, and what it counts as."""
    task = next((each for each in walk.tasks if _has_retries(each)), None)
    if task is None:
        why = f"{_NO_TASK} that has retries left"
        yield from (unseen(each, why) for each in ("retry", "retry-count"))
        return
    walk.tasks.remove(task)
    failed = _fail(walk, task)
    now, listed = walk.find(str(task["id"]), "pending,failed")
    if not failed.accepted or now is None:
        why = f"an update to failed was answered {failed.status}, or did not show"
        yield from (unseen(each, why, failed, listed) for each in ("retry", "retry-count"))
    elif now["status"] == "failed":
        yield seen("retry", "manual", failed, listed)
        yield _manual_count(walk, task, now, listed)
    else:
        yield seen("retry", "automatic", failed, listed)
        yield _automatic_count(walk, task, now, listed)


def _manual_count(walk: Walk, before: Task, failed: Task, listed: Exchange) -> Sight:
    if _counted(before, failed) == 1:
        return seen("retry-count", "on-failure", listed)
    again = _update(walk, failed, {"status": "pending"})
    now, shown = walk.find(str(failed["id"]), "pending")
    if now is None:
        return unseen("retry-count", f"the step back to pending was answered {again.status}", again, shown)
    walk.tasks.append(now)
    steps = (_counted(before, failed), _counted(failed, now))
    value = {(0, 1): "on-requeue", (0, 0): "never"}.get(steps)
    if value is None:
        return unseen("retry-count", f"retry_count grew by {steps[0]} and {steps[1]}", listed, again, shown)
    return seen("retry-count", value, listed, again, shown)


def _automatic_count(walk: Walk, before: Task, now: Task, listed: Exchange) -> Sight:
    """Fails the task until it stays failed: only the last failure is no step back to pending as well."""
    if _counted(before, now) == 0:
        return seen("retry-count", "never", listed)
    for _ in range(_MOST_RETRIES):
        was = now
        failed = _fail(walk, was)
        found, listed = walk.find(str(was["id"]), "pending,failed")
        if not failed.accepted or found is None:
            return unseen("retry-count", f"an update to failed was answered {failed.status}", failed, listed)
        now = found
        if now["status"] == "failed":
            value = {1: "on-failure", 0: "on-requeue"}.get(_counted(was, now), "")
            odd = unseen("retry-count", "it grew by neither 0 nor 1", failed, listed)
            return seen("retry-count", value, failed, listed) if value else odd
    return unseen("retry-count", f"after {_MOST_RETRIES} failures more the task was still pending", listed)


def _fail(walk: Walk, task: Task) -> Exchange:
    """Takes a pending or queued task to failed, by the flow unless any step is known to be taken."""
    if walk.ledger.habit("transitions") != "lenient":
        _follow_the_flow(walk, task, "running")
    return _update(walk, task, {"status": "failed"})


def _follow_the_flow(walk: Walk, task: Task, last: str) -> None:
    status = str(task["status"])
    while status != last:
        status = following(status)
        _update(walk, task, {"status": status})


def _update(walk: Walk, task: Task, body: dict[str, Any] | bytes) -> Exchange:
    return walk.client.send("PUT", f"/tasks/{task['id']}", body)


def _call_back(walk: Walk, task: Task, status: str) -> Exchange:
    return walk.client.send("POST", "/callback/link/update", {"link_id": task["id"], "status": status})


def _complete(walk: Walk, task: Task) -> Exchange:
    return walk.client.send("POST", "/callback/link/complete", {"link_id": task["id"], **links_of(task)})


def _has_retries(task: Task) -> bool:
    count, most = task.get("retry_count"), task.get("max_retries")
    return isinstance(count, int) and isinstance(most, int) and count < most


def _counted(before: Task, after: Task) -> int:
    was, now = before.get("retry_count"), after.get("retry_count")
    return now - was if isinstance(was, int) and isinstance(now, int) else -1
