"""Recordings of servers that the kit did not write, replayed in worlds made from what was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.independent.choices import Choices
from tests.independent.client import Client, unknown
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.running import SOUND, running
from tests.independent.signs import SIGNS, Sign
from tests.independent.store import rows
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.caller import Caller
from tests.mockserver.capsules.conftest import proxying
from tests.mockserver.capsules.shrinking import NAME, first_and_smallest
from workerkit.contracts.resend.address import address_of
from workerkit.contracts.resend.policy import keys_for
from workerkit.mockserver.capsules.file.any_recording import without_secrets
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.replay.replay import replay, replay_against

QUERIES = ("limit=5", "limit=1001", "status=nonsense", "page=0", "status=failed,running&limit=1000")


def recording(
    use: Callable[[Client], object], choices: Choices = SOUND, fault: Fault | None = None
) -> Capsule:
    """What an independent server answered to the use that was made of it."""
    heard: list[Recorded] = []
    with running(choices, fault) as server, proxying(address_of(server.base_url), heard.append) as here:
        use(Client.of(replace(server, base_url=f"{here.url}/api/v1/worker")))
    return without_secrets(Capsule(min(each.exchange.began for each in heard), tuple(heard)))


def some_of_everything(client: Client) -> None:
    """Lists, updates, steps against the flow and a batch of logs."""
    pages = [client.ask("GET", f"/tasks?{query}").document for query in QUERIES]
    one, other = client.ids(status="pending", limit=2)
    client.put(one, status="queued", note=None)
    client.listing(limit=5, after=pages[0]["data"][0]["id"])
    client.log()
    client.put(other, status="completed")
    client.call_back("link/complete", link_id=other)
    client.call_back("link/update", link_id=other, status="pending")
    client.call_back("account/status", account_id=client.running.seeded.account_id, status="active")
    client.ask("GET", f"/tasks?{QUERIES[-1]}")


def the_middle_of_work(client: Client) -> None:
    """Updates of tasks that were never listed, and then lists."""
    ids = unlisted(client)
    client.put(ids[0], status="completed")
    items = [{"link_id": each, "status": "failed"} for each in ids[1:3]]
    client.bulk(*items, {"link_id": ids[3], "status": "running"})
    client.call_back("link/complete", link_id=ids[4])
    for query in ("limit=3", "limit=3&page=2", "status=pending,queued,running&limit=4"):
        client.ask("GET", f"/tasks?{query}")
    client.put(ids[5], status="completed")
    client.listing(limit=3)


def the_second_page(client: Client) -> None:
    """A page that is not the first, one before it, and what is done with a task of it."""
    second = client.ids(page=4, limit=7)
    client.listing(page=2, limit=7)
    client.listing(limit=7, after=second[-1])
    client.put(second[0], status="running")
    client.listing(page=4, limit=7)


def unlisted(client: Client) -> list[str]:
    """Tasks that wait, by the database: nobody recorded that."""
    statement = (
        "SELECT tasks.id FROM tasks JOIN servers ON servers.id = server_id "
        "WHERE tasks.status = 'pending' AND api_key = ?"
    )
    with client.running.store.transaction() as db:
        return [row["id"] for row in rows(db, statement, [client.key])]


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_a_server_may_decide_is_no_difference(variant: str) -> None:
    replayed = replay(recording(some_of_everything, VARIANTS[variant]), name=NAME)
    assert replayed.difference is None
    assert replayed.dialect is not None
    assert replayed.dialect.choices


@pytest.mark.parametrize(
    ("use", "variant"),
    [(the_middle_of_work, "natural"), (the_second_page, "natural"), (the_second_page, "newest-first")],
)
def test_a_recording_that_begins_in_the_middle_of_work_is_reproduced(
    use: Callable[[Client], None], variant: str
) -> None:
    assert replay(recording(use, VARIANTS[variant]), name=NAME).difference is None


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
    found, small = first_and_smallest(capsule)
    assert (found and found.kind) == (("bulkUpdateTasks", "answer/success") if shows else None)
    assert not shows or len(small.recorded) <= 5


def a_batch(client: Client, queries: Sequence[str]) -> None:
    """Lists, and then an update of a task that is there and of one that is not."""
    for query in queries:
        client.ask("GET", f"/tasks?{query}")
    client.bulk(*({"link_id": each, "note": "seen"} for each in (unlisted(client)[0], unknown())))


@pytest.fixture(scope="module")
def of_a_sound_one() -> Capsule:
    """What a sound independent server answers to some of everything."""
    return recording(
        lambda client: Caller(client.running.base_url, str(client.key), str(client.other.key)).tour()
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


@pytest.mark.parametrize(
    ("fault", "operation", "place"),
    [
        ("total-one-too-many", "listTasks", "answer/total"),
        ("refusal-says-success", "updateTask", "answer"),
        ("bulk-drops-link-profile", "listTasks", "answer/data/*/link_profile"),
        ("cursor-forgets-service-type", "listTasks", "answer/data/*/id"),
        ("wrong-key-forbidden", "listTasks", "status"),
    ],
)
def test_a_promise_that_a_server_breaks_is_the_difference_and_shown_by_few_exchanges(
    fault: str, operation: str, place: str
) -> None:
    capsule = recording(lambda client: lists_and(client, SIGNS[fault]), fault=FAULTS[fault])
    found, small = first_and_smallest(capsule)
    assert found is not None
    assert found.kind == (operation, place)
    assert len(small.recorded) <= 5


def lists_and(client: Client, sign: Sign) -> None:
    """Lists of all own tasks, and what shows a fault."""
    for query in ("limit=3", "limit=1000", "status=running,completed,failed,canceled&limit=1000"):
        client.ask("GET", f"/tasks?{query}")
    sign(client)
