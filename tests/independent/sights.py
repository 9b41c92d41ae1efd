"""How one sees what a server chose where the page is silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.independent.client import EVERY, Client, Reply, unknown


@dataclass
class Hand:
    """A clock that stands until it is moved (Unix seconds)."""

    now: float = 1_764_583_200.5

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Seer:
    """A client with a hand on the server's clock."""

    client: Client
    hand: Hand


Observation = Callable[[Seer], object]


def _by_status(reply: Reply, values: dict[int, str]) -> str:
    return values[reply.status]


def _refused(reply: Reply, otherwise: str) -> str:
    return _by_status(reply, {200: otherwise, 400: "reject"})


def _running(seer: Seer, number: int = 0) -> str:
    """A task that is on its way, by the flow."""
    return seer.client.some("running", number)


def unknown_cursor(seer: Seer) -> str:
    reply = seer.client.listing(after=unknown())
    if reply.status != 200:
        return _by_status(reply, {400: "reject", 404: "not-found"})
    return "first-page" if reply.document["data"] else "empty"


def foreign_cursor(seer: Seer) -> str:
    foreign = seer.client.other.ids(status=EVERY)[10]
    seen, lost = (seer.client.listing(after=each) for each in (foreign, unknown()))
    same = (seen.status, seen.document.get("data")) == (lost.status, lost.document.get("data"))
    return "as-unknown" if same else "position"


def last_cursor(seer: Seer) -> str:
    page = seer.client.page(limit=1000)
    if "next_cursor" not in page:
        return "absent"
    return "null" if page["next_cursor"] is None else "id"


def list_order(seer: Seer) -> str:
    times = [task["created_at"] for task in seer.client.tasks()]
    return "oldest-first" if times == sorted(times) else "newest-first"


def total_with_cursor(seer: Seer) -> str:
    whole = seer.client.page(limit=1000)
    rest = seer.client.page(after=whole["data"][9]["id"])
    return {0: "all", 10: "remaining"}[whole["total"] - rest["total"]]


def transitions(seer: Seer) -> str:
    return (
        "lenient"
        if seer.client.put(seer.client.some("pending"), status="completed").status == 200
        else "strict"
    )


def refused_transition(seer: Seer) -> int | None:
    status = seer.client.put(seer.client.some("pending"), status="completed").status
    return None if status == 200 else status


def _bound(refused: Reply, reply: Reply) -> str | None:
    """What a callback did with a step that an update was refused; None where it was not."""
    return None if refused.status == 200 else _by_status(reply, {200: "free", refused.status: "bound"})


def link_update_flow(seer: Seer) -> str | None:
    link_id = seer.client.some("completed")
    refused = seer.client.put(link_id, status="pending")
    return _bound(refused, seer.client.call_back("link/update", link_id=link_id, status="pending"))


def completion_flow(seer: Seer) -> str | None:
    link_id = seer.client.some("pending")
    refused = seer.client.put(link_id, status="completed")
    return _bound(refused, seer.client.call_back("link/complete", link_id=link_id))


def retry(seer: Seer) -> str:
    link_id = _running(seer)
    seer.client.put(link_id, status="failed")
    return {"failed": "manual", "pending": "automatic"}[seer.client.shown(link_id)["status"]]


def retry_count(seer: Seer) -> str:
    """On a server that retries by itself on-requeue and on-failure are the same."""
    link_id = _running(seer)
    seer.client.put(link_id, status="failed")
    if seer.client.shown(link_id)["retry_count"] == 1:
        return "on-requeue" if seer.client.shown(link_id)["status"] == "pending" else "on-failure"
    seer.client.put(link_id, status="pending")
    return {0: "never", 1: "on-requeue"}[seer.client.shown(link_id)["retry_count"]]


def first_check(seer: Seer) -> str:
    foreign = seer.client.other.some()
    reply = seer.client.put(foreign, status="nonsense")
    if reply.status == 403:
        no_json = seer.client.ask("PUT", f"/tasks/{foreign}", b'{"status": ')
        return _by_status(no_json, {403: "owner", 400: "json"})
    return _by_status(reply, {400: "body"})


def bulk_bad_item(seer: Seer) -> str:
    reply = seer.client.bulk({"link_id": _running(seer), "status": "nonsense"})
    return _by_status(reply, {400: "whole", 200: "item"})


