"""Capsules of the mock are replayed in their own world."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.workers.careful_workers import EXAMPLES
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.replay.reconstructed_replay import ReplayResult, sound_twin
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.capsules.replay.shrink import shrink_capsule
from workerkit.mockserver.trials.trial import try_worker
from workerkit.mockserver.world import operations
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.library import library

# One scenario for each ending of an answer, and one with a replaced key. The benchmark replays all scenarios.
SCENARIOS = ("answers-lost", "bulk-half-applied", "key-revoked", "outage", "truncated-json", "wrong-key")
_capsule_texts: dict[str, str] = {}


def text_of(name: str) -> str:
    """The capsule file of a trial of the example worker. Each scenario runs only once."""
    if name not in _capsule_texts:
        words = (sys.executable, str(EXAMPLES / "worker.py"))
        trial = try_worker(library.find(name), words, time_limit=240, with_capsule=True)
        assert trial.capsule is not None
        _capsule_texts[name] = capsule_text(trial.capsule)
    return _capsule_texts[name]


def capsule_of(name: str) -> Capsule:
    return parse_capsule(text_of(name), name=f"{name}.yaml")


def replayed(capsule: Capsule) -> ReplayResult:
    return replay(capsule, name="c.yaml")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_recorded_scenario_is_reproduced_each_time(name: str) -> None:
    capsule = capsule_of(name)
    assert [replayed(capsule).difference for _ in range(2)] == [None, None]


def test_a_capsule_contains_no_secret_of_its_world() -> None:
    text = text_of("key-revoked")
    assert "server-01-key" not in text
    assert "mail.example" not in text


@pytest.fixture
def _updates_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the recording, the mock answers every single update with success, but changes nothing."""
    text_of("truncated-json")

    def update_nothing(world: World, server: Server, call: Call) -> dict[str, Any]:
        return {"success": True, "data": {"updated": True, "link_id": call.parameters["id"]}}

    monkeypatch.setitem(operations.HANDLERS, "updateTask", update_nothing)


@pytest.mark.usefixtures("_updates_are_lost")
def test_a_defect_of_the_mock_is_the_difference() -> None:
    found = difference_of(capsule_of("truncated-json"))
    assert (found.operation, found.place.split("/")[:2]) == ("listTasks", ["answer", "data"])


@pytest.mark.usefixtures("_updates_are_lost")
def test_exchanges_that_a_difference_does_not_need_are_left_out() -> None:
    capsule = capsule_of("truncated-json")
    result = replayed(capsule)
    small = shrink_capsule(
        capsule,
        result.difference,
        lambda part: replayed(part).difference,
        twin=sound_twin(capsule, result),
    )
    assert len(small.recorded) <= 5
    again = parse_capsule(capsule_text(small), name="small.yaml")
    assert difference_of(again).is_like(result.difference)


def difference_of(capsule: Capsule) -> Difference:
    found = replayed(capsule).difference
    assert found is not None
    return found


def test_a_capsule_that_is_reproduced_is_not_made_smaller() -> None:
    capsule = capsule_of("truncated-json")
    assert shrink_capsule(capsule, None, lambda part: replayed(part).difference) == capsule


@pytest.mark.usefixtures("_updates_are_lost")
def test_shrinking_ends_after_max_runs() -> None:
    runs = []

    def find(capsule: Capsule) -> Difference | None:
        runs.append(capsule)
        return replayed(capsule).difference

    capsule = capsule_of("truncated-json")
    shrink_capsule(capsule, difference_of(capsule), find, max_runs=3)
    # Two searches, and between them one replay of what the first one has found.
    assert len(runs) <= 3 + 1 + 3


def test_an_answer_with_another_ending_is_a_difference() -> None:
    capsule = capsule_of("answers-lost")
    index, lost = next(
        (index, recorded)
        for index, recorded in enumerate(capsule.recorded)
        if recorded.ending is Ending.RESET
    )
    changed = list(capsule.recorded)
    changed[index] = replace(lost, ending=Ending.GARBLED)
    found = difference_of(replace(capsule, recorded=tuple(changed)))
    assert (found.number, found.place, found.now) == (index + 1, "ending", "reset")
