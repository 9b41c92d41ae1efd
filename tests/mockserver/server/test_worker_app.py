"""The Worker API over real sockets: all refusals of the API page's table, and unusual requests."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import worker_api

Call = Callable[..., requests.Response]
AddTask = Callable[..., Task]
Raw = Callable[..., bytes]

CODES = {400: "bad_request", 401: "unauthorized", 403: "not_your_task", 404: "not_found"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
BASE = "/api/v1/worker"
MAX_BODY_BYTES = 8 * 2**20
OPERATIONS = (
    ("POST", "/health"),
    ("GET", "/tasks"),
    ("PUT", "/tasks/bulk"),
    ("PUT", f"/tasks/{UNKNOWN}"),
    ("POST", "/logs"),
    ("POST", "/callback/link/update"),
    ("POST", "/callback/link/complete"),
    ("POST", "/callback/request/status"),
    ("POST", "/callback/account/status"),
)


def assert_refused(response: requests.Response, world: World, status: int, why: str) -> None:
    """Checks that the answer is an error in the documented form, and that the journal has the reason."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"success": False, "error": CODES[status]}
    exchange = list(world.journal)[-1]
    assert (exchange.status, exchange.answer_json()) == (status, response.json())
    assert why in exchange.why


# 401


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_all_operations_are_refused_without_a_key(call: Call, world: World, method: str, path: str) -> None:
    assert_refused(call(method, path, key=None, json={}), world, 401, "must have the header x-api-key")


@pytest.mark.parametrize("key", ["unknown", "", "SERVER-01-KEY", "None"])
def test_a_key_of_no_server_is_refused(call: Call, world: World, key: str) -> None:
    assert_refused(call("GET", "/tasks", key=key), world, 401, "the API key belongs to no server")


def test_two_key_headers_are_refused(raw: Raw, world: World, key: str) -> None:
    line = f"X-API-Key: {key}\r\n"
    answer = raw(f"GET {BASE}/tasks HTTP/1.1\r\nHost: a\r\n{line}{line}Connection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 401 ")
    exchange = list(world.journal)[-1]
    assert (exchange.status, exchange.server) == (401, None)
    assert "once" in exchange.why


def test_a_revoked_key_is_refused_and_the_journal_names_its_server(
    call: Call, mock: WorldServer, world: World
) -> None:
    mock.run_in_server_thread(lambda: setattr(world.servers["server-01"], "revoked", True))
    assert_refused(call("GET", "/tasks"), world, 401, "the key of server-01 does not work now")
    assert list(world.journal)[-1].server == "server-01"


def test_a_replaced_key_is_refused_and_the_new_one_works(call: Call, mock: WorldServer, world: World) -> None:
    mock.run_in_server_thread(lambda: mock.worlds.add_key(world.name, "new-key"))
    mock.run_in_server_thread(lambda: world.key_ring.set_keys(world.servers["server-01"], ["new-key"]))
    assert_refused(call("GET", "/tasks"), world, 401, "the key of server-01 does not work now")
    assert call("GET", "/tasks", key="new-key").status_code == 200


def test_an_offline_server_is_refused(call: Call, world: World) -> None:
    offline = world.servers["server-03"].keys[0]
    assert_refused(call("GET", "/tasks", key=offline), world, 401, "server-03 is offline")
    assert list(world.journal)[-1].server == "server-03"


@pytest.mark.parametrize(("status", "expected"), [("online", 200), ("active", 200), ("offline", 401)])
def test_only_a_server_with_an_active_status_is_accepted(
    call: Call, mock: WorldServer, world: World, status: str, expected: int
) -> None:
    mock.run_in_server_thread(lambda: setattr(world.servers["server-01"], "status", status))
    assert call("GET", "/tasks").status_code == expected


def test_a_mock_without_worlds_refuses_every_key(http: requests.Session) -> None:
    with WorldServer(Worlds()) as empty:
        response = http.get(f"{empty.base_url}/tasks", headers={"X-API-Key": "server-01-key"}, timeout=120)
    assert (response.status_code, response.json()) == (401, {"success": False, "error": "unauthorized"})


# 403 and 404


def foreign_task_id(add_task: AddTask) -> str:
    return add_task(server="server-02").id


@pytest.mark.parametrize(
    "body",
    [
        {"status": "completed"},
        {"status": "nonsense"},
        {"is_indexed": "perhaps"},
        [],
        None,
    ],
)
def test_a_task_of_another_server_gives_403_with_any_body(
    call: Call, world: World, add_task: AddTask, body: Any
) -> None:
    task = add_task(server="server-02")
    assert_refused(call("PUT", f"/tasks/{task.id}", json=body), world, 403, "assigned to server-02")
    assert task.status == "pending"


