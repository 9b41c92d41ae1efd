"""Checks that find each fault with requests. A check returns True on a server with the fault, else False."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tests.independent.client import Client, ClientAnswer, unknown_id

FaultCheck = Callable[[Client], bool]

LINK = "https://example.com/a-profile-with-a-name-of-some-length"
POST = "https://example.com/post/456"


def _opens(client: Client, key: str | None) -> bool:
    return client.with_key(key).list_tasks().status == 200


def _by_pages(client: Client, limit: int = 20) -> list[str]:
    """Returns the ids of the first four pages."""
    return [task_id for page in range(1, 5) for task_id in client.ids(page=page, limit=limit)]


def _ids_after(client: Client, number: int = 4, **query: object) -> list[str]:
    """Returns the ids after a task of the first page."""
    return client.ids(after=client.ids()[number], **query)


def _after_changed(client: Client) -> ClientAnswer:
    """Returns the answer to a list after a pending task that was set to queued since it was listed."""
    cursor = client.ids(status="pending")[1]
    client.put(cursor, status="queued")
    return client.list_tasks(status="pending", after=cursor)


def _foreign(client: Client) -> str:
    return client.other_server.task_id()


def _changes(client: Client, change: Callable[[str], object]) -> bool:
    """Whether a change by this client changes a task of another server."""
    link_id = _foreign(client)
    before = client.other_server.listed_task(link_id)
    change(link_id)
    return client.other_server.listed_task(link_id) != before


def _stores(client: Client, **fields: object) -> bool:
    """Whether the list shows the update of a pending task."""
    link_id = client.task_id()
    client.put(link_id, **fields)
    return client.listed_task(link_id).items() >= fields.items()


def _item(link_id: str, status: str = "running", **fields: object) -> dict[str, object]:
    return {"link_id": link_id, "status": status, **fields}


def _mixed(client: Client) -> ClientAnswer:
    """Returns the answer to a batch with an own, a foreign, an unknown and another own task."""
    links = (client.task_id(), _foreign(client), unknown_id(), client.task_id(number=1))
    return client.bulk(*map(_item, links))


def _mixed_statuses(client: Client) -> list[str]:
    """Returns the statuses of two own tasks after a batch that has a foreign task between them."""
    mine = (client.task_id(), client.task_id(number=1))
    client.bulk(_item(mine[0]), _item(_foreign(client)), _item(mine[1]))
    return [client.listed_task(task_id)["status"] for task_id in mine]


def _both(client: Client, first: str, second: str) -> list[str]:
    mine = (client.task_id(), client.task_id(number=1))
    client.bulk(_item(mine[0], first), _item(mine[1], second))
    return [client.listed_task(task_id)["status"] for task_id in mine]


def _drops_link_profile(client: Client) -> bool:
    link_id = client.task_id()
    client.bulk(_item(link_id, link_profile=LINK))
    return bool(client.listed_task(link_id)["link_profile"] != LINK)


def _runs_more_than_one(client: Client) -> bool:
    """Whether the update of one task has changed several tasks to running."""
    before = client.ids(status="running")
    client.put(client.task_id(), status="running")
    return len(client.ids(status="running")) > len(before) + 1


def _list_lags(client: Client) -> bool:
    link_id = client.task_id()
    assert link_id in client.ids(status="pending")
    client.put(link_id, status="running")
    return link_id in client.ids(status="pending")


def _time_is_near(client: Client) -> bool:
    text = client.heartbeat().document["data"]["server_time"]
    return abs((datetime.fromisoformat(text) - datetime.now().astimezone()).total_seconds()) < 3600


def _in_any_of_ten_tries(client: Client, check: FaultCheck) -> bool:
    """Whether one of ten tries shows the fault. A client cannot control the order of concurrent requests."""
    return any(check(client) for _ in range(10))


def _loses_links(client: Client) -> bool:
    link_id = client.task_id()
    client.put_at_once((link_id, {"link_profile": LINK}), (link_id, {"link_post": POST, "status": "running"}))
    task = client.listed_task(link_id)
    return (task["link_profile"], task["link_post"]) != (LINK, POST)


def _runs_at_once(client: Client) -> tuple[list[str], list[ClientAnswer]]:
    """Updates four pending tasks at the same time. Returns their ids and the answers."""
    links = client.ids(limit=4)
    return links, client.put_at_once(*((link, {"status": "running"}) for link in links))


def _mixes_links(client: Client) -> bool:
    links, replies = _runs_at_once(client)
    return [reply.document["data"]["link_id"] for reply in replies] != links


def _fails_at_once(client: Client) -> bool:
    return any(reply.status == 500 for reply in _runs_at_once(client)[1])


AUTHENTICATION: dict[str, FaultCheck] = {
    "key-beginning-accepted": lambda c: _opens(c, str(c.key)[:-1]),
    "key-with-tail-accepted": lambda c: _opens(c, f"{c.key}0"),
    "key-case-ignored": lambda c: _opens(c, str(c.key).upper()),
    "inactive-server-accepted": lambda c: c.inactive_server.list_tasks().status == 200,
    "inactive-server-may-log": lambda c: c.inactive_server.log("INFO").status == 200,
    "inactive-server-may-update-in-bulk": lambda c: c.inactive_server.bulk(_item(unknown_id())).status == 200,
    "key-ignored-by-listing": lambda c: c.with_key(None).list_tasks().status == 200,
    "key-ignored-by-logs": lambda c: c.with_key(None).log("INFO").status == 200,
    "key-ignored-by-heartbeat": lambda c: c.with_key("nobody's").heartbeat().status == 200,
    "key-ignored-by-request-status": lambda c: (
        c.with_key(None).call_back("request/status", request_id=c.tasks()[0]["request_id"], status="x").status
        == 200
    ),
    "wrong-key-forbidden": lambda c: c.with_key("nobody's").list_tasks().status == 403,
    "missing-key-bad-request": lambda c: c.with_key(None).list_tasks().status == 400,
    "inactive-server-forbidden": lambda c: c.inactive_server.list_tasks().status == 403,
    "key-in-query-accepted": lambda c: c.with_key(None).list_tasks(api_key=c.key).status == 200,
}

HEARTBEAT: dict[str, FaultCheck] = {
    "heartbeat-server-id-changes": lambda c: (
        c.heartbeat().document["data"]["server_id"] != c.heartbeat().document["data"]["server_id"]
    ),
    "heartbeat-server-id-is-anothers": lambda c: (
        c.heartbeat().document["data"]["server_id"] != c.page()["server_id"]
    ),
    "heartbeat-without-server-time": lambda c: "server_time" not in c.heartbeat().document["data"],
    "heartbeat-server-time-is-number": lambda c: (
        not isinstance(c.heartbeat().document["data"]["server_time"], str)
    ),
    "heartbeat-server-time-stands-still": lambda c: not _time_is_near(c),
    "heartbeat-status-alive": lambda c: c.heartbeat().document["data"]["status"] != "ok",
    "heartbeat-without-data": lambda c: "data" not in c.heartbeat().document,
    "heartbeat-refuses-fractions": lambda c: c.heartbeat(ram_usage=60.2).status != 200,
    "heartbeat-takes-text-for-number": lambda c: c.heartbeat(cpu_usage="high").status == 200,
    "heartbeat-refuses-zero": lambda c: c.heartbeat(active_tasks=0).status != 200,
}

LISTING: dict[str, FaultCheck] = {
    "foreign-tasks-listed": lambda c: _foreign(c) in c.ids(limit=1000),
    "default-filter-is-all": lambda c: {t["status"] for t in c.tasks()} != {"pending", "queued"},
    "default-filter-is-pending": lambda c: {t["status"] for t in c.tasks()} == {"pending"},
    "status-filter-ignored": lambda c: {t["status"] for t in c.tasks(status="failed")} != {"failed"},
    "status-filter-takes-first": lambda c: len({t["status"] for t in c.tasks(status="failed,canceled")}) == 1,
    "service-type-ignored": lambda c: len({t["service_type"] for t in c.tasks(service_type="forum")}) > 1,
    "service-type-ignored-beside-status": lambda c: (
        len({t["service_type"] for t in c.tasks(service_type="forum", status="queued")}) > 1
    ),
    "total-of-page": lambda c: c.page(limit=7)["total"] == 7,
    "total-ignores-filters": lambda c: c.page(status="failed")["total"] != len(c.tasks(status="failed")),
    "total-one-too-many": lambda c: c.page(status="failed")["total"] != len(c.tasks(status="failed")),
    "page-off-by-one": lambda c: c.ids(page=1, limit=5) != c.ids(limit=1000)[:5],
    "pages-overlap": lambda c: len(set(_by_pages(c))) < len(_by_pages(c)),
    "pages-leave-out": lambda c: not set(c.ids(limit=1000)[:80]) <= set(_by_pages(c)),
    "page-ignored": lambda c: c.ids(page=2, limit=5) == c.ids(page=1, limit=5),
    "page-not-echoed": lambda c: c.page(page=2, limit=5)["page"] != 2,
    "order-changes-between-pages": lambda c: len(set(_by_pages(c))) < len(_by_pages(c)),
    "cursor-skips-one": lambda c: _ids_after(c)[0] != c.ids()[5],
    "cursor-repeats-last": lambda c: c.ids()[4] in _ids_after(c),
    "cursor-ignored": lambda c: c.ids()[0] in _ids_after(c),
    "changed-cursor-refused": lambda c: _after_changed(c).status != 200,
    "changed-cursor-begins-again": lambda c: (
        c.ids(status="pending")[0] == _after_changed(c).document["data"][0]["id"]
    ),
    "changed-cursor-lists-nothing": lambda c: _after_changed(c).document.get("data") == [],
    "cursor-forgets-status": lambda c: (
        {t["status"] for t in c.tasks(after=c.task_id())} > {"pending", "queued"}
    ),
    "cursor-forgets-service-type": lambda c: (
        len({t["service_type"] for t in c.tasks(after=c.task_id(), service_type="forum")}) > 1
    ),
    "next-cursor-is-first-item": lambda c: c.page(limit=5)["next_cursor"] == c.ids()[0],
    "next-cursor-is-last-but-one": lambda c: c.page(limit=5)["next_cursor"] == c.ids()[3],
    "next-cursor-missing": lambda c: c.page(limit=5)["next_cursor"] is None,
    "default-limit-is-fifty": lambda c: len(c.tasks()) == 50,
    "limit-above-maximum-accepted": lambda c: c.page(limit=1001)["limit"] == 1001,
    "limit-cut-at-five-hundred": lambda c: c.page(limit=1000)["limit"] == 500,
    "limit-thousand-refused": lambda c: c.list_tasks(limit=1000).status != 200,
    "limit-without-effect": lambda c: len(c.tasks(limit=5)) > 5,
    "limit-not-echoed": lambda c: c.page(limit=5)["limit"] != 5,
    "limit-word-accepted": lambda c: c.list_tasks(limit="many").status == 200,
    "field-missing": lambda c: "auction_price" not in c.tasks()[0],
    "config-is-object": lambda c: isinstance(c.tasks()[0]["config"], dict),
    "created-at-is-number": lambda c: isinstance(c.tasks()[0]["created_at"], int),
    "retry-count-is-text": lambda c: isinstance(c.tasks()[0]["retry_count"], str),
    "status-of-another-language": lambda c: "waiting" in {t["status"] for t in c.tasks()},
    "server-name-missing": lambda c: "server_name" not in c.page(),
    "empty-data-is-null": lambda c: c.page(service_type="none of this name")["data"] is None,
}

UPDATE: dict[str, FaultCheck] = {
    "update-answered-without-body": lambda c: c.put(c.task_id(), status="running").status == 204,
    "update-without-effect": lambda c: not _stores(c, status="running"),
    "update-answers-other-link-id": lambda c: (
        c.put(link_id := c.task_id(), status="running").document["data"]["link_id"] != link_id
    ),
    "update-answers-request-id": lambda c: (
        c.put(link_id := c.task_id(), status="running").document["data"]["link_id"] != link_id
    ),
    "updated-is-false": lambda c: c.put(c.task_id(), status="running").document["data"]["updated"] is False,
    "foreign-task-updated": lambda c: _changes(c, lambda task: c.put(task, status="running")),
    "foreign-task-updated-though-refused": lambda c: _changes(c, lambda task: c.put(task, status="running")),
    "unknown-task-updated": lambda c: c.put(unknown_id(), status="running").status == 200,
    "foreign-task-not-found": lambda c: c.put(_foreign(c), status="running").status == 404,
    "unknown-task-forbidden": lambda c: c.put(unknown_id(), status="running").status == 403,
    "bad-status-accepted": lambda c: c.put(c.task_id(), status="nonsense").status == 200,
    "bad-status-swallowed": lambda c: c.put(c.task_id(), status="nonsense").status == 200,
    "canceled-refused": lambda c: c.put(c.task_id("running"), status="canceled").status != 200,
    "failed-stored-as-canceled": lambda c: not _stores(c, status="failed"),
    "link-post-dropped": lambda c: not _stores(c, link_post=POST),
    "links-swapped": lambda c: not _stores(c, link_profile=LINK, link_post=POST),
    "link-cut": lambda c: not _stores(c, link_profile=LINK),
    "update-touches-neighbours": _runs_more_than_one,
    "is-indexed-refused": lambda c: c.put(c.task_id(), is_indexed=True).status != 200,
    "is-indexed-takes-text": lambda c: c.put(c.task_id(), is_indexed="yes").status == 200,
    "link-takes-number": lambda c: c.put(c.task_id(), link_profile=12).status == 200,
    "listing-is-stale": _list_lags,
}

BULK: dict[str, FaultCheck] = {
    "bulk-takes-too-many": lambda c: c.bulk(*(_item(unknown_id()) for _ in range(501))).status == 200,
    "bulk-refuses-five-hundred": lambda c: c.bulk(*(_item(unknown_id()) for _ in range(500))).status != 200,
    "bulk-total-is-success": lambda c: _mixed(c).document["total"] != 4,
    "bulk-success-is-flag": lambda c: _mixed(c).document["success"] is True,
    "bulk-success-counts-all": lambda c: _mixed(c).document["success"] == 4,
    "bulk-failed-is-zero": lambda c: _mixed(c).document["failed"] == 0,
    "bulk-leaves-out-refused": lambda c: len(_mixed(c).document["results"]) < 4,
    "bulk-forgets-last-item": lambda c: len(_mixed(c).document["results"]) < 4,
    "bulk-refused-says-success": lambda c: all(result["success"] for result in _mixed(c).document["results"]),
    "bulk-refused-without-error": lambda c: "error" not in _mixed(c).document["results"][1],
    "bulk-foreign-other-error": lambda c: _mixed(c).document["results"][1]["error"] != "not_your_task",
    "bulk-all-or-nothing": lambda c: _mixed_statuses(c) == ["pending", "pending"],
    "bulk-foreign-refuses-all": lambda c: _mixed(c).status == 403,
    "bulk-stops-at-refused": lambda c: _mixed_statuses(c) == ["running", "pending"],
    "bulk-foreign-updated": lambda c: _changes(c, lambda task: c.bulk(_item(task))),
    "bulk-foreign-updated-though-refused": lambda c: _changes(c, lambda task: c.bulk(_item(task))),
    "bulk-unknown-succeeds": lambda c: c.bulk(_item(unknown_id())).document["success"] == 1,
    "bulk-writes-first-only": lambda c: _both(c, "running", "failed") == ["running", "pending"],
    "bulk-drops-link-profile": _drops_link_profile,
    "bulk-spreads-first-status": lambda c: _both(c, "running", "failed") == ["running", "running"],
    "bulk-taken-for-id": lambda c: c.bulk(_item(c.task_id())).status != 200,
}

LOGS: dict[str, FaultCheck] = {
    "logs-take-too-many": lambda c: c.log(*["INFO"] * 501).status == 200,
    "logs-refuse-five-hundred": lambda c: c.log(*["INFO"] * 500).status != 200,
    "logs-created-one-too-few": lambda c: c.log("INFO", "ERROR").document["created"] == 1,
    "logs-created-is-one": lambda c: c.log("INFO", "ERROR").document["created"] == 1,
    "logs-created-is-text": lambda c: c.log("INFO", "ERROR").document["created"] == "2",
    "logs-without-success": lambda c: "success" not in c.log("INFO").document,
    "logs-take-warning": lambda c: c.log("WARNING").status == 200,
    "logs-take-trace": lambda c: c.log("TRACE").status == 200,
    "logs-take-any-level": lambda c: c.log("xong").status == 200,
    "logs-refuse-debug": lambda c: c.log("DEBUG").status != 200,
    "logs-refuse-warn": lambda c: c.log("WARN").status != 200,
}


def _completed(client: Client, **fields: str) -> dict[str, object]:
    """Completes a pending task with the callback. Returns the task."""
    link_id = client.task_id()
    client.call_back("link/complete", link_id=link_id, **fields)
    return client.listed_task(link_id)


def _updated_by_callback(client: Client, **fields: object) -> dict[str, object]:
    """Updates a pending task with the callback. Returns the task."""
    link_id = client.task_id()
    client.call_back("link/update", link_id=link_id, **fields)
    return client.listed_task(link_id)


def _request(client: Client, **fields: object) -> ClientAnswer:
    return client.call_back("request/status", request_id=client.tasks()[0]["request_id"], **fields)


CALLBACKS: dict[str, FaultCheck] = {
    "complete-leaves-status": lambda c: _completed(c)["status"] != "completed",
    "complete-drops-links": lambda c: _completed(c, link_profile=LINK)["link_profile"] != LINK,
    "complete-ignores-pending": lambda c: _completed(c)["status"] != "completed",
    "complete-takes-foreign": lambda c: _changes(c, lambda task: c.call_back("link/complete", link_id=task)),
    "link-update-takes-foreign": lambda c: _changes(
        c, lambda task: c.call_back("link/update", link_id=task, status="running")
    ),
    "callback-foreign-not-found": lambda c: c.call_back("link/complete", link_id=_foreign(c)).status == 404,
    "callback-unknown-link-succeeds": lambda c: (
        c.call_back("link/update", link_id=unknown_id()).status == 200
    ),
    "link-update-requires-status": lambda c: (
        c.call_back("link/update", link_id=c.task_id(), link_post=POST).status != 200
    ),
    "link-update-requires-link-profile": lambda c: (
        c.call_back("link/update", link_id=c.task_id(), status="running").status != 200
    ),
    "link-update-without-link-id": lambda c: c.call_back("link/update", status="running").status == 200,
    "link-update-without-effect": lambda c: _updated_by_callback(c, status="running")["status"] != "running",
    "link-update-drops-link-post": lambda c: _updated_by_callback(c, link_post=POST)["link_post"] != POST,
    "link-update-takes-bad-status": lambda c: (
        c.call_back("link/update", link_id=c.task_id(), status="nonsense").status == 200
    ),
    "callback-success-is-false": lambda c: _request(c, status="completed").document["success"] is False,
    "request-never-found": lambda c: _request(c, status="completed").status == 404,
    "unknown-request-succeeds": lambda c: (
        c.call_back("request/status", request_id=unknown_id(), status="completed").status == 200
    ),
    "unknown-account-succeeds": lambda c: (
        c.call_back("account/status", account_id=unknown_id(), status="active").status == 200
    ),
    "account-never-found": lambda c: (
        c.call_back("account/status", account_id=c.running.seeded.account_id, status="active").status == 404
    ),
    "request-status-without-status": lambda c: _request(c).status == 200,
    "account-status-crashes": lambda c: c.call_back("account/status", status="active").status == 500,
}

ERRORS: dict[str, FaultCheck] = {
    "unknown-task-crashes": lambda c: c.put(unknown_id(), status="running").status == 500,
    "foreign-without-code": lambda c: b"not_your_task" not in c.put(_foreign(c), status="running").body,
    "errors-are-html": lambda c: c.put(_foreign(c), status="running").document is None,
    "errors-have-status-ok": lambda c: c.put(c.task_id(), status="nonsense").status == 200,
    "not-found-has-status-ok": lambda c: c.put(unknown_id(), status="running").status == 200,
    "refusal-says-success": lambda c: c.put(c.task_id(), status="nonsense").document["success"] is True,
    "broken-json-crashes": lambda c: c.send("POST", "/logs", b'{"logs": [').status == 500,
    "body-that-is-no-object-crashes": lambda c: c.send("POST", "/logs", []).status == 500,
    "broken-json-is-empty": lambda c: c.send("POST", "/health", b'{"ip": ').status == 200,
}

CONCURRENCY: dict[str, FaultCheck] = {
    "update-lost-when-concurrent": lambda c: _in_any_of_ten_tries(c, _loses_links),
    "answers-mixed-when-concurrent": lambda c: _in_any_of_ten_tries(c, _mixes_links),
    "update-fails-when-concurrent": lambda c: _in_any_of_ten_tries(c, _fails_at_once),
}

_LONG_LINK = f"{LINK}/{'long-path/' * 30}"


def _crashes(client: Client, text: str) -> bool:
    return client.put(client.task_id(), note=text).status == 500


def _bulk_stores(client: Client, **fields: object) -> bool:
    link_id = client.task_id()
    client.bulk({"link_id": link_id, **fields})
    return client.listed_task(link_id).items() >= fields.items()


def _keeps_links(client: Client, link_id: str, change: Callable[[str], object]) -> bool:
    """Whether a task keeps both links when a change names none of them or only one."""
    client.put(link_id, link_profile=LINK, link_post=POST)
    change(link_id)
    task = client.listed_task(link_id)
    return (task["link_profile"], task["link_post"]) == (LINK, POST)


FIELDS: dict[str, FaultCheck] = {
    "long-text-crashes": lambda c: _crashes(c, _LONG_LINK),
    "emoji-crashes": lambda c: _crashes(c, "🎉"),
    "nul-crashes": lambda c: _crashes(c, "\0"),
    "link-cut-at255": lambda c: not _stores(c, link_profile=_LONG_LINK),
    "ampersand-escaped": lambda c: not _stores(c, link_profile=f"{LINK}?a=1&b=2"),
    "bulk-stores-question-marks": lambda c: not _bulk_stores(c, link_profile=f"{LINK}/Nguyễn"),
    "long-service-type-crashes": lambda c: c.list_tasks(service_type="x" * 300).status == 500,
    "service-type-is-pattern": lambda c: c.page(service_type="%")["total"] > 0,
    "log-surrogate-crashes": lambda c: (
        c.send("POST", "/logs", {"logs": [{"level": "INFO", "message": "\ud800"}]}).status == 500
    ),
    "foreign-task-updated-without-status": lambda c: _changes(c, lambda task: c.put(task, link_post=POST)),
    "bulk-foreign-updated-without-status": lambda c: _changes(
        c, lambda task: c.bulk({"link_id": task, "link_post": POST})
    ),
    "link-update-takes-foreign-without-status": lambda c: _changes(
        c, lambda task: c.call_back("link/update", link_id=task, link_post=POST)
    ),
    "note-takes-list": lambda c: c.put(c.task_id(), note=["xong"]).status == 200,
    "bulk-note-takes-list": lambda c: (
        c.bulk({"link_id": c.task_id(), "note": ["xong"]}).document["success"] == 1
    ),
    "status-list-crashes": lambda c: c.put(c.task_id(), status=["running"]).status == 500,
    "status-clears-links": lambda c: (
        not _keeps_links(c, c.task_id(), lambda task: c.put(task, status="running"))
    ),
    "bulk-clears-link-post": lambda c: (
        not _keeps_links(c, c.task_id(), lambda task: c.bulk({"link_id": task, "link_profile": LINK}))
    ),
    "note-alone-refused": lambda c: c.put(c.task_id(), note="xong").status != 200,
    "link-update-sets-running": lambda c: _updated_by_callback(c, link_post=POST)["status"] == "running",
    "complete-clears-links": lambda c: (
        not _keeps_links(c, c.task_id(), lambda task: c.call_back("link/complete", link_id=task))
    ),
    "cancelled-accepted": lambda c: c.put(c.task_id(), status="cancelled").status == 200,
    "bulk-cancelled-accepted": lambda c: c.bulk(_item(c.task_id(), "cancelled")).document["success"] == 1,
    "logs-take-fatal": lambda c: c.log("FATAL").status == 200,
    "filter-takes-cancelled": lambda c: c.page(status="cancelled")["total"] > 0,
    "large-page-crashes": lambda c: c.list_tasks(page=2**31).status == 500,
    "last-cursor-begins-again": lambda c: c.ids(after=c.ids(limit=1000)[-1]) != [],
    "full-usage-refused": lambda c: c.heartbeat(cpu_usage=100).status != 200,
    "large-count-crashes": lambda c: c.heartbeat(active_tasks=2**31).status == 500,
}

FAULT_CHECKS: dict[str, FaultCheck] = {
    **AUTHENTICATION,
    **HEARTBEAT,
    **LISTING,
    **UPDATE,
    **BULK,
    **LOGS,
    **CALLBACKS,
    **ERRORS,
    **CONCURRENCY,
    **FIELDS,
}


def _created_links(client: Client) -> int:
    """Completes a pending task. Returns by how much created_links grows in the database."""
    task = client.tasks(status="pending")[0]
    statement = "SELECT created_links FROM requests WHERE id = ?"
    before = client.running.store.one(statement, task["request_id"])["created_links"]
    client.call_back("link/complete", link_id=task["id"])
    after = client.running.store.one(statement, task["request_id"])["created_links"]
    return int(after - before)


def _column(client: Client, table: str, column: str, identity: object) -> object:
    return client.running.store.one(f"SELECT {column} FROM {table} WHERE id = ?", identity)[column]


# Faults that no client can see. These checks read the database.
HIDDEN_FAULT_CHECKS: dict[str, FaultCheck] = {
    "complete-leaves-completed-at": lambda c: (
        _column(c, "tasks", "completed_at", _completed(c, link_post=POST)["id"]) is None
    ),
    "complete-counts-nothing": lambda c: _created_links(c) == 0,
    "complete-counts-two": lambda c: _created_links(c) == 2,
    "request-status-not-stored": lambda c: (
        _request(c, status="paused").status == 200
        and _column(c, "requests", "status", c.tasks()[0]["request_id"]) != "paused"
    ),
}
