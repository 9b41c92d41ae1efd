from __future__ import annotations

import pytest

from workerkit.scenarios.explain.sentences import end_sentence, trigger_sentence
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.model.trigger import After, OnAsked, OnCall, OnChange, OnMatch, OnState, Trigger
from workerkit.scenarios.model.until import EnoughCalls, Until


@pytest.mark.parametrize(
    ("trigger", "sentence"),
    [
        (OnCall(Calls(4, 4)), "At request 4"),
        (
            OnCall(Calls(3, 7), ("listTasks", "heartbeat")),
            "At each request from 3 to 7 of listTasks or heartbeat",
        ),
        (OnCall(Calls(1), ("sendLogs",)), "At every request of sendLogs"),
        (
            OnMatch(server="two", calls=Calls(2)),
            "At every matching request from 2 on: a request (server: two)",
        ),
        (
            OnAsked(("completion", "failure"), "late", Calls(2, 3), since="begun"),
            "At each task from 2 to 3: the worker reports its completion or reports its failure "
            "(group: late), counted since begun",
        ),
        (
            OnAsked(("heartbeat",), repeated="after-trouble"),
            "At request 1: the worker sends a heartbeat again after trouble",
        ),
        (
            OnAsked(("first-page", "requeue")),
            "At request or task 1: the worker reads the first page of the list or sets it back to pending",
        ),
        (OnChange("running", "queued"), "At matching change 1: a task becomes running (was: queued)"),
        (OnState(("completed", "failed"), 20), "As soon as 20 tasks are completed or failed"),
        (After(1.5), "1.5s after the previous happening"),
        (After(2.0, "begun"), "2s after begun"),
    ],
)
def test_a_sentence_says_when_a_happening_takes_place(trigger: Trigger, sentence: str) -> None:
    assert trigger_sentence(trigger, is_first=False) == sentence


def test_the_first_happening_waits_after_the_start() -> None:
    assert trigger_sentence(After(2.0), is_first=True) == "2s after the start"
    assert trigger_sentence(After(0.0), is_first=True) == "At once after the start"


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        (
            Until(quiet=0.0),
            "all tasks of the worker's server are completed, failed or canceled",
        ),
        (
            Until(calls=EnoughCalls(3)),
            "3 requests have arrived, "
            "and for 0.5s the worker has sent only heartbeats and requests for task lists",
        ),
        (Until(happening="gone", time=2.0), "gone has happened, and 2s have passed since then"),
        (
            Until(calls=EnoughCalls(3, ("listTasks",)), time=1.0),
            "3 requests of listTasks have arrived, and 1s have passed since the first request",
        ),
    ],
)
def test_a_sentence_says_when_a_scenario_ends(until: Until, sentence: str) -> None:
    assert end_sentence(until) == sentence
