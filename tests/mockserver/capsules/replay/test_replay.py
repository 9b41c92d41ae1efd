"""Capsules of the mock, replayed in their own world."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.workers.cast import EXAMPLES
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.replay.matching import Difference
from workerkit.mockserver.capsules.replay.replay import Replayed, replay
from workerkit.mockserver.capsules.replay.shrink import shrunk
from workerkit.mockserver.trials.trial import try_worker
from workerkit.mockserver.world import operations
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.library import library

# One of each way in which an answer can end, and a key that is replaced; all others are tried by hand.
SCENARIOS = ("answers-lost", "bulk-half-applied", "key-revoked", "outage", "truncated-json", "wrong-key")
_taken: dict[str, str] = {}


def text_of(name: str) -> str:
    """The file of a trial of the example worker; each scenario is tried once."""
    if name not in _taken:
        words = (sys.executable, str(EXAMPLES / "worker.py"))
        trial = try_worker(library.find(name), words, time_limit=240, with_capsule=True)
        assert trial.capsule is not None
        _taken[name] = capsule_text(trial.capsule)
    return _taken[name]


def capsule_of(name: str) -> Capsule:
    return parse_capsule(text_of(name), name=f"{name}.yaml")


def played(capsule: Capsule) -> Replayed:
    return replay(capsule, name="c.yaml")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_recorded_is_reproduced_each_time(name: str) -> None:
    capsule = capsule_of(name)
    assert [played(capsule).difference for _ in range(2)] == [None, None]


def test_a_capsule_has_no_secret_of_its_world() -> None:
    text = text_of("key-revoked")
    assert "server-01-key" not in text
    assert "mail.example" not in text


@pytest.fixture
def _writes_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the recording, the mock says of every single update that it was done, and does nothing."""
    text_of("truncated-json")

    def unsound(world: World, server: Server, call: Call) -> dict[str, Any]:
        return {"success": True, "data": {"updated": True, "link_id": call.parameters["id"]}}

    monkeypatch.setitem(operations.HANDLERS, "updateTask", unsound)


@pytest.mark.usefixtures("_writes_are_lost")
def test_a_fault_planted_in_the_mock_is_the_difference() -> None:
    found = found_in(capsule_of("truncated-json"))
    assert (found.operation, found.place.split("/")[:2]) == ("listTasks", ["answer", "data"])


@pytest.mark.usefixtures("_writes_are_lost")
def test_what_does_not_belong_to_a_difference_is_left_out() -> None:
    whole = capsule_of("truncated-json")
    kind = found_in(whole).kind
    small = shrunk(whole, lambda each: played(each).difference)
    assert len(small.recorded) <= 5
    again = parse_capsule(capsule_text(small), name="small.yaml")
    assert found_in(again).kind == kind


def found_in(capsule: Capsule) -> Difference:
    found = played(capsule).difference
    assert found is not None
    return found


def test_a_capsule_that_is_reproduced_is_not_made_smaller() -> None:
    whole = capsule_of("truncated-json")
    assert shrunk(whole, lambda each: played(each).difference) == whole


@pytest.mark.usefixtures("_writes_are_lost")
def test_shrinking_ends_after_so_many_runs() -> None:
    runs = []

    def differs(capsule: Capsule) -> Difference | None:
        runs.append(capsule)
        return played(capsule).difference

    shrunk(capsule_of("truncated-json"), differs, most_runs=3)
    assert len(runs) <= 3


def test_an_answer_that_ended_otherwise_is_a_difference() -> None:
    capsule = capsule_of("answers-lost")
    place, lost = next(each for each in enumerate(capsule.recorded) if each[1].ending is Ending.RESET)
    changed = list(capsule.recorded)
    changed[place] = replace(lost, ending=Ending.GARBLED)
    found = found_in(replace(capsule, recorded=tuple(changed)))
    assert (found.number, found.place, found.now) == (place + 1, "ending", "reset")
