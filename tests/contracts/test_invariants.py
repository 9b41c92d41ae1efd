"""What the machine's model takes from the mock's own world, held against what has no part in that world.

Random histories of writes over HTTP; what follows from the page alone has to hold after each.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds

Json = dict[str, Any]
EVERY = "pending,queued,running,completed,failed,canceled"
STATUSES = EVERY.split(",")
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STATUS, PLACE = st.sampled_from(STATUSES), st.integers(0, 249)
WRITES = st.lists(st.tuples(PLACE, STATUS), min_size=1, max_size=12)


class Server:
    """A fresh world, seen over HTTP only."""

    def __init__(self, mock: MockServer, world: World) -> None:
        self._url = mock.base_url
        self._key = f"server-01-key-{world.name}"
        self._http = requests.Session()
        self.tasks = self.all()

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        headers = {"X-API-Key": self._key}
        return self._http.request(
            method, self._url + path, json=body, params=query, headers=headers, timeout=120
        )

    def page(self, **query: Any) -> Json:
        answer: Json = self.ask("GET", "/tasks", **query).json()
        return answer

    def all(self) -> list[Json]:
        found: list[Json] = self.page(status=EVERY, limit=1000)["data"]
        return found

    def id(self, place: int) -> str:
        return str(self.tasks[place]["id"])

    def put(self, place: int, **fields: Any) -> requests.Response:
        return self.ask("PUT", f"/tasks/{self.id(place)}", fields)


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(Worlds()) as running:
        yield running


def fresh(mock: MockServer) -> Server:
    name = mock.ask(mock.worlds.new_name)
    return Server(mock, mock.ask(lambda: mock.worlds.add(name, WorldBuilder(seed=1))).world)


@FEW
@given(writes=WRITES)
def test_what_was_written_last_is_read(mock: MockServer, writes: list[tuple[int, str]]) -> None:
    server, last, number = fresh(mock), {}, count()
    for place, status in writes:
        link = f"https://example.com/{next(number)}"
        assert server.put(place, status=status, link_post=link).status_code == 200
        last[server.id(place)] = (status, link)
    read = {each["id"]: (each["status"], each["link_post"]) for each in server.all()}
    before = {task["id"]: (task["status"], task["link_post"]) for task in server.tasks}
    assert read == {**before, **last}


@FEW
@given(writes=WRITES, limit=st.integers(1, 40), statuses=st.lists(STATUS, min_size=1, unique=True))
def test_pages_add_up_to_the_whole(
    mock: MockServer, writes: list[tuple[int, str]], limit: int, statuses: list[str]
) -> None:
    server = fresh(mock)
    for place, status in writes:
        server.put(place, status=status)
    due = [each["id"] for each in server.all() if each["status"] in statuses]
    asked = {"status": ",".join(statuses), "limit": limit}
    pages = [server.page(**asked, page=number + 1) for number in range(len(due) // limit + 1)]
    assert [task["id"] for each in pages for task in each["data"]] == due
    assert {each["total"] for each in pages} == {len(due)}
    by_cursor: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = server.page(**asked, **after)
        by_cursor += [task["id"] for task in page["data"]]
        if page["next_cursor"] is None:
            break
        after = {"after": page["next_cursor"]}
    assert by_cursor == due


@FEW
@given(writes=WRITES)
def test_a_batch_does_what_its_items_do_one_by_one(mock: MockServer, writes: list[tuple[int, str]]) -> None:
    one, many = fresh(mock), fresh(mock)
    assert [task["id"] for task in one.tasks] == [task["id"] for task in many.tasks]
    for place, status in writes:
        one.put(place, status=status)
    items = [{"link_id": many.id(place), "status": status} for place, status in writes]
    assert many.ask("PUT", "/tasks/bulk", {"items": items}).json()["success"] == len(items)
    unmoved = ("id", "status", "retry_count", "link_profile", "link_post", "max_retries")
    assert [[task[name] for name in unmoved] for task in one.all()] == [
        [task[name] for name in unmoved] for task in many.all()
    ]


@FEW
@given(places=st.lists(PLACE, min_size=1, max_size=6))
def test_what_is_refused_changes_nothing(mock: MockServer, places: list[int]) -> None:
    server = fresh(mock)
    for place in places:
        assert server.put(place, status="nonsense", link_post="x").status_code == 400
        items = [{"link_id": server.id(place), "link_post": "x"}, {"link_id": server.id(0), "status": "y"}]
        assert server.ask("PUT", "/tasks/bulk", {"items": items}).status_code == 400
    assert server.all() == server.tasks


@FEW
@given(writes=WRITES)
def test_the_statuses_alone_add_up_to_all_together(mock: MockServer, writes: list[tuple[int, str]]) -> None:
    server = fresh(mock)
    for place, status in writes:
        server.put(place, status=status)
    alone = [server.page(status=each, limit=1)["total"] for each in STATUSES]
    assert sum(alone) == server.page(status=EVERY, limit=1)["total"] == len(server.tasks)
    services = {task["service_type"] for task in server.tasks}
    assert sum(server.page(status=EVERY, service_type=service)["total"] for service in services) == sum(alone)
