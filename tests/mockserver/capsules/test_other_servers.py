"""Recordings of other servers are replayed in reconstructed worlds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.independent.choices import Choices
from tests.independent.client import Client, unknown_id
from tests.independent.fault import Fault
from tests.independent.fault_checks import FAULT_CHECKS, FaultCheck
from tests.independent.faults import FAULTS
from tests.independent.running import CORRECT_CHOICES, running
from tests.independent.store import rows
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.caller import Caller
from tests.mockserver.capsules.conftest import proxying
from tests.mockserver.capsules.shrinking import NAME, first_and_smallest, lie_of, recorded_capsule
from tests.sampling import sampled
from workerkit.contracts.resend.address import address_of
from workerkit.contracts.resend.policy import key_replacements
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.replay import replay, replay_against_server

QUERIES = ("limit=5", "limit=1001", "status=nonsense", "page=0", "status=failed,running&limit=1000")


def recording(
    send_requests: Callable[[Client], object], choices: Choices = CORRECT_CHOICES, fault: Fault | None = None
) -> Capsule:
    """The recording of an independent server while `send_requests` runs."""
    exchanges: list[RecordedExchange] = []
    with running(choices, fault) as server, proxying(address_of(server.base_url), exchanges.append) as proxy:
        send_requests(Client.of(replace(server, base_url=f"{proxy.url}/api/v1/worker")))
    return recorded_capsule(exchanges)


def send_various_requests(client: Client) -> None:
    """Sends lists, updates, updates against the status flow, and a batch of logs."""
    pages = [client.send("GET", f"/tasks?{query}").document for query in QUERIES]
    first, second = client.ids(status="pending", limit=2)
    client.put(first, status="queued", note=None)
    client.list_tasks(limit=5, after=pages[0]["data"][0]["id"])
    client.log()
    client.put(second, status="completed")
    client.call_back("link/complete", link_id=second)
    client.call_back("link/update", link_id=second, status="pending")
    client.call_back("account/status", account_id=client.running.seeded.account_id, status="active")
    client.send("GET", f"/tasks?{QUERIES[-1]}")


def update_unlisted_tasks(client: Client) -> None:
    """Updates tasks that were never listed, and then lists tasks."""
    ids = unlisted_ids(client)
    client.put(ids[0], status="completed")
    items = [{"link_id": task_id, "status": "failed"} for task_id in ids[1:3]]
    client.bulk(*items, {"link_id": ids[3], "status": "running"})
    client.call_back("link/complete", link_id=ids[4])
    for query in ("limit=3", "limit=3&page=2", "status=pending,queued,running&limit=4"):
        client.send("GET", f"/tasks?{query}")
    client.put(ids[5], status="completed")
    client.list_tasks(limit=3)


def read_later_pages(client: Client) -> None:
    """Reads a later page, an earlier page and the next page. Then updates a task and reads its page again."""
    ids = client.ids(page=4, limit=7)
    client.list_tasks(page=2, limit=7)
    client.list_tasks(limit=7, after=ids[-1])
    client.put(ids[0], status="running")
    client.list_tasks(page=4, limit=7)


def begin_with_a_cursor(client: Client) -> None:
    """Begins in the middle of the list, as a worker that was restarted does. Then reads the end."""
    ids = unlisted_ids(client)
    client.list_tasks(limit=4, after=ids[5])
    client.list_tasks(limit=1000, after=ids[20])
    client.list_tasks(status="queued", limit=4, after=ids[2])


def page_and_cursor_with_another_filter(client: Client) -> None:
    """Reads the first page of all waiting tasks, and then queued tasks behind a task of this page."""
    ids = client.ids()
    client.list_tasks(status="queued", limit=4, after=ids[3])


def unlisted_ids(client: Client) -> list[str]:
    """The ids of pending tasks, read from the database so that no list is recorded."""
    statement = (
        "SELECT tasks.id FROM tasks JOIN servers ON servers.id = server_id "
        "WHERE tasks.status = 'pending' AND api_key = ?"
    )
    with client.running.store.transaction() as db:
        return [row["id"] for row in rows(db, statement, [client.key])]


@pytest.mark.parametrize("variant", sampled(VARIANTS, every=3))
def test_behaviour_that_the_api_page_leaves_open_is_no_difference(variant: str) -> None:
    result = replay(recording(send_various_requests, VARIANTS[variant]), name=NAME)
    assert result.difference is None
    assert result.dialect is not None
    assert result.dialect.choices


@pytest.mark.parametrize(
    ("send_requests", "variant"),
    [
        (update_unlisted_tasks, "natural"),
        (read_later_pages, "natural"),
        (read_later_pages, "newest-first"),
        (begin_with_a_cursor, "natural"),
        (page_and_cursor_with_another_filter, "natural"),
    ],
)
def test_a_recording_without_a_first_list_is_reproduced(
    send_requests: Callable[[Client], None], variant: str
) -> None:
    assert replay(recording(send_requests, VARIANTS[variant]), name=NAME).difference is None


@pytest.mark.parametrize(
    ("queries", "is_difference"),
    [
        (("limit=1000", "status=running,completed&limit=1000", "status=failed,canceled&limit=1000"), True),
        (("status=running,completed,failed,canceled&limit=5", "limit=1000"), False),
        ((), False),
    ],
)
def test_success_for_an_unknown_task_is_a_difference_if_the_lists_show_all_tasks(
    queries: Sequence[str], *, is_difference: bool
) -> None:
    """Without complete lists, the unknown task may exist on the server."""
    capsule = recording(
        lambda client: list_and_update(client, queries), fault=FAULTS["bulk-unknown-succeeds"]
    )
    found, small = first_and_smallest(capsule)
    assert (found and found.kind) == (
        ("bulkUpdateTasks", "answer/results/*/success") if is_difference else None
    )
    assert not is_difference or len(small.recorded) <= 5


def list_and_update(client: Client, queries: Sequence[str]) -> None:
    """Sends lists, and then one bulk update of an existing and an unknown task."""
    for query in queries:
        client.send("GET", f"/tasks?{query}")
    client.bulk(
        *({"link_id": task_id, "note": "seen"} for task_id in (unlisted_ids(client)[0], unknown_id()))
    )


@pytest.fixture(scope="module")
def sound_recording() -> Capsule:
    """The recording of a correct independent server with requests for all operations."""
    return recording(
        lambda client: Caller(
            client.running.base_url, str(client.key), str(client.other_server.key)
        ).send_all()
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
def test_the_difference_on_a_broken_target_is_its_fault(
    sound_recording: Capsule, fault: str | None, operation: str | None, place: str | None
) -> None:
    with running(fault=FAULTS[fault] if fault else None) as server:
        keys = key_replacements(sound_recording, (server.seeded.api_key, server.seeded.other_api_key))
        result = replay_against_server(sound_recording, address_of(server.base_url), keys=keys)
    found = result.difference
    assert ((None, None) if found is None else found.kind) == (operation, place)


@pytest.mark.parametrize(
    ("fault", "operation", "place"),
    [
        pytest.param("total-one-too-many", "listTasks", "answer/total", marks=pytest.mark.long),
        pytest.param("refusal-says-success", "updateTask", "answer", marks=pytest.mark.long),
        pytest.param(
            "bulk-drops-link-profile", "listTasks", "answer/data/*/link_profile", marks=pytest.mark.long
        ),
        pytest.param("cursor-forgets-service-type", "listTasks", "answer/data/*", marks=pytest.mark.long),
        ("wrong-key-forbidden", "listTasks", "status"),
        ("link-update-takes-foreign", "updateLink", "status"),
    ],
)
def test_the_fault_of_a_recorded_server_is_the_difference_and_needs_few_exchanges(
    fault: str, operation: str, place: str
) -> None:
    capsule = recording(lambda client: list_and_show(client, FAULT_CHECKS[fault]), fault=FAULTS[fault])
    found, small = first_and_smallest(capsule)
    assert found is not None
    assert found.kind == (operation, place)
    assert len(small.recorded) <= 5
    assert lie_of(small, found) == ""


def list_and_show(client: Client, check: FaultCheck) -> None:
    """Lists all tasks, and then sends the requests that show a fault."""
    for query in ("limit=3", "limit=1000", "status=running,completed,failed,canceled&limit=1000"):
        client.send("GET", f"/tasks?{query}")
    check(client)
