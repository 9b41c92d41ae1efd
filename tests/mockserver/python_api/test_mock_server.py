"""The class MockServer: a mock that runs during a `with` block and makes worlds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from workerkit.mockserver.python_api.mock_server import MockServer
from workerkit.mockserver.python_api.worker_api import WorkerApi
from workerkit.mockserver.server.server import TokenNeededError
from workerkit.openapi.errors import UsageError
from workerkit.scenarios.library import library

TOKEN = "a-control-token-of-a-test"


@pytest.fixture
def running() -> Iterator[MockServer]:
    with MockServer() as mock:
        yield mock


def status_of_list(api: WorkerApi) -> int:
    """The status of the answer to a list of tasks."""
    url = f"{api.base_url}/tasks"
    return requests.get(url, headers={"X-API-Key": api.api_key}, timeout=60).status_code


def test_worlds_are_side_by_side_and_do_not_affect_each_other(running: MockServer) -> None:
    with running.new_world() as one, running.new_world() as other:
        assert one.base_url == other.base_url == running.base_url
        one.add_task()
        assert (status_of_list(one), status_of_list(other)) == (200, 200)
        assert (len(one.tasks()), len(other.tasks())) == (1, 0)
        assert (len(one.journal), len(other.journal)) == (1, 1)


def test_a_world_is_removed_at_the_end_of_its_block(running: MockServer) -> None:
    with running.new_world(), running.new_world() as removed:
        pass
    with running.new_world():
        assert status_of_list_with_key(running, removed.api_key) == 401


def status_of_list_with_key(mock: MockServer, key: str) -> int:
    return requests.get(f"{mock.base_url}/tasks", headers={"X-API-Key": key}, timeout=60).status_code


def test_a_scenario_is_given_as_itself_or_by_name_or_as_a_file(running: MockServer, tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text("title: Ours\nabout: Ours.\nworld: {servers: [ours]}\n")
    for scenario in ("key-revoked", library.find("key-revoked")):
        with running.new_world(scenario) as api:
            assert api.run_record().scenario.name == "key-revoked"
    with running.new_world(str(file)) as api:
        assert api.env["LIKEPION_SERVER_NAME"] == "ours"


def test_an_unknown_scenario_is_an_error_that_names_the_closest(running: MockServer) -> None:
    with pytest.raises(library.NoSuchScenarioError, match="did you mean"):
        running.new_world("key-revokd")


def test_a_scenario_that_closes_the_port_is_refused(running: MockServer) -> None:
    with pytest.raises(UsageError, match="the scenario port-closed: the fault down closes the port"):
        running.new_world("port-closed")


def test_a_world_with_a_capsule_gives_one(running: MockServer) -> None:
    with running.new_world(with_capsule=True) as api:
        status_of_list(api)
        capsule = api.capsule()
    assert capsule is not None
    assert len(capsule.recorded) == 1


def test_nothing_runs_before_and_after_the_block() -> None:
    def threads() -> int:
        return sum(thread.name == "workerkit-mock" for thread in threading.enumerate())

    before = threads()
    mock = MockServer()
    assert threads() == before
    for _ in range(2):
        with mock:
            assert threads() == before + 1
            port = int(mock.base_url.split(":")[2].split("/")[0])
        assert threads() == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60)


def test_the_control_plane_takes_the_token() -> None:
    with MockServer(token=TOKEN) as mock:
        url = f"{mock.control_url}/health"
        assert requests.get(url, timeout=60).status_code == 401
        assert requests.get(url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).status_code == 200


def test_without_a_token_no_other_machine_may_reach_the_control_plane() -> None:
    with pytest.raises(TokenNeededError), MockServer(host="0.0.0.0"):
        pass