def bulk_duplicate(seer: Seer) -> str:
    item = {"link_id": _running(seer), "note": "hai"}
    return _refused(seer.client.bulk(item, item), "each")


def bulk_missing_code(seer: Seer) -> object:
    return seer.client.bulk({"link_id": unknown(), "note": "x"}).document["results"][0]["error"]


def logs_bad_entry(seer: Seer) -> str:
    reply = seer.client.log("INFO", "TRACE")
    if reply.status == 200:
        assert reply.document["created"] == 1
    return _by_status(reply, {400: "whole", 200: "skip"})


def log_level_case(seer: Seer) -> str:
    reply = seer.client.log("info")
    return "any" if reply.status == 200 and reply.document["created"] == 1 else "exact"


def complete_twice(seer: Seer) -> str:
    task = seer.client.tasks(status="running")[0]
    statement = "SELECT created_links FROM requests WHERE id = ?"
    before = seer.client.running.store.one(statement, task["request_id"])["created_links"]
    for _ in range(2):
        assert seer.client.call_back("link/complete", link_id=task["id"]).status == 200
    after = seer.client.running.store.one(statement, task["request_id"])["created_links"]
    return {1: "once", 2: "twice"}[after - before]


def related_entities(seer: Seer) -> str:
    foreign = seer.client.other.tasks()[0]["request_id"]
    reply = seer.client.call_back("request/status", request_id=foreign, status="completed")
    return _by_status(reply, {403: "own", 200: "any"})


def entity_status(seer: Seer) -> str:
    mine = seer.client.tasks()[0]["request_id"]
    reply = seer.client.call_back("request/status", request_id=mine, status="whatever")
    return _by_status(reply, {200: "any", 400: "listed"})


def heartbeat_name(seer: Seer) -> str:
    said = seer.client.heartbeat(server_name="another").document["data"]["server_name"]
    return {"hanoi-07": "registered", "another": "reported"}[said]


def heartbeat_silence(seer: Seer) -> str:
    seer.hand.now += 91
    return _by_status(seer.client.listing(), {200: "ignored", 401: "offline"})


def offline_heartbeat(seer: Seer) -> str:
    beat = seer.client.inactive.heartbeat(server_name="saigon-11")
    assert seer.client.inactive.listing().status == beat.status
    return _by_status(beat, {401: "refused", 200: "revives"})


def content_type(seer: Seer) -> str:
    body = '{"note": "một"}'.encode()
    reply = seer.client.ask("PUT", f"/tasks/{_running(seer)}", body, Content_Type="text/plain")
    return _by_status(reply, {200: "any", 400: "bad-request", 415: "unsupported"})


def error_body(seer: Seer) -> str:
    document = seer.client.put(unknown(), note="x").document
    assert document["success"] is False
    if isinstance(document["error"], dict):
        return "nested"
    return "code-and-message" if "message" in document else "code"


def callback_body(seer: Seer) -> str:
    document = seer.client.call_back("link/update", link_id=_running(seer)).document
    return "like-update" if "data" in document else "success-only"


def time_precision(seer: Seer) -> str:
    said = seer.client.heartbeat().document["data"]["server_time"]
    return "milliseconds" if said.endswith(".500Z") else "seconds"


def wrong_method(seer: Seer) -> int:
    return seer.client.ask("DELETE", "/tasks").status


SIGHTS: dict[str, Observation] = {
    "limit_above_maximum": lambda s: _refused(s.client.listing(limit=1001), "clamp"),
    "below_minimum": lambda s: _refused(s.client.listing(limit=0), "default"),
    "unknown_status_filter": lambda s: _refused(s.client.listing(status="nonsense"), "empty"),
    "unknown_cursor": unknown_cursor,
    "foreign_cursor": foreign_cursor,
    "cursor_with_page": lambda s: _refused(s.client.listing(after=_running(s), page=2), "cursor"),
    "last_cursor": last_cursor,
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
        s.client.ask("POST", "/health", {"ip": "192.168.1.100"}), {200: "optional", 400: "required"}
    ),
    "heartbeat_name": heartbeat_name,
    "offline_heartbeat": offline_heartbeat,
    "content_type": content_type,
    "error_body": error_body,
    "callback_body": callback_body,
    "time_precision": time_precision,
    "wrong_method": wrong_method,
    # The last: it may leave the server offline.
    "heartbeat_silence": heartbeat_silence,
}
