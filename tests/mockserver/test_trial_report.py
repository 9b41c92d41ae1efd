"""What is said of trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.mockserver.trial import Trial
from workerkit.mockserver.trial_report import as_json, as_text, summary
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.broken import Broken
from workerkit.scenarios.judge import Verdict
from workerkit.scenarios.run import Run
from workerkit.scenarios.scenario import Scenario, ServerPlan, WorldPlan

MakeTrial = Callable[..., Trial]


def exchange(number: int) -> Exchange:
    return Exchange(
        number=number,
        operation="listTasks",
        server="server-01",
        method="GET",
        path="/api/v1/worker/tasks",
        query="",
        request_headers=(),
        request_body=b"",
        status=401,
        answer_headers=(),
        answer_body=b"",
        began=float(number),
        ended=float(number),
    )


@pytest.fixture
def trial() -> MakeTrial:
    """A trial with these findings, exchanges of these numbers, and this output."""

    def make(*broken: Broken, numbers: range = range(1, 31), output: str = "", name: str = "day") -> Trial:
        scenario = Scenario(name, "A day", "Nothing happens.", WorldPlan((ServerPlan("server-01"),), ()))
        exchanges = tuple(map(exchange, numbers))
        run = Run(scenario, exchanges, (), (), 0, "exit", "server-01", "server-01-key")
        lines = tuple(f"#{number} line" for number in numbers)
        return Trial(Verdict(name, not broken, broken), run, 1.23456, output, lines)

    return make


def finding(*numbers: int) -> Broken:
    return Broken("pause-on-401", "It went on.", numbers)


def test_the_json_has_the_documented_form(trial: MakeTrial) -> None:
    report = as_json([trial(), trial(finding(2, 3), name="night")])
    expected: dict[str, Any] = {
        "verdict": "fail",
        "scenarios": [
            {"name": "day", "verdict": "pass", "seconds": 1.235, "broken": []},
            {
                "name": "night",
                "verdict": "fail",
                "seconds": 1.235,
                "broken": [{"rule": "pause-on-401", "message": "It went on.", "exchanges": [2, 3]}],
            },
        ],
    }
    assert report == expected


def test_all_passed_is_a_pass(trial: MakeTrial) -> None:
    assert as_json([trial(), trial()])["verdict"] == "pass"


def test_a_passed_trial_is_one_line(trial: MakeTrial) -> None:
    assert as_text(trial(output="much\nto\nread")) == "PASS  day  (1.2 s, 30 requests)"


def test_a_failed_trial_shows_rule_message_and_the_exchanges_of_the_finding(trial: MakeTrial) -> None:
    text = as_text(trial(finding(2, 30)))
    assert text.splitlines()[:4] == [
        "FAIL  day  (1.2 s, 30 requests)",
        "  pause-on-401: It went on.",
        "      #2 line",
        "      #30 line",
    ]


def test_many_exchanges_are_cut_and_counted(trial: MakeTrial) -> None:
    lines = as_text(trial(finding(*range(1, 21)))).splitlines()
    assert [line for line in lines if "line" in line] == [f"      #{number} line" for number in range(1, 13)]
    assert "      and 8 more" in lines


def test_exchanges_are_shown_by_their_number_when_older_ones_were_dropped(trial: MakeTrial) -> None:
    text = as_text(trial(finding(99, 101, 103), numbers=range(101, 106)))
    assert "#101 line\n      #103 line\n      and 1 more" in text


def test_the_end_of_what_the_worker_printed_is_shown(trial: MakeTrial) -> None:
    output = "\n".join(f"printed {number}" for number in range(1, 51))
    shown = [line for line in as_text(trial(finding(), output=output)).splitlines() if " printed " in line]
    assert shown[1:] == [f"      printed {number}" for number in range(31, 51)]


def test_a_silent_worker_is_said_to_be_silent(trial: MakeTrial) -> None:
    assert as_text(trial(finding())).endswith("The worker printed nothing.")


def test_the_summary_counts_and_names_what_failed(trial: MakeTrial) -> None:
    assert summary([trial(), trial()]) == "worker verdict: pass (2 of 2 scenarios passed)"
    mixed = [trial(), trial(finding(), name="night"), trial(finding(), name="noon")]
    assert summary(mixed) == "worker verdict: fail (1 of 3 scenarios passed; failed: night, noon)"
