"""The server without faults does what the API page says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.independent.client import ALL_STATUSES, Client, unknown_id
from tests.independent.kinds import STATUSES
from tests.independent.running import running
from tests.independent.seeding import Seeder
from tests.independent.store import Store

ROOT = Path(__file__).parents[2]
TASK_FIELDS = {
    *("id", "request_id", "service_type", "site_id", "site_name", "email", "username", "password", "about"),
    *("link_profile", "link_post", "status", "retry_count", "max_retries", "details", "started_at"),
    *("created_at", "request_name", "request_website", "type_request", "auction_price", "config"),
}


@pytest.fixture
def client() -> Iterator[Client]:
    with running() as server:
        yield Client.of(server)


def test_a_heartbeat_is_answered_for_the_server_of_the_key(client: Client) -> None:
    answer = client.heartbeat()
    assert answer.status == 200
    assert answer.document["success"] is True
    data = answer.document["data"]
    assert (data["status"], data["server_name"]) == ("ok", "hanoi-07")
    assert data["server_id"] == client.page()["server_id"]
    assert data["server_time"].endswith("Z")


def test_the_list_has_the_fields_and_defaults_of_the_api_page(client: Client) -> None:
    page = client.page()
    assert page.keys() == {"server_id", "server_name", "data", "total", "page", "limit", "next_cursor"}
    assert (page["page"], page["limit"], page["total"], len(page["data"])) == (1, 100, 115, 100)
    assert all(task.keys() == TASK_FIELDS for task in page["data"])
    assert {task["status"] for task in page["data"]} == {"pending", "queued"}
    assert all(isinstance(task["config"], str) and json.loads(task["config"]) for task in page["data"])


def test_the_lists_of_all_statuses_have_all_tasks(client: Client) -> None:
    assert client.page(status=ALL_STATUSES)["total"] == sum(
        client.page(status=status)["total"] for status in STATUSES
    )
    assert client.page(status=ALL_STATUSES)["total"] == 150
    assert client.other_server.page(status=ALL_STATUSES)["total"] == 20
    assert not set(client.ids(status=ALL_STATUSES, limit=1000)) & set(
        client.other_server.ids(status=ALL_STATUSES)
    )


def test_pages_and_cursors_return_every_task_once(client: Client) -> None:
    by_page = [
        task_id for page in range(1, 9) for task_id in client.ids(status=ALL_STATUSES, limit=20, page=page)
    ]
    by_cursor = []
    page = client.page(status=ALL_STATUSES, limit=20)
    while page["data"]:
        by_cursor += [task["id"] for task in page["data"]]
        if page["next_cursor"] is None:
            break
        page = client.page(status=ALL_STATUSES, limit=20, after=page["next_cursor"])
    assert by_cursor == by_page == client.ids(status=ALL_STATUSES, limit=1000)
    assert len(set(by_page)) == 150


def test_a_service_type_filters(client: Client) -> None:
    types = {task["service_type"] for task in client.tasks(limit=1000)}
    assert len(types) == 4
    assert sum(client.page(service_type=name)["total"] for name in types) == client.page()["total"]


def test_a_task_follows_the_status_flow(client: Client) -> None:
    link_id = client.task_id()
    links = {
        "link_profile": "https://example.com/profile/user123",
        "link_post": "https://example.com/post/456",
    }
    for before, status in pairwise(("pending", "queued", "running", "completed")):
        assert client.listed_task(link_id)["status"] == before
        answer = client.put(link_id, status=status, **links)
        assert answer.document == {"success": True, "data": {"updated": True, "link_id": link_id}}
    task = client.listed_task(link_id)
    assert task.items() >= {"status": "completed", **links}.items()
    assert task["started_at"] is not None


def test_a_batch_has_a_result_for_each_item(client: Client) -> None:
    mine, foreign, missing = client.task_id(), client.other_server.task_id(), unknown_id()
    answer = client.bulk(*({"link_id": task_id, "status": "running"} for task_id in (mine, foreign, missing)))
    assert answer.status == 200
    assert answer.document == {
        "total": 3,
        "success": 1,
        "failed": 2,
        "results": [
            {"link_id": mine, "success": True},
            {"link_id": foreign, "success": False, "error": "not_your_task"},
            {"link_id": missing, "success": False, "error": "task_not_found"},
        ],
    }
    assert client.listed_task(mine)["status"] == "running"
    assert client.other_server.listed_task(foreign)["status"] == "pending"


def test_logs_of_the_four_levels_are_created(client: Client) -> None:
    assert client.log("INFO", "WARN", "ERROR", "DEBUG").document == {"success": True, "created": 4}
    assert client.log("TRACE").status == 400


def test_the_bounds_of_batches_hold(client: Client) -> None:
    items = [{"link_id": unknown_id(), "status": "running"} for _ in range(501)]
    assert [client.bulk(*items[:500]).status, client.bulk(*items).status] == [200, 400]
    assert [client.log(*["INFO"] * 500).status, client.log(*["INFO"] * 501).status] == [200, 400]


def test_callbacks_change_links(client: Client) -> None:
    link_id, request_id = (client.tasks()[0][name] for name in ("id", "request_id"))
    answers = [
        client.call_back("link/update", link_id=link_id, link_profile="https://example.com/1"),
        client.call_back("link/complete", link_id=link_id, link_post="https://example.com/2"),
        client.call_back("request/status", request_id=request_id, status="completed"),
        client.call_back("account/status", account_id=client.running.seeded.account_id, status="active"),
    ]
    assert [answer.status for answer in answers] == [200] * 4
    links = {"link_profile": "https://example.com/1", "link_post": "https://example.com/2"}
    assert client.listed_task(link_id).items() >= {"status": "completed", **links}.items()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"status": "nonsense"}', b'{"note": NaN}', b'"\xff"'])
def test_an_invalid_update_is_a_bad_request(client: Client, body: bytes) -> None:
    assert client.send("PUT", f"/tasks/{client.task_id()}", body).status == 400


@pytest.mark.parametrize(
    "body", [b'{"note": "\\ud800"}', b"[" * 100_000, b'{"note": ' + b"9" * 10_000 + b"}"]
)
def test_extreme_json_is_a_bad_request(client: Client, body: bytes) -> None:
    assert client.send("PUT", f"/tasks/{client.task_id()}", body).status == 400


def test_wrong_keys_and_offline_servers_are_401_everywhere(client: Client) -> None:
    for refused in (client.with_key(None), client.with_key("nobody's"), client.inactive_server):
        assert [refused.list_tasks().status, refused.heartbeat().status, refused.log("INFO").status] == [
            401
        ] * 3
        assert refused.put(client.task_id(), status="running").status == 401


def test_foreign_tasks_are_403_and_unknown_tasks_are_404(client: Client) -> None:
    foreign = client.put(client.other_server.task_id(), status="running")
    assert (foreign.status, foreign.document["error"]) == (403, "not_your_task")
    assert client.put(unknown_id(), status="running").status == 404


def test_other_paths_and_methods_are_404_and_405(client: Client) -> None:
    calls = [("DELETE", "/tasks"), ("GET", "/health"), ("GET", "/nothing"), ("PUT", "/tasks/")]
    assert [client.send(*call).status for call in calls] == [405, 405, 404, 404]


def test_the_same_seed_gives_the_same_data() -> None:
    stores = [Store(), Store()]
    first, second = (Seeder(store, seed=5, now=1.0).fill() for store in stores)
    assert first == second
    for store in stores:
        store.close()


def test_the_server_runs_as_a_process() -> None:
    command = [sys.executable, "-m", "tests.independent", "--fault", "default-limit-is-fifty"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        request = Request(f"{started['base_url']}/tasks", headers={"X-API-Key": started["api_key"]})
        with urlopen(request, timeout=120) as answer:
            assert json.load(answer)["limit"] == 50
        process.terminate()
