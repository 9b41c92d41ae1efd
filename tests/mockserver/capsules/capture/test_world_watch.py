"""Capsules of the worlds of a mock, as they end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.mockserver.capsules.capture.test_capture import asking
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.capsules.capture.world_watch import WorldWatch, kept
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.reader import read_capsule
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.loading.loader import parse

KEY = "server-01-key"
STORY = b"""
title: The list fails once
about: A comment that is nowhere else.
world: {servers: [server-01], tasks: [{count: 2, server: server-01}]}
when: [{call: {number: 1, of: listTasks}, do: [{respond: {status: 503}}]}]
expect: [tasks-ended]
"""


class Mock:
    """Worlds with a keeper, and a client of the default one."""

    def __init__(self, folder: Path) -> None:
        self.worlds = Worlds()
        self.said: list[str] = []
        self.folder = folder
        self.keeper = WorldWatch(CapsuleFolder(folder), self.said.append)
        self._app = WorkerApp(self.worlds)

    def list(self, key: str = KEY) -> None:
        self._app.answer(asking("GET", "/tasks", key))

    def written(self) -> dict[str, Capsule]:
        return {path.name: read_capsule(path) for path in sorted(self.folder.iterdir())}


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    mock = Mock(tmp_path / "capsules")
    mock.worlds.add(DEFAULT, WorldBuilder(seed=1))
    yield mock
    for name, capsule in mock.written().items():
        assert replay(capsule, name=name).difference is None
        assert any(f"workerkit replay {mock.folder / name}" in line for line in mock.said)


def test_a_session_without_a_scenario_is_one_capsule_by_the_name_of_its_world(mock: Mock) -> None:
    with kept(mock.keeper, mock.worlds):
        mock.list()
        mock.list()
        assert mock.written() == {}
    assert [len(each.recorded) for each in mock.written().values()] == [2]
    assert list(mock.written()) == ["default.yaml"]


def test_a_reset_ends_a_capsule_and_begins_another(mock: Mock) -> None:
    with kept(mock.keeper, mock.worlds):
        mock.list()
        mock.worlds.reset(DEFAULT)
        mock.list()
        mock.list()
    counts = {name: len(each.recorded) for name, each in mock.written().items()}
    assert counts == {"default.yaml": 1, "default-2.yaml": 2}


def test_a_world_that_nobody_used_leaves_nothing(mock: Mock) -> None:
    with kept(mock.keeper, mock.worlds):
        mock.worlds.add("w1", WorldBuilder(seed=2))
        mock.worlds.reset(DEFAULT)
        mock.worlds.remove("w1")
    assert mock.written() == {}


def test_a_scenario_leaves_a_capsule_with_its_source_only_where_its_verdict_is_fail(mock: Mock) -> None:
    scenario = parse(STORY, name="ours.yaml")
    with kept(mock.keeper, mock.worlds):
        mock.worlds.add("w1", WorldBuilder(scenario))
        mock.list("server-01-key-w1")
    ((name, capsule),) = mock.written().items()
    assert name == "ours.yaml"
    assert "A comment that is nowhere else." in capsule.scenario
    assert [recorded.exchange.status for recorded in capsule.recorded] == [503]
    assert any(note.startswith("broken: tasks-ended: ") for note in capsule.notes)


def test_a_scenario_whose_verdict_is_pass_leaves_nothing(mock: Mock) -> None:
    scenario = parse(STORY.replace(b"expect: [tasks-ended]", b""), name="ours.yaml")
    with kept(mock.keeper, mock.worlds):
        mock.worlds.add("w1", WorldBuilder(scenario))
        mock.list("server-01-key-w1")
    assert mock.written() == {}


def test_what_the_control_plane_changes_belongs_to_the_beginning_or_is_told(mock: Mock) -> None:
    task = next(iter(mock.worlds.world(DEFAULT).tasks))
    with kept(mock.keeper, mock.worlds), MockServer(mock.worlds) as server, requests.Session() as session:
        session.trust_env = False
        world = f"{server.control_url}/worlds/{DEFAULT}"
        assert session.patch(f"{world}/tasks/{task}", json={"note": "by hand"}).ok
        assert session.get(f"{server.base_url}/tasks", headers={"X-API-Key": KEY}).ok
        assert session.get(f"{world}/tasks").ok
        assert session.post(f"{world}/clock", json={"advance": "1s"}).ok
    (capsule,) = mock.written().values()
    assert capsule.world is not None
    assert [each["note"] for each in capsule.world["tasks"] if each["id"] == task] == ["by hand"]
    assert [note.split(": ")[0] for note in capsule.notes] == [
        "after exchange 1 the control plane was called (setClock)"
    ]


def test_a_folder_that_is_gone_is_told_and_the_mock_goes_on(
    mock: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    with kept(mock.keeper, mock.worlds):
        mock.list()
        shutil.rmtree(mock.folder)
        mock.worlds.reset(DEFAULT)
    assert "default.yaml cannot be written" in caplog.text
    mock.folder.mkdir()
