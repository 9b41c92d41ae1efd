"""Each check, with exchanges that keep its rule and with exchanges that break it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.contracts.relations.relations import check_exchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

A, B, C = (f"{digit}f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b" for digit in "678")
BASE = "/api/v1/worker"


def exchange(
    method: str,
    path: str,
    sent: Any = None,
    status: int | None = 200,
    answer: Any = None,
    kind: str = "application/json",
) -> Exchange:
    path, _, query = path.partition("?")
    body = sent if isinstance(sent, bytes) else b"" if sent is None else render(sent)
    answered = answer if isinstance(answer, bytes) else render(answer)
    headers = (("content-type", kind),) if sent is not None else ()
    return Exchange(1, None, None, method, BASE + path, query, headers, body, status, (), answered, 0.0, 0.0)


def broken_rules(exchange: Exchange) -> dict[str, str]:
    return {result.rule: result.flaw for result in check_exchange(exchange) if result.flaw is not None}


def task(task_id: str, **fields: Any) -> dict[str, Any]:
    texts = ("site_name", "email", "username", "password", "about", "link_profile", "link_post", "config")
    names = ("request_name", "request_website", "type_request")
    return {
        **dict.fromkeys((*texts, *names), ""),
        **{"id": task_id, "request_id": A, "site_id": A, "service_type": "entity", "status": "pending"},
        **{"retry_count": 0, "max_retries": 3, "details": None, "started_at": None, "auction_price": 1},
        **{"created_at": "2025-12-01T10:00:00Z"},
        **fields,
    }


def listed(query: str, *tasks: dict[str, Any], **fields: Any) -> Exchange:
    page = {"total": len(tasks), "page": 1, "limit": 100, "next_cursor": None, **fields}
    page = {name: value for name, value in page.items() if value != "absent"}
    return exchange(
        "GET", f"/tasks{query}", answer={"server_id": A, "server_name": "s", "data": list(tasks), **page}
    )


def bulk(items: list[Any], results: list[dict[str, Any]], **fields: Any) -> Exchange:
    updated = sum(result["success"] for result in results)
    counts = {"total": len(items), "success": updated, "failed": len(results) - updated}
    return exchange("PUT", "/tasks/bulk", {"items": items}, 200, {**counts, "results": results, **fields})


DONE, REFUSED = {"link_id": A, "success": True}, {"link_id": B, "success": False, "error": "not_found"}
ITEMS = [{"link_id": A, "status": "running"}, {"link_id": B, "status": "running"}]
UPDATED = {"success": True, "data": {"updated": True, "link_id": A}}
LOGS = [{"level": "INFO", "message": "a"}, {"level": "DEBUG", "message": "b"}]
HEARTBEAT = {
    "success": True,
    "data": {"status": "ok", "server_id": A, "server_name": "s", "server_time": "2025-12-01T10:00:00Z"},
}

KEPT = {
    "heartbeat": exchange("POST", "/health", {"server_name": "s"}, 200, HEARTBEAT),
    "an empty list": listed(""),
    "a whole list": listed("", task(A), task(B, status="queued"), next_cursor=None),
    "a last cursor that is the last id": listed("", task(A), task(B), next_cursor=B),
    "no cursor on the last page": listed("", task(A), next_cursor="absent"),
    "the default for a limit that is no number": listed("?limit=many", task(A)),
    "the first page for a page that is no number": listed("?page=ten", task(A)),
    "the default for a page beyond 32 bits": listed("?page=2147483648", task(A)),
    "no page number with a cursor": listed(f"?after={A}", task(B), page=None),
    "no cursor with a page number": listed("?page=1&limit=1", task(A), total=2, limit=1),
    "a page after the last one that is unknown": exchange("GET", "/tasks?page=9", None, 404, {}),
    "an update that changed nothing": exchange(
        "PUT", f"/tasks/{A}", {}, 200, {"success": True, "data": {"updated": False, "link_id": A}}
    ),
    "a log entry with a default level": exchange(
        "POST", "/logs", {"logs": [{"message": "x"}]}, 200, {"success": True, "created": 1}
    ),
    "an error that is null": bulk([{"link_id": A, "status": "queued"}], [{**DONE, "error": None}]),
    "a page of many": listed("?page=2&limit=1", task(B), total=3, page=2, limit=1, next_cursor=B),
    "a page past the end": listed("?page=9&limit=10", total=3, page=9, limit=10),
    "a first page without a cursor": listed("?limit=1", task(A), total=3, limit=1, next_cursor=None),
    "a page by cursor": listed(f"?after={A}&limit=1", task(B), total=9, limit=1, next_cursor=B),
    "a remaining total by cursor": listed(f"?after={A}", task(B), total=1),
    "a limit lowered to the maximum": listed("?limit=1001", task(A), limit=1000),
    "a limit below the minimum": listed("?limit=0", task(A), limit=100),
    "an unknown status as empty": listed("?status=nonsense"),
    "an unknown cursor not found": exchange("GET", f"/tasks?after={B}", None, 404, {}),
    "a repeated parameter, the first value used": listed(
        "?limit=1&limit=2", task(A), total=2, limit=1, next_cursor=A
    ),
    "a repeated parameter, the last value used": listed("?limit=0&limit=7", task(A), limit=7),
    "empty parameters": listed("?limit=&page=&after=&status=", task(A)),
    "one status": listed("?status=failed", task(A, status="failed")),
    "a service type": listed("?service_type=social", task(A, service_type="social")),
    "milliseconds": listed("", task(A, created_at="2025-12-01T10:00:00.000Z")),
    "update": exchange("PUT", f"/tasks/{A}", {"status": "running"}, 200, UPDATED),
    "an id in upper case": exchange("PUT", f"/tasks/{A.upper()}", {"status": "running"}, 200, UPDATED),
    "bulk": bulk(ITEMS, [DONE, REFUSED]),
    "results in another order": bulk(ITEMS, [REFUSED, DONE]),
    "a bad item refused alone": bulk([ITEMS[0], {"link_id": B, "status": "no"}], [DONE, REFUSED]),
    "an item without a right link_id refused alone": bulk(
        [ITEMS[0], {"link_id": "task-7"}, {"status": "failed"}, "no item"],
        [DONE, *({"link_id": link_id, "success": False} for link_id in ("task-7", "", None))],
    ),
    "logs": exchange("POST", "/logs", {"logs": LOGS}, 200, {"success": True, "created": 2}),
    "a bad entry left out": exchange(
        "POST",
        "/logs",
        {"logs": [*LOGS, {"level": "TRACE", "message": ""}]},
        200,
        {"success": True, "created": 2},
    ),
    "an entry with an unnamed field left out": exchange(
        "POST",
        "/logs",
        {"logs": [*LOGS, {**LOGS[0], "unnamed": 1}]},
        200,
        {"success": True, "created": 2},
    ),
    "a level in lower case": exchange(
        "POST", "/logs", {"logs": [{"level": "info", "message": ""}]}, 200, {"success": True, "created": 1}
    ),
    "a callback like an update": exchange("POST", "/callback/link/update", {"link_id": A}, 200, UPDATED),
    "a callback with success only": exchange(
        "POST", "/callback/link/complete", {"link_id": A}, 200, {"success": True}
    ),
    "a refused callback": exchange("POST", "/callback/account/status", {}, 400, {"error": {"code": "x"}}),
    "403 with its code": exchange("PUT", f"/tasks/{A}", {}, 403, {"error": {"code": "not_your_task"}}),
    "404 with another body": exchange("PUT", f"/tasks/{A}", {}, 404, b"gone"),
    "a conflict": exchange("PUT", f"/tasks/{A}", {"status": "pending"}, 409, {}),
    "too many requests": exchange("GET", "/tasks", None, 429, {}),
    "microseconds": listed("", task(A, created_at="2025-12-01T10:00:00.000001Z")),
    "a time with an offset": listed("", task(A, created_at="2025-12-01T17:00:00+07:00")),
    "empty fields as null": listed(
        "", task(A, **dict.fromkeys(("request_id", "service_type", "about", "link_post", "created_at")))
    ),
    "pending tasks handed out": listed(
        "?status=pending&limit=1", task(A, status="queued"), total=0, limit=1, next_cursor=A
    ),
    "ids in capitals": listed(f"?after={A}", task(B.upper()), next_cursor=B),
    "a page beyond 2**53, rounded": listed(
        "?page=9223372036854775807", total=3, page=9223372036854776000, limit=100
    ),
    "a total beyond 2**53": listed("?limit=1", task(A), total=2**60, limit=1),
    "numbers that begin with digits": listed("?limit=5.0&page=2x", task(A), limit=5),
    "near types": exchange(
        "POST",
        "/health",
        {"server_name": 5, "ip": True, "cpu_usage": "5.5", "active_threads": False, "active_tasks": "1_2"},
        200,
        HEARTBEAT,
    ),
    "decimals of an integer": exchange("POST", "/health", {"active_tasks": 3.0}, 200, HEARTBEAT),
    "a near boolean": exchange("PUT", f"/tasks/{A}", {"is_indexed": "True", "status": ""}, 200, UPDATED),
    "no body as {}": exchange("PUT", f"/tasks/{A}", b"", 200, UPDATED),
    "null as {}": exchange("PUT", f"/tasks/{A}", b"null", 200, UPDATED),
    "an ignored body": exchange("PUT", f"/tasks/{A}", {"status": "no"}, 200, UPDATED, "text/plain"),
    "a callback with updated alone": exchange(
        "POST", "/callback/link/update", {"link_id": A}, 200, {"success": True, "data": {"updated": True}}
    ),
    "a callback with a message": exchange(
        "POST", "/callback/link/update", {"link_id": A}, 200, {"success": True, "message": "done"}
    ),
    "a number that no double can have": exchange(
        "POST", "/health", b'{"active_tasks": 1e400}', 200, HEARTBEAT
    ),
    "no answer": exchange("GET", "/tasks", None, None, b""),
    "the answer of a proxy": exchange("GET", "/tasks", None, 502, b"<html>"),
    "no operation at all": exchange("GET", "/elsewhere", None, 500, {}),
}


@pytest.mark.parametrize("checked", KEPT.values(), ids=KEPT)
def test_an_exchange_that_follows_the_api_page_breaks_no_rule(checked: Exchange) -> None:
    assert broken_rules(checked) == {}


BROKEN = [
    ("heartbeat", exchange("POST", "/health", {}, 200, {"success": True, "data": {"status": "ok"}})),
    ("list", listed("", task(A), task(A), total=2)),
    ("list", listed("", {"id": A})),
    ("list-limit", listed("?limit=1", task(A), task(B), total=2, limit=1)),
    ("list-limit", listed("?limit=7", task(A), limit=100)),
    ("list-limit", listed("", task(A), limit=50)),
    ("list-page", listed("?page=2&limit=1", task(B), total=3, page=1, limit=1, next_cursor=B)),
    ("list-page", listed("", page=2)),
    ("list-after", listed(f"?after={A}", task(A), task(B))),
    ("list-status", listed("", task(A, status="running"))),
    ("list-status", listed("?status=failed,queued", task(A))),
    ("list-service-type", listed("?service_type=social", task(A))),
    ("list-total", listed("", task(A), task(B), total=1)),
    ("list-total", listed("?limit=2", task(A), total=3, limit=2, next_cursor=A)),
    ("list-next-cursor", listed("?limit=2", task(A), task(B), total=3, limit=2, next_cursor=A)),
    ("update", exchange("PUT", f"/tasks/{A}", {}, 200, {"success": False, "error": "not_found"})),
    ("update-echo", exchange("PUT", f"/tasks/{B}", {}, 200, UPDATED)),
    ("update-status", bulk([{"link_id": A, "status": "no"}], [DONE])),
    ("bulk-counts", bulk(ITEMS, [DONE, REFUSED], total=3)),
    ("bulk-counts", bulk(ITEMS, [DONE, REFUSED], success=2)),
    ("bulk-counts", bulk(ITEMS, [DONE, REFUSED], failed=0)),
    ("bulk-results", bulk(ITEMS, [DONE, DONE])),
    ("bulk-results", bulk(ITEMS, [REFUSED, {**DONE, "link_id": None}])),
    ("update-status", bulk([{"link_id": A, "status": "no"}, ITEMS[1]], [REFUSED, DONE])),
    ("statuses", exchange("PUT", f"/tasks/{A}", {}, 404, {"success": True})),
    ("link-complete", exchange("POST", "/callback/link/complete", {"link_id": A}, 200, {"success": False})),
    ("bulk-results", bulk(ITEMS, [DONE])),
    ("bulk-results", bulk(ITEMS, [DONE, {"success": False, "error": "not_found"}])),
    ("logs-created", exchange("POST", "/logs", {"logs": LOGS}, 200, {"success": True, "created": 1})),
    (
        "logs-levels",
        exchange(
            "POST",
            "/logs",
            {"logs": [{"level": "TRACE", "message": ""}]},
            200,
            {"success": True, "created": 1},
        ),
    ),
    ("link-update", exchange("POST", "/callback/link/update", {"link_id": B}, 200, UPDATED)),
    ("link-complete", exchange("POST", "/callback/link/complete", {"link_id": B}, 200, UPDATED)),
    (
        "request-status",
        exchange(
            "POST",
            "/callback/request/status",
            {"request_id": A, "status": "x"},
            200,
            {"success": True, "data": {"updated": True, "request_id": B}},
        ),
    ),
    ("bad-request", exchange("PUT", f"/tasks/{A}", b'{"status": ', 200, UPDATED)),
    ("bad-request", listed("?limit=many&page=", task(A), limit=7)),
    ("bad-request", listed("?page=ten", task(A), page=2)),
    ("bad-request", exchange("PUT", f"/tasks/{A}", {"status": "no"}, 200, UPDATED)),
    ("bad-request", exchange("POST", "/callback/link/update", {}, 200, UPDATED)),
    ("bad-request", exchange("POST", "/health", {"active_tasks": "ten"}, 200, HEARTBEAT)),
    ("bad-request", exchange("POST", "/health", {"cpu_usage": [5]}, 200, HEARTBEAT)),
    ("bad-request", exchange("POST", "/health", {"server_name": {"a": 1}}, 200, HEARTBEAT)),
    ("bad-request", exchange("PUT", f"/tasks/{A}", {"is_indexed": "nonsense"}, 200, UPDATED)),
    ("bad-request", exchange("PUT", f"/tasks/{A}", {"link_post": ["5"]}, 200, UPDATED)),
    ("bad-request", exchange("PUT", f"/tasks/{A}", "running", 200, UPDATED)),
    ("bad-request", exchange("PUT", f"/tasks/{A}", {"status": 7}, 200, UPDATED)),
    ("bad-request", exchange("POST", "/callback/link/update", b"", 200, UPDATED)),
    ("bad-request", exchange("POST", "/callback/link/update", {"link_id": None}, 200, UPDATED)),
    (
        "bad-request",
        exchange("POST", "/callback/link/update", {"status": "running"}, 200, UPDATED, "text/plain"),
    ),
    ("bad-request", exchange("POST", "/logs", {"logs": "x"}, 200, {})),
    ("list", listed("", task(A, status=None))),
    ("list", listed("", {**task(A), "id": None})),
    ("list-status", listed("?status=pending", task(A, status="running"))),
    ("list-status", listed("?status=failed", task(A, status="queued"))),
    ("not-your-task", exchange("PUT", f"/tasks/{A}", {}, 403, {"success": False, "error": "forbidden"})),
    ("logs-created", exchange("POST", "/logs", {"logs": LOGS}, 200, {"success": True, "created": 3})),
    ("statuses", exchange("PUT", f"/tasks/{A}", {}, 422, {})),
    ("statuses", exchange("GET", "/tasks", None, 302, {})),
    ("no-system-error", exchange("GET", "/tasks", None, 500, {})),
]


@pytest.mark.parametrize(("rule", "checked"), BROKEN)
def test_an_exchange_that_violates_the_api_page_breaks_its_rule(rule: str, checked: Exchange) -> None:
    assert rule in broken_rules(checked)


def test_a_list_that_only_reads_shows_no_queued_task_for_the_filter_pending() -> None:
    handed_out = KEPT["pending tasks handed out"]
    flaws = [result.rule for result in check_exchange(handed_out, may_hand_out=False) if result.flaw]
    assert "list-status" in flaws


def test_an_accepted_batch_that_is_too_long_breaks_bad_request() -> None:
    items = [{"link_id": A}] * 501
    checked = bulk(items, [DONE] * 501)
    assert "bad-request" in broken_rules(checked)


@given(
    st.sampled_from(["GET", "PUT", "POST"]),
    st.sampled_from(["/tasks", "/tasks?limit=2&page=1", "/tasks/bulk", f"/tasks/{A}", "/health", "/logs"]),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["items", "logs", "data", "results", "link_id"]), inner, max_size=3
            )
        ),
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    ),
)
def test_the_checks_raise_no_error_for_any_exchange(method: str, path: str, sent: Any, answer: Any) -> None:
    for result in check_exchange(exchange(method, path, sent, 200, answer)):
        assert result.flaw is None or result.flaw


def test_a_lone_surrogate_in_the_request_may_be_accepted_or_refused() -> None:
    body = b'{"note": "\\ud800"}'
    refused = {"success": False, "error": "bad_request"}
    assert broken_rules(exchange("PUT", f"/tasks/{A}", body, 200, UPDATED)) == {}
    assert broken_rules(exchange("PUT", f"/tasks/{A}", body, 400, refused)) == {}
    assert "bad-request" in broken_rules(exchange("PUT", f"/tasks/{A}", b'{"note": ', 200, UPDATED))
