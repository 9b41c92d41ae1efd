"""The mock's world, checked over HTTP with random writes. The checks follow from the API page alone.

The random episodes of a run use this world as their model, so they cannot find a mistake in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds

Json = dict[str, Any]
ALL_STATUSES = "pending,queued,running,completed,failed,canceled"
STATUSES = ALL_STATUSES.split(",")
FEW_EXAMPLES = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
STATUS, INDEX = st.sampled_from(STATUSES), st.integers(0, 249)
WRITES = st.lists(st.tuples(INDEX, STATUS), min_size=1, max_size=12)


class Server:
    """A new world. The tests use it over HTTP only."""

    def __init__(self, mock: WorldServer, world: World) -> None:
        self._url = mock.base_url
        self._key = f"server-01-key-{world.name}"
        self._http = requests.Session()
        self.tasks = self.all()

    def request(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        headers = {"X-API-Key": self._key}
        return self._http.request(
            method, self._url + path, json=body, params=query, headers=headers, timeout=120
        )

    def page(self, **query: Any) -> Json:
        answer: Json = self.request("GET", "/tasks", **query).json()
        return answer

    def all(self) -> list[Json]:
        found: list[Json] = self.page(status=ALL_STATUSES, limit=1000)["data"]
        return found

    def id(self, index: int) -> str:
        return str(self.tasks[index]["id"])

    def put(self, index: int, **fields: Any) -> requests.Response:
        return self.request("PUT", f"/tasks/{self.id(index)}", fields)


@pytest.fixture(scope="module")
def mock() -> Iterator[WorldServer]:
    with WorldServer(Worlds()) as running:
        yield running


def new_world(mock: WorldServer) -> Server:
    name = mock.run_in_server_thread(mock.worlds.new_name)
    return Server(mock, mock.run_in_server_thread(lambda: mock.worlds.add(name, WorldBuilder(seed=1))).world)


@FEW_EXAMPLES
@given(writes=WRITES)
def test_the_last_written_values_are_read(mock: WorldServer, writes: list[tuple[int, str]]) -> None:
    server, last, number = new_world(mock), {}, count()
    for index, status in writes:
        link = f"https://example.com/{next(number)}"
        assert server.put(index, status=status, link_post=link).status_code == 200
        last[server.id(index)] = (status, link)
    read = {task["id"]: (task["status"], task["link_post"]) for task in server.all()}
    before = {task["id"]: (task["status"], task["link_post"]) for task in server.tasks}
    assert read == {**before, **last}


@FEW_EXAMPLES
@given(writes=WRITES, limit=st.integers(1, 40), statuses=st.lists(STATUS, min_size=1, unique=True))
def test_all_pages_together_are_the_whole_list(
    mock: WorldServer, writes: list[tuple[int, str]], limit: int, statuses: list[str]
) -> None:
    server = new_world(mock)
    for index, status in writes:
        server.put(index, status=status)
    expected = [task["id"] for task in server.all() if task["status"] in statuses]
    query = {"status": ",".join(statuses), "limit": limit}
    pages = [server.page(**query, page=number + 1) for number in range(len(expected) // limit + 1)]
    assert [task["id"] for page in pages for task in page["data"]] == expected
    assert {page["total"] for page in pages} == {len(expected)}
    by_cursor: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = server.page(**query, **after)
        by_cursor += [task["id"] for task in page["data"]]
        if page["next_cursor"] is None:
            break
        after = {"after": page["next_cursor"]}
    assert by_cursor == expected


@FEW_EXAMPLES
@given(writes=WRITES)
def test_a_batch_has_the_same_effect_as_single_updates(
    mock: WorldServer, writes: list[tuple[int, str]]
) -> None:
    single, batched = new_world(mock), new_world(mock)
    assert [task["id"] for task in single.tasks] == [task["id"] for task in batched.tasks]
    for index, status in writes:
        single.put(index, status=status)
    items = [{"link_id": batched.id(index), "status": status} for index, status in writes]
    assert batched.request("PUT", "/tasks/bulk", {"items": items}).json()["success"] == len(items)
    fields = ("id", "status", "retry_count", "link_profile", "link_post", "max_retries")
    assert [[task[name] for name in fields] for task in single.all()] == [
        [task[name] for name in fields] for task in batched.all()
    ]


@FEW_EXAMPLES
@given(indexes=st.lists(INDEX, min_size=1, max_size=6))
def test_a_refused_request_changes_nothing(mock: WorldServer, indexes: list[int]) -> None:
    server = new_world(mock)
    for index in indexes:
        assert server.put(index, status="nonsense", link_post="x").status_code == 400
        items = [{"link_id": server.id(index), "link_post": "x"}, {"link_id": server.id(0), "status": "y"}]
        assert server.request("PUT", "/tasks/bulk", {"items": items}).status_code == 400
    assert server.all() == server.tasks


@FEW_EXAMPLES
@given(writes=WRITES)
def test_the_totals_of_single_filters_add_up(mock: WorldServer, writes: list[tuple[int, str]]) -> None:
    server = new_world(mock)
    for index, status in writes:
        server.put(index, status=status)
    alone = [server.page(status=status, limit=1)["total"] for status in STATUSES]
    assert sum(alone) == server.page(status=ALL_STATUSES, limit=1)["total"] == len(server.tasks)
    services = {task["service_type"] for task in server.tasks}
    assert sum(
        server.page(status=ALL_STATUSES, service_type=service)["total"] for service in services
    ) == sum(alone)