def test_malformed_json_for_a_task_of_another_server_gives_403(
    call: Call, world: World, add_task: AddTask
) -> None:
    response = call("PUT", f"/tasks/{foreign_task_id(add_task)}", data=b'{"status":')
    assert_refused(response, world, 403, "assigned to server-02")


@pytest.mark.parametrize("operation", ["update", "complete"])
@pytest.mark.parametrize("more", [{}, {"link_profile": 7}])
def test_a_link_of_another_server_gives_403_with_any_other_fields(
    call: Call, world: World, add_task: AddTask, operation: str, more: dict[str, Any]
) -> None:
    response = call(
        "POST", f"/callback/link/{operation}", json={"link_id": foreign_task_id(add_task), **more}
    )
    assert_refused(response, world, 403, "assigned to server-02")


@pytest.mark.parametrize("kind", ["request", "account"])
@pytest.mark.parametrize("status", ["completed", 7])
def test_an_entity_without_an_own_task_gives_403(
    call: Call, world: World, add_task: AddTask, kind: str, status: Any
) -> None:
    entity = getattr(add_task(server="server-02"), kind)
    body = {f"{kind}_id": entity.id, "status": status}
    assert_refused(call("POST", f"/callback/{kind}/status", json=body), world, 403, "no task of server-01")


@pytest.mark.parametrize("body", [{"status": "completed"}, {"status": "nonsense"}])
def test_an_unknown_task_gives_404_with_any_body(call: Call, world: World, body: dict[str, Any]) -> None:
    assert_refused(call("PUT", f"/tasks/{UNKNOWN}", json=body), world, 404, "there is no task")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/callback/link/update", "link_id"),
        ("/callback/link/complete", "link_id"),
        ("/callback/request/status", "request_id"),
        ("/callback/account/status", "account_id"),
    ],
)
def test_an_unknown_id_in_a_body_gives_404(call: Call, world: World, path: str, name: str) -> None:
    response = call("POST", path, json={name: UNKNOWN, "status": "completed"})
    assert_refused(response, world, 404, "there is no")


@pytest.mark.parametrize("path", ["", "/", "/task", "/tasks/", "/Tasks", "/callback", "/tasks/bulk/1"])
def test_an_unknown_path_gives_404(call: Call, world: World, path: str) -> None:
    assert_refused(call("GET", path), world, 404, "the API has no path")
    assert list(world.journal)[-1].operation is None


def test_an_unknown_path_gives_404_also_without_a_key(call: Call, world: World) -> None:
    assert_refused(call("GET", "/nothing", key=None), world, 404, "the API has no path")


def test_refused_requests_change_nothing(call: Call, world: World, add_task: AddTask) -> None:
    own, theirs = add_task(), add_task(server="server-02")
    before = [task.as_json() for task in world.tasks.values()]
    call("PUT", f"/tasks/{theirs.id}", json={"status": "completed", "note": "mine"})
    call("PUT", f"/tasks/{own.id}", json={"status": "completed", "note": 7})
    call("PUT", "/tasks/bulk", json={"items": [{"link_id": own.id, "status": "done"}]})
    call("POST", "/callback/link/complete", json={"link_id": theirs.id})
    call("POST", "/logs", json={"logs": [{"level": "INFO", "message": "a"}, {"level": "TRACE"}]})
    assert [task.as_json() for task in world.tasks.values()] == before
    assert not world.logs
    assert all(request.created_links == 0 for request in world.requests.values())


