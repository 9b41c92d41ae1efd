"""What is said of trials."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from workerkit.mockserver.reports.html_page import as_page
from workerkit.mockserver.reports.junit import as_junit
from workerkit.mockserver.reports.markdown import as_markdown
from workerkit.mockserver.reports.report import CommandReport, Outcome
from workerkit.mockserver.reports.text import in_words
from workerkit.mockserver.reports.timeline import Timeline
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.trials.trial_report import as_json, case_of, report_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan
from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

MakeTrial = Callable[..., Trial]
STILL = Timeline(0.0, (), (), 0, ())


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
    """A trial with these findings, exchanges of these numbers that ask for different things, and so on."""

    def make(
        *broken: Violation,
        numbers: range = range(1, 31),
        name: str = "day",
        alike: bool = False,
        ended_by: Any = "exit",
        unfelt: tuple[str, ...] = (),
    ) -> Trial:
        scenario = Scenario(name, "A day", "Nothing happens.", WorldPlan((ServerPlan("server-01"),), ()))
        exchanges = tuple(map(exchange, numbers))
        run = Run(scenario, exchanges, (), (), 0, ended_by, "server-01", "server-01-key")
        lines = tuple("GET / -> 401" if alike else f"GET /{number} -> 401" for number in numbers)
        count = numbers[-1] if numbers else 0
        return Trial(Verdict(name, not broken, broken), run, 1.23456, count, unfelt, "", lines, STILL)

    return make


def finding(*numbers: int) -> Violation:
    return Violation("pause-on-401", "It went on.", numbers)


def report(trials: Sequence[Trial]) -> CommandReport:
    return report_of(trials, began=1764583200.0, seconds=2.0)


def test_the_json_has_the_documented_form(trial: MakeTrial) -> None:
    value = as_json([trial(), trial(finding(2, 3), name="night")])
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
    assert value == expected
    assert render(value)


def test_all_passed_is_a_pass(trial: MakeTrial) -> None:
    assert as_json([trial(), trial()])["verdict"] == "pass"
    assert report([trial(), trial()]).outcome is Outcome.PASS


def test_the_report_says_when_it_was_made_and_by_what(trial: MakeTrial) -> None:
    (note,) = report([trial()]).notes
    assert note.startswith("2025-12-01T10:00:00Z, workerkit ")


def test_a_finding_shows_its_exchanges_by_number_and_time(trial: MakeTrial) -> None:
    (shown,) = case_of(trial(finding(2, 30))).findings
    assert shown.lines == ("#2 at 1.000 s: GET /2 -> 401", "#30 at 29.000 s: GET /30 -> 401")
    assert shown.more == 0


def test_exchanges_alike_that_follow_each_other_are_shown_together(trial: MakeTrial) -> None:
    (shown,) = case_of(trial(finding(2, *range(4, 24)), alike=True)).findings
    assert shown.lines == (
        "#2 at 1.000 s: GET / -> 401",
        "#4 to #23, 3.000 s to 22.000 s: 20 times GET / -> 401",
    )


def test_exchanges_are_shown_by_their_number_when_older_ones_were_dropped(trial: MakeTrial) -> None:
    case = case_of(trial(finding(99, 101, 103), numbers=range(101, 106)))
    assert [line.split(" at ")[0] for line in case.findings[0].lines] == ["#101", "#103"]
    assert case.findings[0].more == 1
    assert case.notes == ("Of 105 exchanges the last 5 were kept and judged.",)


def test_a_worker_that_sent_nothing_is_told_where_to_find_the_api(trial: MakeTrial) -> None:
    note, foreground = case_of(trial(finding(), numbers=range(0))).notes
    assert foreground.endswith("has to be told to stay in the foreground.")
    assert case_of(trial(finding(), numbers=range(0), ended_by="until")).notes == (note,)
    for name in ("LIKEPION_BASE_URL", "LIKEPION_API_KEY", "LIKEPION_SERVER_NAME", "{base_url}", "{api_key}"):
        assert name in note


def test_a_trial_whose_time_was_up_says_so(trial: MakeTrial) -> None:
    (note,) = case_of(trial(ended_by="time-limit")).notes
    assert note.startswith("The scenario was not over when the time limit was reached")
    assert "--time-limit" in note


def test_what_the_worker_never_felt_is_told_without_blame(trial: MakeTrial) -> None:
    case = case_of(trial(unfelt=("never happened: a", "struck nothing: b")))
    assert case.outcome is Outcome.PASS
    assert case.notes == (
        "The worker gave no occasion for all of the scenario, which does not count against it: "
        "never happened: a; struck nothing: b.",
    )


def test_the_summary_counts_and_names_what_failed(trial: MakeTrial) -> None:
    assert report([trial(), trial()]).summary == "worker verdict: pass (2 of 2 scenarios passed)"
    mixed = [trial(), trial(finding(), name="night"), trial(finding(), name="noon")]
    expected = "worker verdict: fail (1 of 3 scenarios passed; failed: night, noon)"
    assert report(mixed).summary == expected


# Of a real trial

# Puts its key, a password and an address into everything that reports tell of, and crashes.
TELLTALE = """
import json, os, urllib.error, urllib.parse, urllib.request
key = os.environ["LIKEPION_API_KEY"]
def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["LIKEPION_BASE_URL"] + path
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, {"X-API-Key": key})) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
task = ask("/tasks")["data"][0]
secrets = [key, task["password"], task["email"]]
print(*secrets, json.dumps(secrets), urllib.parse.quote(repr(secrets), safe=""))
ask("/logs", {"logs": [{"level": "INFO", "message": " ".join(secrets)}]})
ask("/tasks?" + urllib.parse.urlencode({"status": " ".join(secrets)}))
for secret in secrets:
    ask("/" + urllib.parse.quote(secret, safe=""))
raise SystemExit(3)
"""


@pytest.fixture(scope="module")
def telltale() -> Trial:
    source = """
title: A day with a telltale
about: Nothing happens.
world: {servers: [{name: server-01, key: canary-key-0123}], tasks: [{count: 1, server: server-01,
  email: canary.bird@mail.example, password: canary-password}]}
expect: [tasks-ended]
"""
    scenario = loader.parse(source.encode(), name="telltale.yaml")
    return try_worker(scenario, [sys.executable, "-c", TELLTALE], time_limit=240)


def test_no_report_tells_a_secret(telltale: Trial) -> None:
    assert {each.rule for each in telltale.verdict.broken} >= {"key-in-header-only", "process-not-crashed"}
    assert telltale.output.count("<key ") >= 2
    made = report([telltale])
    words = in_words(made.cases[0]).encode()
    written = [render(as_json([telltale])), as_junit(made), as_page(made), as_markdown(made).encode()]
    for each in (words, *written, repr(made).encode()):
        assert b"canary" not in each
        assert b"process-not-crashed" in each.replace(b"\\", b"")
    assert "canary" in repr(telltale.run)


def test_the_timeline_of_a_trial_has_its_exchanges(telltale: Trial) -> None:
    timeline = telltale.timeline
    assert [moment.answer for moment in timeline.moments] == ["200", "200", "400", "404", "404", "404"]
    assert timeline.moments[0].text == "GET /tasks"
    assert "process-not-crashed" in timeline.moments[-1].rules
    assert [lane.spells[0].status for lane in timeline.lanes] == ["pending"]
