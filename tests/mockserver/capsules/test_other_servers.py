"""Recordings of servers that the kit did not write, replayed in worlds made from what was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.running import SOUND, running
from tests.independent.seeding import Seeded
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.caller import Caller
from tests.mockserver.capsules.conftest import proxying
from workerkit.contracts.address import address_of
from workerkit.contracts.sending_again import keys_for
from workerkit.mockserver.capsules.replay import replay, replay_against
from workerkit.mockserver.capsules.shrink import shrunk
from workerkit.mockserver.capsules.traffic import without_secrets
from workerkit.scenarios.capsule import Capsule, Recorded

QUERIES = ("limit=5", "limit=1001", "status=nonsense", "page=0", "status=failed,running&limit=1000")


@dataclass(frozen=True)
class Client:
    """Asks a server over the recorder, or past it."""

    proxy: str
    server: str
    seeded: Seeded

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer, recorded."""
        return self._asked(self.proxy, method, path, body)

    def ask_unheard(self, method: str, path: str) -> Any:
        """The answer, which nobody recorded."""
        return self._asked(self.server, method, path, None)

    def _asked(self, url: str, method: str, path: str, body: Any) -> Any:
        headers = {"X-API-Key": self.seeded.api_key, "Connection": "close"}
        return requests.request(method, url + path, json=body, headers=headers, timeout=20).json()


def recording(use: Callable[[Client], None], choices: Choices = SOUND, fault: Fault | None = None) -> Capsule:
    """What an independent server answered to the use that was made of it."""
    heard: list[Recorded] = []
    with running(choices, fault) as server, proxying(address_of(server.base_url), heard.append) as here:
        use(Client(f"{here.url}/api/v1/worker", server.base_url, server.seeded))
    return without_secrets(Capsule(min(each.exchange.began for each in heard), tuple(heard)))


def some_of_everything(client: Client) -> None:
    """Lists, updates, steps against the flow and a batch of logs."""
    pages = [client.ask("GET", f"/tasks?{query}") for query in QUERIES]
    one, other = (task["id"] for task in client.ask("GET", "/tasks?status=pending&limit=2")["data"])
    client.ask("PUT", f"/tasks/{one}", {"status": "queued", "note": None})
    client.ask("GET", f"/tasks?limit=5&after={pages[0]['data'][0]['id']}")
    client.ask("POST", "/logs", {"logs": []})
    client.ask("PUT", f"/tasks/{other}", {"status": "completed"})
    client.ask("POST", "/callback/link/complete", {"link_id": other})
    client.ask("POST", "/callback/link/update", {"link_id": other, "status": "pending"})
    client.ask(
        "POST", "/callback/account/status", {"account_id": client.seeded.account_id, "status": "active"}
    )
    client.ask("GET", f"/tasks?{QUERIES[-1]}")


def the_middle_of_work(client: Client) -> None:
    """Updates of tasks that were never listed, and then lists."""
    ids = [each["id"] for each in client.ask_unheard("GET", "/tasks?limit=8")["data"]]
    client.ask("PUT", f"/tasks/{ids[0]}", {"status": "completed"})
    items = [{"link_id": each, "status": "failed"} for each in ids[1:3]]
    client.ask("PUT", "/tasks/bulk", {"items": [*items, {"link_id": ids[3], "status": "running"}]})
    client.ask("POST", "/callback/link/complete", {"link_id": ids[4]})
    for query in ("limit=3", "limit=3&page=2", "status=pending,queued,running&limit=4"):
        client.ask("GET", f"/tasks?{query}")
    client.ask("PUT", f"/tasks/{ids[5]}", {"status": "completed"})
    client.ask("GET", "/tasks?limit=3")


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_a_server_may_decide_is_no_difference(variant: str) -> None:
    replayed = replay(recording(some_of_everything, VARIANTS[variant]), name="recorded.yaml")
    assert replayed.difference is None
    assert replayed.dialect is not None
    assert replayed.dialect.choices


def test_a_recording_that_begins_in_the_middle_of_work_is_reproduced() -> None:
    assert replay(recording(the_middle_of_work), name="recorded.yaml").difference is None


@pytest.mark.parametrize(
    ("queries", "shows"),
    [
        (("limit=1000", "status=running,completed&limit=1000", "status=failed,canceled&limit=1000"), True),
        (("status=running,completed,failed,canceled&limit=5", "limit=1000"), False),
        ((), False),
    ],
)
def test_a_task_that_every_list_would_have_shown_is_not_there(queries: Sequence[str], *, shows: bool) -> None:
    """A batch that succeeds for nobody's task is a promise broken once it is known that there is no such."""
    capsule = recording(lambda client: a_batch(client, queries), fault=FAULTS["bulk-unknown-succeeds"])
    found = replay(capsule, name="recorded.yaml").difference
    assert (found and found.kind) == (("bulkUpdateTasks", "answer/success") if shows else None)
    assert not shows or len(shrunk(capsule, lambda each: replay(each, name="").difference).recorded) <= 5


def a_batch(client: Client, queries: Sequence[str]) -> None:
    """Lists, and then an update of a task that is there and of one that is not."""
    for query in queries:
        client.ask("GET", f"/tasks?{query}")
    own = client.ask_unheard("GET", "/tasks?limit=1")["data"][0]["id"]
    items = [{"link_id": each, "note": "seen"} for each in (own, "00000000-0000-4000-8000-00000000dead")]
    client.ask("PUT", "/tasks/bulk", {"items": items})


@pytest.fixture(scope="module")
def of_a_sound_one() -> Capsule:
    """What a sound independent server answers to some of everything."""
    return recording(
        lambda client: Caller(client.proxy, client.seeded.api_key, client.seeded.other_api_key).tour()
    )


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
    replayed = replay(recording(some_of_everything, fault=FAULTS["total-one-too-many"]), name="recorded.yaml")
    assert replayed.difference is not None
    assert replayed.difference.operation == "listTasks"
    assert replayed.difference.place.startswith("answer/")