# 405


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/health", "POST"),
        ("POST", "/tasks", "GET, HEAD"),
        ("OPTIONS", "/tasks", "GET, HEAD"),
        ("PATCH", f"/tasks/{UNKNOWN}", "PUT"),
        ("DELETE", f"/tasks/{UNKNOWN}", "PUT"),
        ("GET", "/tasks/bulk", "PUT"),
        ("PUT", "/logs", "POST"),
        ("GET", "/callback/link/update", "POST"),
        ("TRACE", "/callback/link/complete", "POST"),
        ("PUT", "/callback/request/status", "POST"),
        ("DELETE", "/callback/account/status", "POST"),
    ],
)
def test_a_wrong_method_gives_405_with_the_allowed_methods(
    call: Call, world: World, method: str, path: str, allowed: str
) -> None:
    response = call(method, path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
    assert response.json() == {"success": False, "error": "method_not_allowed"}
    exchange = list(world.journal)[-1]
    assert (exchange.status, exchange.operation) == (405, None)
    assert allowed.split(",")[0] in exchange.why


def test_head_of_a_path_without_get_is_405_without_a_body(call: Call) -> None:
    response = call("HEAD", "/health")
    assert (response.status_code, response.headers["Allow"], response.content) == (405, "POST", b"")


# 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"note": "a"',
        b'{"note": NaN}',
        b'{"note": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"note": "\\ud800"}',
        b"{'note': 'a'}",
        b"note=a",
        b'{"note": "a"} {}',
        b'{"details": 1e999}',
        b'{"x":' * 2000 + b"1" + b"}" * 2000,
        b"[" * 100_000,
        b"\x00",
    ],
)
def test_malformed_json_gives_400(call: Call, world: World, add_task: AddTask, body: bytes) -> None:
    assert_refused(call("PUT", f"/tasks/{add_task().id}", data=body), world, 400, "body: is not JSON")


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/health", [], "body"),
        ("/health", {"cpu_usage": "45.5"}, "body/cpu_usage"),
        ("/health", {"active_tasks": 1.5}, "body/active_tasks"),
        ("/health", {"active_tasks": 2**63}, "body/active_tasks"),
        ("/health", {"active_threads": True}, "body/active_threads"),
        ("/health", {"ip": None}, "body/ip"),
        ("/logs", {}, "body"),
        ("/logs", {"logs": {}}, "body/logs"),
        ("/logs", {"logs": [{"level": "TRACE", "message": "a"}]}, "body/logs/0/level"),
        ("/logs", {"logs": [{"level": "INFO", "message": "a"}] * 501}, "body/logs"),
        ("/callback/link/update", {"status": "running"}, "body"),
        ("/callback/link/update", {"link_id": "7"}, "body/link_id"),
        ("/callback/link/complete", {"link_id": ["7"]}, "body/link_id"),
        ("/callback/request/status", {"request_id": UNKNOWN[:-1], "status": "completed"}, "body/request_id"),
    ],
)
def test_a_wrong_type_in_a_body_gives_400_and_the_journal_names_the_field(
    call: Call, world: World, path: str, body: Any, place: str
) -> None:
    assert_refused(call("POST", path, json=body), world, 400, f"{place}: ")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limit=0", "query/limit"),
        ("limit=1001", "query/limit"),
        ("limit=ten", "query/limit"),
        ("limit=", "query/limit"),
        ("limit=1e2", "query/limit"),
        (f"page={'9' * 5000}", "query/page"),
        ("page=-1", "query/page"),
        ("status=nonsense", "query/status"),
        ("status=pending,", "query/status"),
        ("after=7", "query/after"),
        ("limit=1&limit=2", "query"),
        ("limit=%ff", "query"),
        ("&".join(f"a{i}=1" for i in range(2000)), "query"),
    ],
)
def test_a_wrong_parameter_gives_400_and_the_journal_names_it(
    call: Call, world: World, query: str, place: str
) -> None:
    assert_refused(call("GET", f"/tasks?{query}"), world, 400, place)


def test_an_id_that_is_not_a_uuid_gives_400(call: Call, world: World) -> None:
    assert_refused(call("PUT", "/tasks/7", json={}), world, 400, "path/id")


def test_an_encoded_body_gives_400(call: Call, world: World) -> None:
    encoded = {"Content-Encoding": "gzip"}
    response = call("POST", "/health", data=gzip.compress(b"{}"), headers=encoded)
    assert_refused(response, world, 400, "the mock cannot decode the body: send it without content-encoding")


def test_the_content_encoding_identity_is_accepted(call: Call) -> None:
    response = call("POST", "/health", data=b"{}", headers={"Content-Encoding": "identity"})
    assert response.status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "a/b; c"])
def test_json_is_read_with_any_content_type(call: Call, content_type: str) -> None:
    response = call("POST", "/health", data=b"{}", headers={"Content-Type": content_type})
    assert response.status_code == 200


def body_of_length(length: int) -> bytes:
    return b'{"ip": "' + b"1" * (length - 10) + b'"}'


def test_the_longest_body_is_read(call: Call) -> None:
    assert call("POST", "/health", data=body_of_length(MAX_BODY_BYTES)).status_code == 200


def test_a_longer_body_gives_400(call: Call, world: World) -> None:
    response = call("POST", "/health", data=body_of_length(MAX_BODY_BYTES + 1))
    assert_refused(response, world, 400, f"the body has more than {MAX_BODY_BYTES} bytes")
    assert len(list(world.journal)[-1].request_body) == MAX_BODY_BYTES


