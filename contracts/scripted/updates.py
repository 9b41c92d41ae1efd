"""The part of the tour that writes: every operation with legal requests, and at its edges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.parsed_exchange import Reading
from workerkit.contracts.run.context import Task, Walk, following, tasks_in, usable_tasks_in
from workerkit.contracts.run.observation import Sight, seen
from workerkit.openapi.exchange import Exchange

FOREIGN_RULES = ("update-own-only", "bulk-foreign", "not-your-task")
_LINK = "https://example.com/workerkit/{}"
_LINKS = ("link_profile", "link_post")
_NO_FOREIGN_TASK = "the other server has no pending or queued task that may be tried: give it one"
# The language of the page.
_NOTE = "Không giải được captcha: đã thử 3 lần"
# Those of other systems.
_NO_LEVELS = ("TRACE", "WARNING")
# Where retries are automatic, the list shows a failed task among the waiting ones.
_AFTER_FAILURE = ",".join(("failed", *lenient_spec.waiting()))


def send_heartbeat(walk: Walk) -> None:
    """A whole heartbeat is taken, and answered for the server that the key belongs to; text is no number."""
    name = walk.own_name
    whole = heartbeat_of(name)
    numbers = [each for each in whole if not isinstance(whole[each], str)]
    for each in numbers:
        walk.expect("bad-request", walk.client.send("POST", "/health", {**whole, each: "much"}), 400)
    walk.expect("heartbeat", walk.client.send("POST", "/health", {**whole, **dict.fromkeys(numbers, 0)}))
    exchange = walk.client.send("POST", "/health", whole)
    data = Reading(exchange).answered_field("data")
    if not walk.expect("heartbeat", exchange) or not isinstance(data, dict) or walk.server_name is None:
        return
    beating = f"{data.get('server_name')} ({data.get('server_id')})"
    listed = f"{name} ({walk.server_id})"
    flaw = f"the heartbeat is answered for {beating}, the list for {listed}"
    walk.ledger.judge("heartbeat-name", None if beating == listed else flaw, exchange)


def heartbeat_of(name: str) -> dict[str, Any]:
    """The body of a whole heartbeat."""
    usage = {"cpu_usage": 45.5, "ram_usage": 60.2, "disk_usage": 30.0}
    counts = {"active_threads": 5, "active_tasks": 12}
    return {"server_name": name, "ip": "192.168.1.100", **usage, **counts}


def links_of(task: Task) -> dict[str, str]:
    """Both links of a task, by which one knows it again in a list."""
    return {name: _LINK.format(f"{name}/{task['id']}") for name in _LINKS}


def update_a_task(walk: Walk) -> None:
    """A task goes through the flow to completed; the list shows each step and the links."""
    task = walk.take_task("update")
    if task is None:
        return
    status = str(task["status"])
    while status != "completed":
        status = following(status)
        links = links_of(task) if status == "completed" else {}
        exchange = walk.client.send("PUT", f"/tasks/{task['id']}", {"status": status, **links})
        if not walk.expect("update", exchange):
            return
        _read_back(walk, "update", str(task["id"]), status, links, exchange)


def fail_a_task(walk: Walk) -> None:
    """Every field of an update is taken on the way to failed; then the task is failed, or tried again."""
    task = walk.take_task("update")
    if task is None:
        return
    task_id = str(task["id"])
    fields: dict[str, dict[str, Any]] = {
        "queued": {"note": _NOTE},
        "running": {"is_indexed": False},
        "failed": {"error_message": _NOTE},
    }
    for status in _way_to(task, "failed"):
        exchange = walk.client.send("PUT", f"/tasks/{task_id}", {"status": status, **fields[status]})
        if not walk.expect("update", exchange):
            return
    _read_back(walk, "update-status", task_id, _AFTER_FAILURE, {}, exchange)


def cancel_a_task(walk: Walk) -> None:
    """A task that is worked on is canceled; the list shows it."""
    task = walk.take_task("update-status")
    if task is None:
        return
    task_id = str(task["id"])
    for status in _way_to(task, "canceled"):
        exchange = walk.client.send("PUT", f"/tasks/{task_id}", {"status": status})
        if not walk.expect("update", exchange):
            return
    _read_back(walk, "update-status", task_id, "canceled", {}, exchange)


def _way_to(task: Task, end: str) -> Iterator[str]:
    status = following(str(task["status"]))
    while status != "completed":
        yield status
        status = following(status)
    yield end


def leave_the_others_alone(walk: Walk) -> None:
    """An update changes one task and no other one of the list."""
    task = walk.take_task("update")
    if task is None:
        return
    task_id, strays = str(task["id"]), set[str]()
    # Others may be at work: what changes beside an update has to do so twice, and not without one.
    for status in _way_to(task, "canceled"):
        before, still = (_statuses(_whole(walk)) for _ in range(2))
        if before != still or not before:
            return
        update = walk.client.send("PUT", f"/tasks/{task_id}", {"status": status})
        if not walk.expect("update", update):
            return
        shown = _whole(walk)
        strays = set(_moved(still, _statuses(shown))) - {task_id}
        if not strays and status != "queued":
            walk.ledger.hold("update")
            return
    flaw = f"with task {task_id} the status of task {min(strays)} changed"
    walk.ledger.fail("update", flaw, (update, shown))


def _whole(walk: Walk) -> Exchange:
    every = ",".join(lenient_spec.enumeration("TaskStatus"))
    return walk.client.tasks(status=every, limit=lenient_spec.highest("limit"))


def _statuses(shown: Exchange) -> dict[str, str]:
    return {str(each["id"]): str(each["status"]) for each in usable_tasks_in(shown)}


def _moved(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    # That another task is queued when one is done is a server's own affair.
    for task_id, status in before.items():
        if after.get(task_id, status) not in (status, "queued"):
            yield task_id


def refuse_bad_updates(walk: Walk) -> None:
    """Values outside the list or of another type, and a body that is no JSON, get 400 and change nothing."""
    task = walk.take_task("update-status")
    if task is None:
        return
    path, task_id, status = f"/tasks/{task['id']}", str(task["id"]), str(task["status"])
    asked = [
        ("PUT", path, {"status": "nonsense"}),
        ("POST", "/callback/link/update", {"link_id": task_id, "status": "nonsense"}),
    ]
    for each in asked:
        refused = walk.client.send(*each)
        if walk.expect("update-status", refused, 400):
            _read_back(walk, "update-status", task_id, status, {}, refused)
    for body in ({"link_profile": 7}, {"is_indexed": "nonsense"}, b'{"status": '):
        walk.expect("bad-request", walk.client.send("PUT", path, body), 400)
    walk.tasks.append(task)


def update_many(walk: Walk) -> None:
    """Own tasks are updated, each in its way, and those between them are not; the list shows it."""
    own = _two_items(walk)
    if not own:
        return
    strangers = [{"link_id": walk.some_id(), "status": "running"}]
    exchange = walk.client.send("PUT", "/tasks/bulk", {"items": [own[0], *strangers, *own[1:]]})
    if not walk.expect("bulk", exchange):
        return
    results = _objects(Reading(exchange).answered_field("results"))
    foreign = "not_your_task" in [each.get("error") for each in results]
    flaw = "a task that there is not came out as not_your_task"
    walk.ledger.judge("not-found", flaw if foreign else None, exchange)
    done = {str(each.get("link_id")).lower(): each.get("success") for each in results}
    due = {each["link_id"].lower(): each in own for each in (*own, *strangers)}
    flaw = f"own tasks and an unknown one have success {[done.get(each) for each in due]}"
    walk.ledger.judge("bulk-results", None if done == due else flaw, exchange)
    for each in own:
        links = {name: each[name] for name in _LINKS}
        _read_back(walk, "bulk-results", each["link_id"], each["status"], links, exchange)


def _two_items(walk: Walk) -> list[dict[str, str]]:
    """Items for two own tasks, for each another status; for one where there is but one."""
    first, second = walk.take_task("bulk"), walk.tasks.pop(0) if walk.tasks else None
    if first is None:
        return []
    if second is not None and following(str(second["status"])) == following(str(first["status"])):
        step = {"status": following(str(second["status"]))}
        if not walk.expect("update", walk.client.send("PUT", f"/tasks/{second['id']}", step)):
            return [_item(first)]
        second = {**second, **step}
    return [_item(each) for each in (first, second) if each is not None]


def _item(task: Task) -> dict[str, str]:
    return {"link_id": str(task["id"]), "status": following(str(task["status"])), **links_of(task)}


def fill_a_batch(walk: Walk) -> None:
    """As many items as the page allows are taken, all of them unknown."""
    most = lenient_spec.most("BulkUpdate", "items")
    items = [{"link_id": walk.some_id(), "status": "running"} for _ in range(most)]
    walk.expect("bulk", walk.client.send("PUT", "/tasks/bulk", {"items": items}))


def send_logs(walk: Walk) -> None:
    """Every level is taken; as many entries as the page allows are stored; one more is refused."""
    most = lenient_spec.most("LogBatch", "logs")
    names = lenient_spec.enumeration("LogLevel")
    levels = [{"level": name, "message": f"workerkit {name}"} for name in names]
    walk.expect("logs-levels", _log(walk, levels))
    walk.expect("logs", _log(walk, [{**levels[0], "message": _NOTE}]))
    entries = [levels[0]] * (most + 1)
    walk.expect("logs", _log(walk, entries[:most]))
    walk.expect("logs", _log(walk, entries), 400, 413)


def refuse_unknown_level(walk: Walk) -> None:
    """A level outside the list is refused, or that entry is left out, which is a silence."""
    for level in _NO_LEVELS:
        exchange = _log(walk, [{"level": level, "message": "workerkit"}])
        if not exchange.accepted:
            walk.expect("logs-levels", exchange, 400)
            continue
        created = Reading(exchange).answered_field("created")
        flaw = f"an entry of the level {level} was taken, created is {created}"
        walk.ledger.judge("logs-levels", None if created == 0 else flaw, exchange)


def call_back(walk: Walk) -> None:
    """The callbacks are taken for own links and requests; the list shows what they did."""
    _update_link(walk)
    _update_link_without_status(walk)
    _complete_link(walk)
    _complete_waiting_link(walk)
    _set_request_status(walk)
    _set_account_status(walk)


def ask_for_unknown_ids(walk: Walk) -> None:
    """An id that nothing has gets 404, also where the page leaves open whose entities may be named."""
    unknown = walk.some_id()
    asked: list[tuple[str, str, dict[str, Any], tuple[int, ...]]] = [
        ("PUT", f"/tasks/{unknown}", {"status": "running"}, (404,)),
        ("POST", "/callback/link/update", {"link_id": unknown, "status": "running"}, (404,)),
        ("POST", "/callback/link/complete", {"link_id": unknown}, (404,)),
        ("POST", "/callback/request/status", {"request_id": unknown, "status": "completed"}, (403, 404)),
        ("POST", "/callback/account/status", {"account_id": unknown, "status": "active"}, (403, 404)),
    ]
    for method, path, body, statuses in asked:
        walk.expect("not-found", walk.client.send(method, path, body), *statuses)


def leave_foreign_tasks_alone(walk: Walk) -> None:
    """Another server's task is refused with 403 and not_your_task, in a batch by its item, and unchanged."""
    key = walk.target.other_api_key
    if key is None:
        for rule in FOREIGN_RULES:
            walk.ledger.excuse(rule, "needs --other-api-key")
        return
    # As with the own tasks: the second list has them settled.
    _, listed = (walk.client.tasks(key=key) for _ in range(2))
    foreign = walk.may_change(usable_tasks_in(listed))[:1]
    for task in foreign:
        _try_foreign(walk, key, task)
    if not listed.accepted:
        for rule in FOREIGN_RULES:
            walk.ledger.excuse(rule, f"the list of the other server's tasks was answered {listed.status}")
    elif not foreign:
        for rule in FOREIGN_RULES:
            walk.ledger.excuse(rule, _NO_FOREIGN_TASK)
    own = {str(each["id"]) for each in walk.tasks}
    shared = own & {str(each.get("id")) for each in tasks_in(listed)}
    flaw = f"task {min(shared, default='')} is listed to two servers"
    walk.ledger.judge("list", flaw if shared else None, listed)


