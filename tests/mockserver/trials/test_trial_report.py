"""Reports of trials."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.markdown import markdown_report
from workerkit.mockserver.reports.report import CommandReport, Outcome
from workerkit.mockserver.reports.terminal import styled_tables
from workerkit.mockserver.reports.text import case_line, causes_text
from workerkit.mockserver.reports.timeline import Timeline
from workerkit.mockserver.trials.coverage_report import trial_coverage
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.trials.trial_report import as_json, case_of, report_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Expectation, Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan
from workerkit.scenarios.rules.judge import UnjudgedRule, Verdict, rules_of
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

MakeTrial = Callable[..., Trial]
EMPTY_TIMELINE = Timeline(0.0, (), (), 0, ())


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
    """Makes a trial with these violations and with exchanges of these numbers."""

    def make(
        *violations: Violation,
        numbers: range = range(1, 31),
        name: str = "day",
        same_request: bool = False,
        ended_by: Any = "exit",
        not_reached: tuple[str, ...] = (),
    ) -> Trial:
        scenario = Scenario(name, "A day", "Nothing happens.", WorldPlan((ServerPlan("server-01"),), ()))
        exchanges = tuple(map(exchange, numbers))
        run = Run(scenario, exchanges, (), (), 0, ended_by, "server-01", "server-01-key")
        lines = tuple("GET / -> 401" if same_request else f"GET /{number} -> 401" for number in numbers)
        count = numbers[-1] if numbers else 0
        return Trial(
            Verdict(name, not violations, violations),
            run,
            1.23456,
            count,
            not_reached,
            "",
            lines,
            EMPTY_TIMELINE,
            Mask((), salt=b""),
        )

    return make


def violation(*numbers: int) -> Violation:
    return Violation("pause-on-401", "It went on.", numbers)


def advised(*numbers: int) -> Violation:
    return Violation("pause-on-401", "It went on.", numbers, advice="Do not.")


def report(trials: Sequence[Trial]) -> CommandReport:
    return report_of(trials, began=1764583200.0, seconds=2.0)


def test_the_json_has_the_documented_form(trial: MakeTrial) -> None:
    value = as_json([trial(), trial(violation(2, 3), name="night")])
    expected: dict[str, Any] = {
        "verdict": "fail",
        "causes": [
            {
                "rule": "pause-on-401",
                "message": "It went on.",
                "exchanges": [2, 3],
                "scenario": "night",
                "scenarios": ["night"],
                "followers": [],
            }
        ],
        "scenarios": [
            {
                "name": "day",
                "verdict": "pass",
                "seconds": 1.235,
                "broken": [],
                "not_judged": [],
                "not_reached": [],
            },
            {
                "name": "night",
                "verdict": "fail",
                "seconds": 1.235,
                "broken": [{"rule": "pause-on-401", "message": "It went on.", "exchanges": [2, 3]}],
                "not_judged": [],
                "not_reached": [],
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
    (finding,) = case_of(trial(violation(2, 30))).findings
    assert finding.lines == ("#2 at 1.000 s: GET /2 -> 401", "#30 at 29.000 s: GET /30 -> 401")
    assert finding.more == 0


def test_a_finding_shows_the_body_of_an_answer_that_only_looks_accepted(trial: MakeTrial) -> None:
    proxied = trial(violation(1, 2, 3, 4), numbers=range(1, 5))
    page = "<h1>We will be back soon</h1>\n<p>server-01-key, and much more text that nobody needs to read</p>"
    answers = ((200, page.encode()), (200, b'{"data": []}'), (200, b""), (503, page.encode()))
    exchanges = tuple(
        replace(other, status=status, answer_body=body)
        for other, (status, body) in zip(proxied.run.exchanges, answers, strict=True)
    )
    mask = Mask((("key", "server-01-key"),), salt=b"")
    run = replace(proxied.run, exchanges=exchanges)
    (finding,) = case_of(replace(proxied, run=run, mask=mask)).findings
    first, *others = finding.lines
    assert first.startswith("#1 at 0.000 s: GET /1 -> 401, with the body <h1>We will be back soon</h1> <p>")
    assert first.endswith("...")
    assert "server-01-key" not in first
    assert not any("with the body" in line for line in others)


def test_equal_exchanges_that_follow_each_other_are_one_line(trial: MakeTrial) -> None:
    (finding,) = case_of(trial(violation(2, *range(4, 24)), same_request=True)).findings
    assert finding.lines == (
        "#2 at 1.000 s: GET / -> 401",
        "#4 to #23, 3.000 s to 22.000 s: 20 times GET / -> 401",
    )


def test_exchanges_have_their_own_numbers_when_older_exchanges_were_dropped(trial: MakeTrial) -> None:
    case = case_of(trial(violation(99, 101, 103), numbers=range(101, 106)))
    assert [line.split(" at ")[0] for line in case.findings[0].lines] == ["#101", "#103"]
    assert case.findings[0].more == 1
    assert case.notes == ("Only the last 5 of 105 exchanges were kept and judged.",)


def test_the_note_on_a_worker_without_requests_says_where_to_find_the_api(trial: MakeTrial) -> None:
    note, foreground = case_of(trial(violation(), numbers=range(0))).notes
    assert foreground.endswith("configure it to stay in the foreground.")
    assert case_of(trial(violation(), numbers=range(0), ended_by="until")).notes == (note,)
    for name in ("LIKEPION_BASE_URL", "LIKEPION_API_KEY", "LIKEPION_SERVER_NAME", "{base_url}", "{api_key}"):
        assert name in note


def test_a_trial_whose_time_was_up_says_so(trial: MakeTrial) -> None:
    (note,) = case_of(trial(ended_by="time-limit")).notes
    # The clock of this world stood still after the last request, so nobody knows how long the worker waited.
    assert note.startswith("The scenario was not over when the time limit was reached")
    assert "--time-limit" in note


def test_a_worker_that_fell_silent_is_not_told_to_take_more_time(trial: MakeTrial) -> None:
    silent = trial(ended_by="time-limit", numbers=range(1, 5))
    run = replace(silent.run, recorded_at=31.0)
    (note,) = case_of(replace(silent, run=run)).notes
    assert note == (
        "The worker sent nothing for 27.0 s after exchange 4 (GET listTasks at 3.000 s, answered 401)."
    )


def test_parts_that_were_not_reached_are_no_failure(trial: MakeTrial) -> None:
    case = case_of(trial(not_reached=("never happened: a", "never applied: b")))
    assert case.outcome is Outcome.PASS
    assert case.notes == ("Did not affect the worker (not a failure): never happened: a; never applied: b.",)
    value = as_json([trial(not_reached=("never happened: a",))])
    assert value["scenarios"][0]["not_reached"] == ["never happened: a"]


def test_the_summary_counts_and_names_what_failed(trial: MakeTrial) -> None:
    assert report([trial(), trial()]).summary == "worker verdict: pass (2 of 2 scenarios passed)"
    mixed = [trial(), trial(violation(), name="night"), trial(violation(), name="noon")]
    expected = "worker verdict: fail (1 of 3 scenarios passed; failed: night, noon)"
    assert report(mixed).summary == expected
    many = [trial(violation(), name=name) for name in "abcdefg"]
    expected = "worker verdict: fail (0 of 7 scenarios passed; failed: a, b, c, d, e, and 2 more)"
    assert report(many).summary == expected


def test_a_cause_is_explained_once_and_each_case_says_what_happened_there(trial: MakeTrial) -> None:
    trials = [trial(advised(2, 3), name="day"), trial(advised(2), name="night"), trial(name="noon")]
    command_report = report(trials)
    assert command_report.causes_heading == "Fix first: 1 cause in 2 scenarios."
    (cause,) = command_report.causes
    assert cause.finding.message == "It went on. Do not."
    assert (cause.extent, cause.cases, cause.shown_case) == ("in 2 scenarios", ("day", "night"), "night")
    assert cause.finding.lines == ("#2 at 1.000 s: GET /2 -> 401",)
    findings = [case.findings for case in command_report.cases]
    assert [finding.message for of_case in findings for finding in of_case] == ["It went on."] * 2
    assert [finding.cause for of_case in findings for finding in of_case] == [1, 1]


def test_a_rule_that_follows_from_another_is_folded_under_it(trial: MakeTrial) -> None:
    crash = Violation("process-not-crashed", "It crashed.", (30,))
    left = Violation("tasks-ended", "3 left.", follows_from=("process-not-crashed",))
    command_report = report([trial(left, crash), trial(left, crash, name="night"), trial(left, name="noon")])
    assert [(cause.name, cause.follows_text) for cause in command_report.causes] == [
        ("process-not-crashed (in 2 scenarios)", "From this follows: tasks-ended (in 2 scenarios)."),
        ("tasks-ended (in 1 scenario)", ""),
    ]
    assert command_report.causes_heading == (
        "Fix first: 2 causes in 3 scenarios. The cause that fails the most scenarios is the first."
    )
    (finding,) = command_report.cases[0].findings
    assert (finding.rule, finding.follower_texts) == (
        "process-not-crashed",
        ["From this follows tasks-ended: 3 left."],
    )


def test_the_output_is_shown_for_a_cause_about_the_end_of_the_worker(trial: MakeTrial) -> None:
    talking = replace(trial(), output="I give up")
    outputs = []
    for number in (2, 30):
        verdict = Verdict("day", passed=False, broken=(violation(number),))
        outputs.append(report([replace(talking, verdict=verdict)]).causes[0].output)
    assert outputs == [None, "I give up"]


# What was not judged


def without_occasion(trial: Trial, *rules: str, expect: tuple[str, ...] = ()) -> Trial:
    """The trial with rules that it had no occasion to break, and with rules that its scenario is about."""
    verdict = replace(trial.verdict, not_judged=tuple(UnjudgedRule(rule, "no reason") for rule in rules))
    scenario = replace(trial.run.scenario, expect=tuple(map(Expectation, expect)))
    return replace(trial, verdict=verdict, run=replace(trial.run, scenario=scenario))


def test_a_pass_says_which_rules_had_no_occasion(trial: MakeTrial) -> None:
    passed = without_occasion(trial(), "pause-on-401", "log-levels")
    assert case_of(passed).notes == (
        "Not judged, because there was no occasion: pause-on-401 (no reason); log-levels (no reason).",
    )
    assert as_json([passed])["scenarios"][0]["not_judged"] == [
        {"rule": "pause-on-401", "why": "no reason"},
        {"rule": "log-levels", "why": "no reason"},
    ]


@pytest.mark.parametrize(
    ("unjudged", "expect", "remark"),
    [
        (("pause-on-401",), ("pause-on-401", "tasks-ended"), "no occasion for pause-on-401"),
        (("pause-on-401",), ("pause-on-401", "log-levels"), ""),
        (("pause-on-401",), ("tasks-ended",), ""),
        ((), ("pause-on-401",), ""),
    ],
)
def test_a_pass_without_any_occasion_for_what_the_scenario_is_about_is_marked(
    trial: MakeTrial, unjudged: tuple[str, ...], expect: tuple[str, ...], remark: str
) -> None:
    assert case_of(without_occasion(trial(), *unjudged, expect=expect)).remark == remark


def test_the_report_names_the_rules_that_no_scenario_judged(trial: MakeTrial) -> None:
    everything = [rule.id for rule in rules_of(trial().run.scenario)]
    trials = [without_occasion(trial(), *everything), without_occasion(trial(), "log-levels", "pause-on-401")]
    (note,) = report(trials).folded_notes
    assert note.text.startswith("2 rules were not judged, because there was no occasion: ")
    assert sorted(note.lines) == ["log-levels: no reason", "pause-on-401: no reason"]
    assert report([trial()]).folded_notes == ()


# The report of a real trial

# This worker puts its key, a password and an address into everything that a report contains. Then it crashes.
LEAKING_WORKER = """
import json, os, urllib.error, urllib.parse, urllib.request
key = os.environ["LIKEPION_API_KEY"]
def send(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["LIKEPION_BASE_URL"] + path
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
task = send("/tasks")["data"][0]
secrets = [key, task["password"], task["email"]]
print(*secrets, json.dumps(secrets), urllib.parse.quote(repr(secrets), safe=""))
send("/logs", {"logs": [{"level": "INFO", "message": " ".join(secrets)}]})
send("/tasks?" + urllib.parse.urlencode({"status": " ".join(secrets)}))
send("/callback/link/update", {"link_id": task["id"], "status": key})
for secret in secrets:
    send("/" + urllib.parse.quote(secret, safe=""))
raise SystemExit(3)
"""


@pytest.fixture(scope="module")
def leaking_trial() -> Trial:
    source = """
title: A day with a leaking worker
about: Nothing happens.
world: {servers: [{name: server-01, key: canary-key-0123}], tasks: [{count: 1, server: server-01,
  email: canary.bird@mail.example, password: canary-password}]}
expect: [tasks-ended]
"""
    scenario = loader.parse(source.encode(), name="leaking.yaml")
    return try_worker(scenario, [sys.executable, "-c", LEAKING_WORKER], time_limit=240)


def test_no_report_contains_a_secret(leaking_trial: Trial) -> None:
    assert {broken.rule for broken in leaking_trial.verdict.broken} >= {
        "key-in-header-only",
        "process-not-crashed",
    }
    assert leaking_trial.output.count("<key ") >= 2
    coverage = trial_coverage([leaking_trial])
    command_report = report_of([leaking_trial], began=1764583200.0, seconds=2.0, coverage=coverage)
    contents = [
        *(tables.plain.encode() + b"process-not-crashed" for tables in styled_tables(command_report)),
        (case_line(command_report.cases[0]) + causes_text(command_report)).encode(),
        render(as_json([leaking_trial], coverage)),
        junit_report(command_report),
        html_report(command_report),
        markdown_report(command_report).encode(),
        repr(command_report).encode(),
    ]
    for content in contents:
        assert b"canary" not in content
        assert b"process-not-crashed" in content.replace(b"\\", b"")
    assert "canary" in repr(leaking_trial.run)


def test_the_timeline_of_a_trial_has_its_exchanges(leaking_trial: Trial) -> None:
    timeline = leaking_trial.timeline
    assert [row.answer for row in timeline.rows] == ["200", "200", "400", "400", "404", "404", "404"]
    assert timeline.rows[0].text == "GET /tasks"
    assert "process-not-crashed" in timeline.rows[-1].rules
    assert [lane.periods[0].status for lane in timeline.lanes] == ["pending"]