def test_a_client_that_sends_a_very_long_body_sees_the_400(mock: WorldServer, key: str) -> None:
    with closing(HTTPConnection(mock.host, mock.port, timeout=120)) as connection:
        connection.request("POST", f"{BASE}/health", body_of_length(4 * MAX_BODY_BYTES), {"X-API-Key": key})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (400, b'{"success":false,"error":"bad_request"}')


def test_a_longer_body_of_unknown_length_gives_400(call: Call, world: World) -> None:
    parts = iter([body_of_length(MAX_BODY_BYTES), b" " * 1000])
    assert_refused(call("POST", "/health", data=parts), world, 400, "more than")


def test_a_longer_body_to_an_unknown_path_gives_404(call: Call, world: World) -> None:
    assert_refused(call("POST", "/nothing", data=body_of_length(MAX_BODY_BYTES + 1)), world, 404, "no path")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["link_id", "items", "logs", "status", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.sampled_from(OPERATIONS),
)
def test_each_json_body_gets_an_answer_that_the_spec_describes(
    call: Call, body: Any, operation: tuple[str, str]
) -> None:
    response = call(*operation, json=body)
    match = worker_api().match(operation[0], BASE + operation[1])
    assert response.status_code != 500
    assert match.operation.answer_flaw(response.status_code, response.json()) is None