def _try_foreign(walk: Walk, key: str, task: Task) -> None:
    task_id, status = str(task["id"]), str(task["status"])
    change = {"status": following(status)}
    refused = [
        walk.client.send("PUT", f"/tasks/{task_id}", change),
        walk.client.send("POST", "/callback/link/update", {"link_id": task_id, **change}),
        walk.client.send("POST", "/callback/link/complete", {"link_id": task_id}),
    ]
    for each in refused:
        walk.expect("update-own-only", each, 403)
    batch = walk.client.send("PUT", "/tasks/bulk", {"items": [{"link_id": task_id, **change}]})
    results = Reading(batch).answered_field("results")
    errors = [each.get("error") for each in _objects(results)]
    flaw = f"another server's task in a batch came out as {errors}"
    walk.ledger.judge("bulk-foreign", None if errors == ["not_your_task"] else flaw, batch)
    still, shown = walk.find(task_id, status, key)
    flaw = f"task {task_id} is no longer {status} after another server's refused updates"
    walk.ledger.judge("update-own-only", None if still else flaw, *refused, batch, shown)


def callback_body_of(exchange: Exchange) -> Sight:
    """Which body a callback that was taken is answered with."""
    data = Reading(exchange).answered_field("data")
    return seen("callback-body", "like-update" if isinstance(data, dict) else "success-only", exchange)


