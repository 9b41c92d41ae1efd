"""A mock saves a capsule of each world that ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.mockserver.capsules.capture.test_capture import worker_request
from workerkit.mockserver.capsules.capture.capsule_observer import CapsuleObserver, watch_worlds
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.loading.loader import parse

KEY = "server-01-key"
SCENARIO = b"""
title: The list fails once
about: A comment that is nowhere else.
world: {servers: [server-01], tasks: [{count: 2, server: server-01}]}
when: [{call: {number: 1, of: listTasks}, do: [{respond: {status: 503}}]}]
expect: [tasks-ended]
"""


class Mock:
    """Worlds with a capsule observer, and a client of the default world."""

    def __init__(self, folder: Path) -> None:
        self.worlds = Worlds()
        self.lines: list[str] = []
        self.folder = folder
        self.observer = CapsuleObserver(CapsuleFolder(folder), self.lines.append)
        self._app = WorkerApp(self.worlds)

    def list(self, key: str = KEY) -> None:
        self._app.answer(worker_request("GET", "/tasks", key))

    def capsules(self) -> dict[str, Capsule]:
        return {path.name: read_recording(path) for path in sorted(self.folder.iterdir())}


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    mock = Mock(tmp_path / "capsules")
    mock.worlds.add(DEFAULT, WorldBuilder(seed=1))
    yield mock
    for name, capsule in mock.capsules().items():
        assert replay(capsule, name=name).difference is None
        assert any(f"workerkit replay {mock.folder / name}" in line for line in mock.lines)


def test_a_session_without_a_scenario_is_one_capsule_with_the_name_of_its_world(mock: Mock) -> None:
    with watch_worlds(mock.observer, mock.worlds):
        mock.list()
        mock.list()
        assert mock.capsules() == {}
    assert [len(capsule.recorded) for capsule in mock.capsules().values()] == [2]
    assert list(mock.capsules()) == ["default.yaml"]


def test_a_reset_ends_a_capsule_and_begins_another(mock: Mock) -> None:
    with watch_worlds(mock.observer, mock.worlds):
        mock.list()
        mock.worlds.reset(DEFAULT)
        mock.list()
        mock.list()
    counts = {name: len(capsule.recorded) for name, capsule in mock.capsules().items()}
    assert counts == {"default.yaml": 1, "default-2.yaml": 2}


def test_a_world_without_requests_leaves_no_capsule(mock: Mock) -> None:
    with watch_worlds(mock.observer, mock.worlds):
        mock.worlds.add("w1", WorldBuilder(seed=2))
        mock.worlds.reset(DEFAULT)
        mock.worlds.remove("w1")
    assert mock.capsules() == {}


def test_a_scenario_with_the_verdict_fail_leaves_a_capsule_with_its_source(mock: Mock) -> None:
    scenario = parse(SCENARIO, name="ours.yaml")
    with watch_worlds(mock.observer, mock.worlds):
        mock.worlds.add("w1", WorldBuilder(scenario))
        mock.list("server-01-key-w1")
    ((name, capsule),) = mock.capsules().items()
    assert name == "ours.yaml"
    assert "A comment that is nowhere else." in capsule.scenario
    assert [recorded.exchange.status for recorded in capsule.recorded] == [503]
    assert any(note.startswith("broken: tasks-ended: ") for note in capsule.notes)


def test_a_scenario_with_the_verdict_pass_leaves_no_capsule(mock: Mock) -> None:
    scenario = parse(SCENARIO.replace(b"expect: [tasks-ended]", b""), name="ours.yaml")
    with watch_worlds(mock.observer, mock.worlds):
        mock.worlds.add("w1", WorldBuilder(scenario))
        mock.list("server-01-key-w1")
    assert mock.capsules() == {}


def test_a_change_by_the_control_plane_is_in_the_first_snapshot_or_in_a_note(mock: Mock) -> None:
    task = next(iter(mock.worlds.world(DEFAULT).tasks))
    with (
        watch_worlds(mock.observer, mock.worlds),
        WorldServer(mock.worlds) as server,
        requests.Session() as session,
    ):
        session.trust_env = False
        world = f"{server.control_url}/worlds/{DEFAULT}"
        assert session.patch(f"{world}/tasks/{task}", json={"note": "by hand"}).ok
        assert session.get(f"{server.base_url}/tasks", headers={"X-API-Key": KEY}).ok
        assert session.get(f"{world}/tasks").ok
        assert session.post(f"{world}/clock", json={"advance": "1s"}).ok
    (capsule,) = mock.capsules().values()
    assert capsule.world is not None
    assert [entity["note"] for entity in capsule.world["tasks"] if entity["id"] == task] == ["by hand"]
    assert [note.split(": ")[0] for note in capsule.notes] == [
        "after exchange 1 the control plane was called (setClock)"
    ]


def test_a_missing_folder_is_reported_and_the_mock_continues(
    mock: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    with watch_worlds(mock.observer, mock.worlds):
        mock.list()
        shutil.rmtree(mock.folder)
        mock.worlds.reset(DEFAULT)
    assert "default.yaml cannot be written" in caplog.text
    mock.folder.mkdir()
