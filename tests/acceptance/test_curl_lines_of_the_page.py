"""Each curl line of the page, with only the host replaced and real ids where it has placeholders."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import worker_api

PAGE = (Path(__file__).parents[1] / "contracts" / "worker-api.txt").read_text("utf-8")
HOST = "https://apitest.likepion.com"
WORD = re.compile(r"""\s*(?:\\\n\s*)?("[^"]*"|'[^']*'|-[A-Za-z]+|[A-Z]{3,6}(?=\s))""")


@dataclass(frozen=True)
class Line:
    """A curl line as curl would understand it."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None

    @property
    def operation(self) -> str:
        path = urlsplit(self.url).path.replace("{id}", "00000000-0000-4000-8000-000000000000")
        return worker_api().match(self.method, path).operation.id


def curl_lines() -> list[Line]:
    return [understood(PAGE[found.end() :]) for found in re.finditer(r"^curl ", PAGE, re.MULTILINE)]


def understood(text: str) -> Line:
    words, position = [], 0
    while found := WORD.match(text, position):
        words.append(found[1].strip("\"'"))
        position = found.end()
    options = list(pairwise(words))
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    body = next((value for option, value in options if option == "-d"), None)
    method = next((value for option, value in options if option == "-X"), "GET")
    return Line(method, next(word for word in words if word.startswith(HOST)), headers, body)


def documented_answers() -> dict[str, Any]:
    """The JSON that stands behind each "Response:" of the page, by operation, in the page's order."""
    decoder = json.JSONDecoder()
    starts = [found.end() for found in re.finditer(r"Response:\n", PAGE)]
    answers = [decoder.raw_decode(PAGE, start)[0] for start in starts]
    operations = ["heartbeat", "listTasks", "updateTask", "bulkUpdateTasks", "sendLogs"]
    return dict(zip(operations, answers, strict=True))


LINES = curl_lines()
ANSWERS = documented_answers()


@pytest.fixture
def mock() -> Iterator[WorldServer]:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder())
    with WorldServer(worlds) as mock:
        yield mock


def with_real_ids(text: str, world: World) -> str:
    own = [task for task in world.tasks.values() if task.server == "server-01"]
    foreign = next(task for task in world.tasks.values() if task.server == "server-02")
    real = {
        "{id}": own[0].id,
        "last-uuid": own[0].id,
        '"uuid-1"': f'"{own[0].id}"',
        '"uuid-2"': f'"{foreign.id}"',
        '"link_id": "uuid"': f'"link_id": "{own[0].id}"',
        '"request_id": "uuid"': f'"request_id": "{own[0].request.id}"',
        '"account_id": "uuid"': f'"account_id": "{own[0].account.id}"',
    }
    for placeholder, id_ in real.items():
        text = text.replace(placeholder, id_)
    return text


def send(line: Line, mock: WorldServer) -> tuple[int, Any]:
    world = mock.worlds.world(DEFAULT)
    url = urlsplit(with_real_ids(line.url, world))
    body = None if line.body is None else with_real_ids(line.body, world)
    connection = http.client.HTTPConnection(mock.host, mock.port, timeout=120)
    connection.request(line.method, f"{url.path}?{url.query}".rstrip("?"), body, line.headers)
    answer = connection.getresponse()
    value = json.loads(answer.read())
    connection.close()
    return answer.status, value


def fields(value: Any) -> Any:
    """The shape of an answer: its fields on every level, a list by its first item."""
    if isinstance(value, dict):
        return {name: fields(each) for name, each in value.items()}
    return [fields(value[0])] if isinstance(value, list) and value else None


def test_the_page_has_ten_curl_lines_for_nine_operations() -> None:
    assert len(LINES) == 10
    assert {line.operation for line in LINES} == set(worker_api().operations)


@pytest.mark.parametrize("line", LINES, ids=[f"{line.method} {urlsplit(line.url).path}" for line in LINES])
def test_a_line_is_answered_with_the_documented_status_and_fields(line: Line, mock: WorldServer) -> None:
    status, answer = send(line, mock)
    operation = worker_api().operations[line.operation]
    assert status == 200
    assert operation.answer_flaw(status, answer) is None
    if line.operation in ANSWERS:
        assert fields(answer) == fields(ANSWERS[line.operation])


def test_the_bulk_line_is_answered_as_on_the_page(mock: WorldServer) -> None:
    line = next(line for line in LINES if line.operation == "bulkUpdateTasks")
    answer = send(line, mock)[1]
    counts = {name: answer[name] for name in ("total", "success", "failed")}
    assert counts == {"total": 2, "success": 1, "failed": 1}
    assert [result.get("error") for result in answer["results"]] == [None, "not_your_task"]


def test_the_effects_of_the_lines_are_in_the_world(mock: WorldServer) -> None:
    world = mock.worlds.world(DEFAULT)
    before = sum(request.created_links for request in world.requests.values())
    for line in LINES:
        assert send(line, mock)[0] == 200
    first = next(task for task in world.tasks.values() if task.server == "server-01")
    assert (first.status, first.link_profile) == ("completed", "https://...")
    assert first.completed_at is not None
    assert sum(request.created_links for request in world.requests.values()) == before + 1
    assert (first.request.status, first.account.status) == ("completed", "active")
    assert [entry.fields["level"] for entry in world.logs] == ["INFO", "ERROR", "WARN"]
    assert world.servers["server-01"].heartbeat is not None
    assert world.servers["server-01"].heartbeat["cpu_usage"] == 45.5