def _update_link(walk: Walk) -> None:
    task = walk.take_task("link-update")
    if task is None:
        return
    task_id, status, links = str(task["id"]), following(str(task["status"])), links_of(task)
    body = {"link_id": task_id, "status": status, **links}
    exchange = walk.client.send("POST", "/callback/link/update", body)
    if walk.expect("link-update", exchange):
        _read_back(walk, "link-update", task_id, status, links, exchange)
        walk.ledger.note(callback_body_of(exchange))


def _update_link_without_status(walk: Walk) -> None:
    task = walk.take_task("link-update-optional")
    if task is None:
        return
    task_id, status, links = str(task["id"]), str(task["status"]), links_of(task)
    for name, link in links.items():
        exchange = walk.client.send("POST", "/callback/link/update", {"link_id": task_id, name: link})
        if not walk.expect("link-update-optional", exchange):
            return
    _read_back(walk, "link-update-optional", task_id, status, links, exchange)


def _complete_link(walk: Walk) -> None:
    task = walk.take_task("link-complete")
    if task is None:
        return
    task_id, status = str(task["id"]), str(task["status"])
    while following(status) != "completed":
        status = following(status)
        walk.expect("update", walk.client.send("PUT", f"/tasks/{task_id}", {"status": status}))
    links = links_of(task)
    exchange = walk.client.send("POST", "/callback/link/complete", {"link_id": task_id, **links})
    if walk.expect("link-complete", exchange):
        _read_back(walk, "link-complete", task_id, "completed", links, exchange)


