"""Finds out with requests what a server chose for each matter that the API page leaves open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.independent.client import ALL_STATUSES, Client, ClientAnswer, unknown_id


@dataclass
class ManualClock:
    """A clock that only tests move. `now` is in seconds since 1970."""

    now: float = 1_764_583_200.5

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class ObservedServer:
    """A client of a server, and the clock of the server."""

    client: Client
    clock: ManualClock


Observation = Callable[[ObservedServer], object]


def _by_status(reply: ClientAnswer, values: dict[int, str]) -> str:
    return values[reply.status]


def _refused(reply: ClientAnswer, otherwise: str) -> str:
    return _by_status(reply, {200: otherwise, 400: "reject"})


def _running(server: ObservedServer, number: int = 0) -> str:
    """Returns the id of a running task."""
    return server.client.task_id("running", number)


def unknown_cursor(server: ObservedServer) -> str:
    reply = server.client.list_tasks(after=unknown_id())
    if reply.status != 200:
        return _by_status(reply, {400: "reject", 404: "not-found"})
    return "first-page" if reply.document["data"] else "empty"


def foreign_cursor(server: ObservedServer) -> str:
    foreign = server.client.other_server.ids(status=ALL_STATUSES)[10]
    answers = [server.client.list_tasks(after=cursor) for cursor in (foreign, unknown_id())]
    foreign_list, unknown_list = ((answer.status, answer.document.get("data")) for answer in answers)
    same = foreign_list == unknown_list
    return "as-unknown" if same else "position"


def first_cursor(server: ObservedServer) -> str:
    page = server.client.page(limit=1)
    if "next_cursor" not in page:
        return "absent"
    return "null" if page["next_cursor"] is None else "given"


def last_cursor(server: ObservedServer) -> str:
    page = server.client.page(limit=1000, after=server.client.ids()[0])
    if "next_cursor" not in page:
        return "absent"
    return "null" if page["next_cursor"] is None else "id"


def list_order(server: ObservedServer) -> str:
    times = [task["created_at"] for task in server.client.tasks()]
    return "oldest-first" if times == sorted(times) else "newest-first"


def total_with_cursor(server: ObservedServer) -> str:
    first = server.client.page(limit=1000)
    rest = server.client.page(after=first["data"][9]["id"])
    return {0: "all", 10: "remaining"}[first["total"] - rest["total"]]


def transitions(server: ObservedServer) -> str:
    return (
        "lenient"
        if server.client.put(server.client.task_id("pending"), status="completed").status == 200
        else "strict"
    )


def refused_transition(server: ObservedServer) -> int | None:
    status = server.client.put(server.client.task_id("pending"), status="completed").status
    return None if status == 200 else status


def _bound(refused: ClientAnswer, reply: ClientAnswer) -> str | None:
    """Returns whether a callback checks the status flow. None if not even an update is refused.

    refused: the answer to an update against the flow.
    reply: the answer to a callback against the flow.
    """
    return None if refused.status == 200 else _by_status(reply, {200: "free", refused.status: "bound"})


def link_update_flow(server: ObservedServer) -> str | None:
    link_id = server.client.task_id("completed")
    refused = server.client.put(link_id, status="pending")
    return _bound(refused, server.client.call_back("link/update", link_id=link_id, status="pending"))


def completion_flow(server: ObservedServer) -> str | None:
    link_id = server.client.task_id("pending")
    refused = server.client.put(link_id, status="completed")
    return _bound(refused, server.client.call_back("link/complete", link_id=link_id))


def retry(server: ObservedServer) -> str:
    link_id = _running(server)
    server.client.put(link_id, status="failed")
    return {"failed": "manual", "pending": "automatic"}[server.client.listed_task(link_id)["status"]]


def retry_count(server: ObservedServer) -> str:
    """Returns when retry_count grows. With automatic retry, `on-requeue` and `on-failure` are the same."""
    link_id = _running(server)
    server.client.put(link_id, status="failed")
    if server.client.listed_task(link_id)["retry_count"] == 1:
        return "on-requeue" if server.client.listed_task(link_id)["status"] == "pending" else "on-failure"
    server.client.put(link_id, status="pending")
    return {0: "never", 1: "on-requeue"}[server.client.listed_task(link_id)["retry_count"]]


def first_check(server: ObservedServer) -> str:
    foreign = server.client.other_server.task_id()
    reply = server.client.put(foreign, status="nonsense")
    if reply.status == 403:
        invalid_json = server.client.send("PUT", f"/tasks/{foreign}", b'{"status": ')
        return _by_status(invalid_json, {403: "owner", 400: "json"})
    return _by_status(reply, {400: "body"})


def bulk_bad_item(server: ObservedServer) -> str:
    reply = server.client.bulk({"link_id": _running(server), "status": "nonsense"})
    return _by_status(reply, {400: "whole", 200: "item"})


def bulk_duplicate(server: ObservedServer) -> str:
    item = {"link_id": _running(server), "note": "hai"}
    return _refused(server.client.bulk(item, item), "each")


def bulk_missing_code(server: ObservedServer) -> object:
    return server.client.bulk({"link_id": unknown_id(), "note": "x"}).document["results"][0]["error"]


def logs_bad_entry(server: ObservedServer) -> str:
    reply = server.client.log("INFO", "TRACE")
    if reply.status == 200:
        assert reply.document["created"] == 1
    return _by_status(reply, {400: "whole", 200: "skip"})


def log_level_case(server: ObservedServer) -> str:
    reply = server.client.log("info")
    return "any" if reply.status == 200 and reply.document["created"] == 1 else "exact"


def complete_twice(server: ObservedServer) -> str:
    task = server.client.tasks(status="running")[0]
    statement = "SELECT created_links FROM requests WHERE id = ?"
    before = server.client.running.store.one(statement, task["request_id"])["created_links"]
    for _ in range(2):
        assert server.client.call_back("link/complete", link_id=task["id"]).status == 200
    after = server.client.running.store.one(statement, task["request_id"])["created_links"]
    return {1: "once", 2: "twice"}[after - before]


def related_entities(server: ObservedServer) -> str:
    foreign = server.client.other_server.tasks()[0]["request_id"]
    reply = server.client.call_back("request/status", request_id=foreign, status="completed")
    return _by_status(reply, {403: "own", 200: "any"})


def entity_status(server: ObservedServer) -> str:
    mine = server.client.tasks()[0]["request_id"]
    reply = server.client.call_back("request/status", request_id=mine, status="whatever")
    return _by_status(reply, {200: "any", 400: "listed"})


def heartbeat_name(server: ObservedServer) -> str:
    text = server.client.heartbeat(server_name="another").document["data"]["server_name"]
    return {"hanoi-07": "registered", "another": "reported"}[text]


def heartbeat_silence(server: ObservedServer) -> str:
    server.clock.now += 91
    return _by_status(server.client.list_tasks(), {200: "ignored", 401: "offline"})


def offline_heartbeat(server: ObservedServer) -> str:
    beat = server.client.inactive_server.heartbeat(server_name="saigon-11")
    assert server.client.inactive_server.list_tasks().status == beat.status
    return _by_status(beat, {401: "refused", 200: "revives"})


def content_type(server: ObservedServer) -> str:
    body = '{"note": "một"}'.encode()
    reply = server.client.send("PUT", f"/tasks/{_running(server)}", body, Content_Type="text/plain")
    return _by_status(reply, {200: "any", 400: "bad-request", 415: "unsupported"})


def error_body(server: ObservedServer) -> str:
    document = server.client.put(unknown_id(), note="x").document
    assert document["success"] is False
    if isinstance(document["error"], dict):
        return "nested"
    return "code-and-message" if "message" in document else "code"


def callback_body(server: ObservedServer) -> str:
    document = server.client.call_back("link/update", link_id=_running(server)).document
    return "like-update" if "data" in document else "success-only"


def time_precision(server: ObservedServer) -> str:
    text = server.client.heartbeat().document["data"]["server_time"]
    return "milliseconds" if text.endswith(".500Z") else "seconds"


def wrong_method(server: ObservedServer) -> int:
    return server.client.send("DELETE", "/tasks").status


OBSERVATIONS: dict[str, Observation] = {
    "limit_above_maximum": lambda s: _refused(s.client.list_tasks(limit=1001), "clamp"),
    "below_minimum": lambda s: _refused(s.client.list_tasks(limit=0), "default"),
    "unknown_status_filter": lambda s: _refused(s.client.list_tasks(status="nonsense"), "empty"),
    "unknown_cursor": unknown_cursor,
    "foreign_cursor": foreign_cursor,
    "cursor_with_page": lambda s: _refused(s.client.list_tasks(after=_running(s), page=2), "cursor"),
    "last_cursor": last_cursor,
    "first_cursor": first_cursor,
    "list_order": list_order,
    "total_with_cursor": total_with_cursor,
    "transitions": transitions,
    "refused_transition": refused_transition,
    "link_update_flow": link_update_flow,
    "completion_flow": completion_flow,
    "retry": retry,
    "retry_count": retry_count,
    "null_field": lambda s: _refused(s.client.put(_running(s), status="running", note=None), "ignore"),
    "unknown_field": lambda s: _refused(s.client.put(_running(s), status="running", mood="good"), "ignore"),
    "empty_change": lambda s: _refused(s.client.put(_running(s)), "accept"),
    "malformed_id": lambda s: _by_status(s.client.put("so-1", note="x"), {400: "reject", 404: "not-found"}),
    "first_check": first_check,
    "bulk_empty": lambda s: _refused(s.client.bulk(), "accept"),
    "bulk_bad_item": bulk_bad_item,
    "bulk_duplicate": bulk_duplicate,
    "bulk_missing_code": bulk_missing_code,
    "logs_empty": lambda s: _refused(s.client.log(), "accept"),
    "logs_bad_entry": logs_bad_entry,
    "log_level_case": log_level_case,
    "complete_twice": complete_twice,
    "related_entities": related_entities,
    "entity_status": entity_status,
    "heartbeat_fields": lambda s: _by_status(
        s.client.send("POST", "/health", {"ip": "192.168.1.100"}), {200: "optional", 400: "required"}
    ),
    "heartbeat_name": heartbeat_name,
    "offline_heartbeat": offline_heartbeat,
    "content_type": content_type,
    "error_body": error_body,
    "callback_body": callback_body,
    "time_precision": time_precision,
    "wrong_method": wrong_method,
    # Must be the last one, because it may set the server offline.
    "heartbeat_silence": heartbeat_silence,
}
