"""The notes about a replay say what was not judged, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.mockserver.capsules.replay.test_reconstructed_replay import (
    capsule_of,
    id_of,
    page,
    recorded,
    task,
    update,
)
from workerkit.contracts.resend.replay_notes import UNKNOWN_CHANGES, UNSEEN_TASKS, replay_summary
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.openapi.page.page import page_sections

LISTS = page("", [task(1), task(2)], total=2), page("", [task(2)], total=1)


def notes_of(capsule: Capsule) -> tuple[str, ...]:
    result = replay(capsule, name="recorded.yaml")
    return replay_summary(capsule, result, None, small=None).notes


def test_a_request_that_the_page_does_not_name_is_said_to_be_not_compared() -> None:
    capsule = capsule_of(LISTS[0], recorded("GET", "/version", None, {"version": 2}))
    assert "Not compared, because the API page does not name the request: exchange 2." in notes_of(capsule)


def test_the_notes_say_why_each_exchange_was_judged_alone() -> None:
    unnamed = recorded("POST", "/tasks/1/archive", None, {"success": True})
    assert UNKNOWN_CHANGES in notes_of(capsule_of(LISTS[0], unnamed, LISTS[1]))
    # A server may refuse a change from the status of a task that no list shows.
    refused = recorded("PUT", f"/tasks/{id_of(1)}", {"status": "pending"}, {"success": False})
    refused = replace(refused, exchange=replace(refused.exchange, status=409))
    notes = notes_of(capsule_of(refused, LISTS[1]))
    assert UNSEEN_TASKS in notes
    assert UNKNOWN_CHANGES not in notes


@pytest.mark.parametrize(
    ("last", "rule"),
    [
        (page("status=running", [], total=0), "update-status"),
        (page("status=failed", [task(1)], total=1), "list-status"),
    ],
)
def test_the_sentence_of_the_page_is_about_what_is_wrong(last: RecordedExchange, rule: str) -> None:
    """If a list lacks an updated task, the update is lost. If it has another status, the filter is wrong."""
    capsule = capsule_of(LISTS[0], update(1, status="running"), last)
    sentences = (sentence for section in page_sections() for sentence in section.sentences)
    text = next(sentence.bilingual for sentence in sentences if sentence.rule == rule)
    assert f"The API page says: {text}" in notes_of(capsule)
