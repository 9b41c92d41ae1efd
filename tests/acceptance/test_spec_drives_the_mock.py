"""A bound, an enumeration or a default is changed in worker-api.yaml and nowhere else: the mock follows."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import pytest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.document import read_document

SPEC = resources.files("workerkit.openapi").joinpath("worker-api.yaml").read_text("utf-8")


class Client:
    """Sends requests to a mock as its first server."""

    def __init__(self, mock: WorldServer) -> None:
        self._mock = mock

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.send(method, path, body)[0]

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self._mock.host, self._mock.port, timeout=120)
        data = None if body is None else json.dumps(body)
        where = urlsplit(self._mock.base_url).path + path
        connection.request(method, where, data, {"X-API-Key": EXAMPLE_KEY})
        answer = connection.getresponse()
        value = json.loads(answer.read())
        connection.close()
        return answer.status, value


@contextmanager
def mock_of(spec: str) -> Iterator[Client]:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, spec=read_document(spec, name="a copy")))
    with WorldServer(worlds) as mock:
        yield Client(mock)


def changed(old: str, new: str) -> str:
    assert SPEC.count(old) == 1, f"{old!r} stands {SPEC.count(old)} times in the spec"
    return SPEC.replace(old, new)


LIMIT = "maximum: 1000\n            default: 100\n"
MOST = """description: "At most 500 {}."
          type: array
          minItems: 1
          maxItems: 500"""
ITEMS = MOST.format("tasks at once")
ENTRIES = MOST.format("log entries")
LEVELS = "enum: [INFO, WARN, ERROR, DEBUG]"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def as_it_is() -> Iterator[Client]:
    with mock_of(SPEC) as client:
        yield client


def test_the_maximum_of_limit_is_the_specs(as_it_is: Client) -> None:
    assert as_it_is.status("GET", "/tasks?limit=1000") == 200
    assert as_it_is.status("GET", "/tasks?limit=1001") == 400
    with mock_of(changed(LIMIT, LIMIT.replace("1000", "1234"))) as client:
        assert client.status("GET", "/tasks?limit=1234") == 200
        assert client.status("GET", "/tasks?limit=1235") == 400


def test_the_default_of_limit_is_the_specs(as_it_is: Client) -> None:
    assert as_it_is.send("GET", "/tasks?status=completed")[1]["limit"] == 100
    with mock_of(changed(LIMIT, LIMIT.replace("default: 100", "default: 7"))) as client:
        page = client.send("GET", "/tasks")[1]
    assert (page["limit"], len(page["data"])) == (7, 7)


def test_the_most_items_of_a_bulk_update_are_the_specs(as_it_is: Client) -> None:
    def bulk(count: int) -> dict[str, Any]:
        return {"items": [{"link_id": UNKNOWN, "status": "running"}] * count}

    assert as_it_is.status("PUT", "/tasks/bulk", bulk(500)) == 200
    assert as_it_is.status("PUT", "/tasks/bulk", bulk(501)) == 400
    with mock_of(changed(ITEMS, ITEMS.replace("500", "3"))) as client:
        assert client.status("PUT", "/tasks/bulk", bulk(3)) == 200
        assert client.status("PUT", "/tasks/bulk", bulk(4)) == 400


def test_the_most_entries_of_a_log_batch_are_the_specs(as_it_is: Client) -> None:
    def batch(count: int) -> dict[str, Any]:
        return {"logs": [{"level": "INFO", "message": "done"}] * count}

    assert as_it_is.status("POST", "/logs", batch(500)) == 200
    assert as_it_is.status("POST", "/logs", batch(501)) == 400
    with mock_of(changed(ENTRIES, ENTRIES.replace("maxItems: 500", "maxItems: 600"))) as client:
        assert client.status("POST", "/logs", batch(600)) == 200
        assert client.status("POST", "/logs", batch(601)) == 400


def test_the_log_levels_are_the_specs(as_it_is: Client) -> None:
    def entry(level: str) -> dict[str, Any]:
        return {"logs": [{"level": level, "message": "done"}]}

    assert as_it_is.status("POST", "/logs", entry("DEBUG")) == 200
    assert as_it_is.status("POST", "/logs", entry("TRACE")) == 400
    with mock_of(changed(LEVELS, "enum: [INFO, WARN, ERROR, TRACE]")) as client:
        assert client.status("POST", "/logs", entry("DEBUG")) == 400
        assert client.status("POST", "/logs", entry("TRACE")) == 200
