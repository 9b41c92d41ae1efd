"""Recordings of servers that the kit did not write, replayed in worlds made from what was seen."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.running import SOUND, running
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.caller import Caller
from tests.mockserver.capsules.conftest import proxying
from workerkit.contracts.address import address_of
from workerkit.contracts.sending_again import keys_for
from workerkit.mockserver.capsules.replay import replay, replay_against
from workerkit.mockserver.capsules.traffic import without_secrets
from workerkit.scenarios.capsule import Capsule, Recorded

QUERIES = ("limit=5", "limit=1001", "status=nonsense", "page=0", "status=failed,running&limit=1000")


def recorded(choices: Choices, fault: Fault | None = None) -> Capsule:
    """What lists, updates, steps against the flow and a batch of logs look like at an independent server."""
    heard: list[Recorded] = []
    with running(choices, fault) as server, proxying(address_of(server.base_url), heard.append) as here:
        url, headers = (
            f"{here.url}/api/v1/worker",
            {"X-API-Key": server.seeded.api_key, "Connection": "close"},
        )
        with requests.Session() as session:
            session.trust_env = False

            def ask(method: str, path: str, body: Any = None) -> Any:
                return session.request(method, url + path, json=body, headers=headers, timeout=20).json()

            pages = [ask("GET", f"/tasks?{query}") for query in QUERIES]
            one, other = (task["id"] for task in ask("GET", "/tasks?status=pending&limit=2")["data"])
            ask("PUT", f"/tasks/{one}", {"status": "queued", "note": None})
            ask("GET", f"/tasks?limit=5&after={pages[0]['data'][0]['id']}")
            ask("POST", "/logs", {"logs": []})
            ask("PUT", f"/tasks/{other}", {"status": "completed"})
            ask("POST", "/callback/link/complete", {"link_id": other})
            ask("POST", "/callback/link/update", {"link_id": other, "status": "pending"})
            account = {"account_id": server.seeded.account_id, "status": "active"}
            ask("POST", "/callback/account/status", account)
            ask("GET", f"/tasks?{QUERIES[-1]}")
    return without_secrets(Capsule(min(each.exchange.began for each in heard), tuple(heard)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_a_server_may_decide_is_no_difference(variant: str) -> None:
    replayed = replay(recorded(VARIANTS[variant]), name="recorded.yaml")
    assert replayed.difference is None
    assert replayed.dialect is not None
    assert replayed.dialect.choices


def test_a_recording_that_begins_in_the_middle_of_work_is_reproduced() -> None:
    heard: list[Recorded] = []
    with running() as server, proxying(address_of(server.base_url), heard.append) as here:
        headers = {"X-API-Key": server.seeded.api_key, "Connection": "close"}

        def ask(url: str, method: str, path: str, body: Any = None) -> Any:
            answer = requests.request(method, f"{url}{path}", json=body, headers=headers, timeout=20)
            return answer.json()

        url = f"{here.url}/api/v1/worker"
        ids = [each["id"] for each in ask(server.base_url, "GET", "/tasks?limit=8")["data"]]
        ask(url, "PUT", f"/tasks/{ids[0]}", {"status": "completed"})
        items = [{"link_id": each, "status": "failed"} for each in ids[1:3]]
        ask(url, "PUT", "/tasks/bulk", {"items": [*items, {"link_id": ids[3], "status": "running"}]})
        ask(url, "POST", "/callback/link/complete", {"link_id": ids[4]})
        for query in ("limit=3", "limit=3&page=2", "status=pending,queued,running&limit=4"):
            ask(url, "GET", f"/tasks?{query}")
        ask(url, "PUT", f"/tasks/{ids[5]}", {"status": "completed"})
        ask(url, "GET", "/tasks?limit=3")
    capsule = without_secrets(Capsule(min(each.exchange.began for each in heard), tuple(heard)))
    assert replay(capsule, name="recorded.yaml").difference is None


@pytest.fixture(scope="module")
def of_a_sound_one() -> Capsule:
    """What a sound independent server answers to some of everything."""
    heard: list[Recorded] = []
    with running() as server, proxying(address_of(server.base_url), heard.append) as here:
        url = f"{here.url}/api/v1/worker"
        Caller(url, server.seeded.api_key, server.seeded.other_api_key).tour()
    return without_secrets(Capsule(min(each.exchange.began for each in heard), tuple(heard)))


@pytest.mark.parametrize(
    ("fault", "operation", "place"),
    [
        (None, None, None),
        ("links-swapped", "listTasks", "answer/data/*/link_profile"),
        ("bulk-success-counts-all", "bulkUpdateTasks", "answer/success"),
        ("logs-created-is-text", "sendLogs", "answer/created"),
        ("unknown-task-crashes", "updateTask", "status"),
    ],
)
def test_a_target_answers_as_recorded_but_for_the_promise_that_it_breaks(
    of_a_sound_one: Capsule, fault: str | None, operation: str | None, place: str | None
) -> None:
    with running(fault=FAULTS[fault] if fault else None) as server:
        keys = keys_for(of_a_sound_one, (server.seeded.api_key, server.seeded.other_api_key))
        replayed = replay_against(of_a_sound_one, address_of(server.base_url), keys=keys)
    found = replayed.difference
    assert ((None, None) if found is None else found.kind) == (operation, place)


def test_a_promise_that_is_broken_is_no_matter_of_dialects() -> None:
    replayed = replay(recorded(SOUND, FAULTS["total-one-too-many"]), name="recorded.yaml")
    assert replayed.difference is not None
    assert replayed.difference.operation == "listTasks"
    assert replayed.difference.place.startswith("answer/")