# Unusual targets


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"/{BASE}/tasks", 404),
        (f"{BASE}//tasks", 404),
        (f"{BASE}/tasks/", 404),
        (f"{BASE}/./tasks", 404),
        (f"{BASE}/x/../tasks", 404),
        (f"{BASE}/tasks%2Fbulk", 404),
        (f"{BASE}%2Ftasks", 404),
        (f"{BASE}/%74asks", 404),
        (f"{BASE}/tasks;v=1", 404),
        (f"{BASE.upper()}/tasks", 404),
        (f"{BASE}/tasks/%00", 405),
        (f"{BASE}/tasks/..%2f..%2f", 405),
        (f"{BASE}/tasks?", 200),
        (f"{BASE}/tasks?limit=1#page", 200),
        (f"http://elsewhere.example{BASE}/tasks", 200),
        (f"http://elsewhere.example/{BASE}/tasks", 404),
        ("http://elsewhere.example", 400),
        ("//", 404),
        ("*", 404),
    ],
)
def test_an_unusual_target_gets_an_answer_in_json(raw: Raw, key: str, target: str, status: int) -> None:
    answer = raw(
        f"GET {target} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"content-type: application/json" in answer


def test_an_encoded_slash_in_an_id_does_not_separate_the_path(
    raw: Raw, world: World, key: str, add_task: AddTask
) -> None:
    target = f"{BASE}/tasks/x%2F{add_task().id}"
    answer = raw(
        f"PUT {target} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert list(world.journal)[-1].path == target


def test_an_id_may_be_in_upper_case_and_percent_encoded(call: Call, add_task: AddTask) -> None:
    task = add_task()
    encoded = task.id.upper().replace("-", "%2D")
    response = call("PUT", f"/tasks/{encoded}", json={"note": "a"})
    assert response.json() == {"success": True, "data": {"updated": True, "link_id": task.id}}
    assert task.note == "a"


# The journal


def test_the_journal_has_the_complete_exchange(call: Call, world: World, key: str) -> None:
    answer = call("POST", "/health?a=%20", data=b'{ "ip": "::1" }', headers={"X-Trace": "t"})
    (exchange,) = world.journal
    assert (exchange.number, exchange.operation, exchange.server) == (1, "heartbeat", "server-01")
    assert (exchange.method, exchange.path, exchange.query) == ("POST", f"{BASE}/health", "a=%20")
    assert {("x-trace", "t"), ("x-api-key", key)} <= set(exchange.request_headers)
    assert (exchange.request_body, exchange.answer_body) == (b'{ "ip": "::1" }', answer.content)
    assert (exchange.status, exchange.why) == (200, "")
    assert exchange.began <= exchange.ended


def test_the_journal_numbers_the_exchanges_from_one(call: Call, world: World) -> None:
    for path in ("/tasks", "/nothing", "/health"):
        call("GET", path)
    assert [(exchange.number, exchange.status) for exchange in world.journal] == [
        (1, 200),
        (2, 404),
        (3, 405),
    ]


# Clients that close the connection


def test_a_client_that_leaves_before_its_body_is_complete_changes_nothing(
    raw: Raw, world: World, key: str, add_task: AddTask, caplog: pytest.LogCaptureFixture
) -> None:
    task = add_task()
    head = f"PUT {BASE}/tasks/{task.id} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nContent-Length: 99\r\n\r\n"
    answer = raw(head.encode() + b'{"status": "completed"}', leave=True)
    assert (answer, task.status, len(world.journal)) == (b"", "pending", 0)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_client_that_leaves_between_two_chunks_changes_nothing(
    raw: Raw, world: World, key: str, add_task: AddTask
) -> None:
    task = add_task()
    lines = f"Host: a\r\nX-API-Key: {key}\r\nTransfer-Encoding: chunked\r\n"
    head = f"PUT {BASE}/tasks/{task.id} HTTP/1.1\r\n{lines}\r\n"
    answer = raw(head.encode() + b'17\r\n{"status": "completed"}\r\n', leave=True)
    assert (answer, task.status, len(world.journal)) == (b"", "pending", 0)


# Worlds side by side


def test_two_worlds_on_one_port_do_not_share_tasks(
    call: Call, mock: WorldServer, world: World, add_task: AddTask
) -> None:
    mine = add_task()
    other = mock.run_in_server_thread(
        lambda: mock.worlds.add(mock.worlds.new_name(), WorldBuilder(seed=8)).world
    )
    other_key = other.servers["server-01"].keys[0]
    listed = call("GET", "/tasks?limit=1000", key=other_key).json()["data"]
    assert [task["id"] for task in call("GET", "/tasks").json()["data"]] == [mine.id]
    assert len(listed) > 1
    assert mine.id not in {task["id"] for task in listed}
    assert call("PUT", f"/tasks/{mine.id}", key=other_key, json={"note": "theirs"}).status_code == 404
    assert call("PUT", f"/tasks/{listed[0]['id']}", json={"note": "mine"}).status_code == 404
    mock.run_in_server_thread(lambda: mock.worlds.remove(other.name))
    assert (mine.note, len(world.journal)) == (None, 2)


def test_a_request_with_an_unknown_key_goes_to_the_default_world(http: requests.Session) -> None:
    worlds = Worlds()
    default = worlds.add(DEFAULT, WorldBuilder(with_tasks=False)).world
    newer = worlds.add("newer", WorldBuilder(with_tasks=False)).world
    with WorldServer(worlds) as mock:
        http.get(f"{mock.base_url}/tasks", headers={"X-API-Key": "unknown"}, timeout=120)
    assert (len(default.journal), len(newer.journal)) == (1, 0)


# Many clients at once


def run_eight_clients(mock: WorldServer, key: str, function: Callable[[requests.Session, int], None]) -> None:
    def client(index: int) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["X-API-Key"] = key
            function(session, index)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(client, range(8)))


def test_concurrent_completions_are_all_counted(
    mock: WorldServer, world: World, key: str, add_task: AddTask
) -> None:
    request = next(iter(world.requests.values()))
    tasks = [add_task(request_id=request.id) for _ in range(160)]

    def complete_share(session: requests.Session, index: int) -> None:
        for task in tasks[index::8]:
            body = {"link_id": task.id, "link_profile": f"https://{index}.example"}
            session.post(f"{mock.base_url}/callback/link/complete", json=body, timeout=120).raise_for_status()
            entry = {"level": "INFO", "message": task.id}
            session.post(f"{mock.base_url}/logs", json={"logs": [entry]}, timeout=120).raise_for_status()

    run_eight_clients(mock, key, complete_share)
    assert request.created_links == 160
    assert {task.status for task in tasks} == {"completed"}
    assert [task.link_profile for task in tasks] == [f"https://{index % 8}.example" for index in range(160)]
    assert {entry.fields["message"] for entry in world.logs} == {task.id for task in tasks}
    assert [exchange.number for exchange in world.journal] == list(range(1, 321))


def test_a_completion_by_many_clients_counts_once(
    mock: WorldServer, world: World, key: str, add_task: AddTask
) -> None:
    request = next(iter(world.requests.values()))
    tasks = [add_task(request_id=request.id) for _ in range(10)]

    def complete_all(session: requests.Session, index: int) -> None:
        for task in tasks:
            url = f"{mock.base_url}/callback/link/complete"
            session.post(url, json={"link_id": task.id}, timeout=120).raise_for_status()

    run_eight_clients(mock, key, complete_all)
    assert (request.created_links, len(world.journal)) == (10, 80)


# Failures of the mock


def test_a_failure_of_the_mock_gives_500_and_is_logged(
    call: Call, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("of the mock")

    monkeypatch.setitem(HANDLERS, "heartbeat", fail)
    with caplog.at_level(logging.ERROR, "workerkit.mockserver"):
        response = call("POST", "/health", json={})
    assert (response.status_code, response.json()) == (500, {"success": False, "error": "internal_error"})
    assert "ZeroDivisionError" in list(world.journal)[-1].why
    assert "the mock failed to answer" in caplog.text