def _complete_waiting_link(walk: Walk) -> None:
    # Whether steps of the flow may be left out is not said; what is taken has to be done.
    walk.tasks.sort(key=lambda each: str(each["status"]) != "pending")
    task = walk.take_task("link-complete")
    if task is None:
        return
    task_id, links = str(task["id"]), links_of(task)
    exchange = walk.client.send("POST", "/callback/link/complete", {"link_id": task_id, **links})
    if exchange.accepted:
        _read_back(walk, "link-complete", task_id, "completed", links, exchange)
    else:
        walk.tasks.append(task)


def _set_request_status(walk: Walk) -> None:
    task = walk.take_task("request-status")
    if task is not None and not walk.may_change_request(str(task["request_id"])):
        walk.ledger.excuse("request-status", "needs --sandbox-request: the request itself is changed")
    elif task is not None:
        body = {"request_id": task["request_id"], "status": "completed"}
        wrong = walk.client.send("POST", "/callback/request/status", {**body, "status": 7})
        walk.expect("bad-request", wrong, 400)
        walk.expect("request-status", walk.client.send("POST", "/callback/request/status", body))


def _set_account_status(walk: Walk) -> None:
    account = walk.target.account_id
    if account is None:
        walk.ledger.excuse("account-status", "needs --account-id: no answer of the API shows one")
        return
    body = {"account_id": account, "status": "active"}
    exchange = walk.client.send("POST", "/callback/account/status", body)
    if exchange.status in (403, 404):
        flaw = f"answered {exchange.status}, expected 2xx: is {account} an account of this server's tasks?"
        walk.ledger.fail("account-status", flaw, (exchange,))
    else:
        walk.expect("account-status", exchange)


def _read_back(
    walk: Walk, rule: str, task_id: str, status: str, fields: dict[str, str], write: Exchange
) -> None:
    task, shown = walk.find(task_id, status)
    if task is None:
        walk.ledger.fail(rule, f"task {task_id} is not in the list of status {status}", (write, shown))
        return
    lost = [name for name, value in fields.items() if task.get(name) != value]
    flaw = f"the list shows another {', '.join(lost)} than was written"
    walk.ledger.judge("update-links" if fields else rule, flaw if lost else None, write, shown)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _log(walk: Walk, entries: list[dict[str, str]]) -> Exchange:
    return walk.client.send("POST", "/logs", {"logs": entries})
