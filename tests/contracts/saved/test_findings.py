"""The findings of a run in every kind of report and file: one for each cause, and without secrets."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from workerkit.contracts.conformance import RunFailedError, conform
from workerkit.contracts.gate.gate import EndCause
from workerkit.contracts.generated.isolated_hypothesis import isolated_hypothesis
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.command_report import command_report
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.text import report_text
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.mockserver.atomic_file import CannotWriteError, make_folder
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.markdown import markdown_report
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.page.page import page_sections
from workerkit.scenarios.loading.loader import parse

Watch = Callable[..., AbstractContextManager[Any]]
BRIEF = Plan(max_requests=170)
SANDBOX = Plan(writes=Writes.SANDBOX, sandbox_requests=("Campaign B",), max_requests=150)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    break_the_mock(monkeypatch)


def break_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    """After this, the mock does not store updates, and its lists have a wrong total."""
    list_tasks = HANDLERS["listTasks"]
    monkeypatch.setitem(
        HANDLERS, "listTasks", lambda *call: {**(page := list_tasks(*call)), "total": page["total"] + 1}
    )

    def ignore_update(world: Any, server: Any, call: Any) -> dict[str, Any]:
        return {"success": True, "data": {"updated": True, "link_id": call.parameters["id"]}}

    monkeypatch.setitem(HANDLERS, "updateTask", ignore_update)


def run(watched: Watch, plan: Plan = BRIEF) -> Report:
    with watched() as watch:
        return conform(watch.target, plan, with_capsules=True)


def all_texts(report: Report) -> dict[str, str]:
    converted = command_report(report)
    return {
        "text": report_text(report),
        "json": json.dumps(report.as_json(), ensure_ascii=False),
        "junit": junit_report(converted).decode(),
        "html": html_report(converted).decode(),
        "markdown": markdown_report(converted),
        "scenarios": "\n".join(finding.scenario for finding in report.saved_findings),
        "capsules": "\n".join(finding.capsule for finding in report.saved_findings),
    }


@pytest.mark.usefixtures("broken")
def test_a_cause_is_reported_once_with_its_exchanges_in_order(watched: Watch) -> None:
    report = run(watched)
    for rule in report.with_status(RuleStatus.BROKEN):
        assert len({flaw.message for flaw in rule.flaws}) == len(rule.flaws)
        numbers = {evidence.number for evidence in rule.evidence}
        assert {number for flaw in rule.flaws for number in flaw.exchanges} == numbers
    update = next(rule for rule in report.rules if rule.id == "update")
    assert [flaw.message.split()[-1] for flaw in update.flaws] == ["running"]
    assert update.more == 0
    assert [evidence.method for evidence in update.evidence] == ["PUT", "GET"]
    text = report_text(report)
    assert text.count(f"#{update.evidence[0].number}  $ curl") == 1


@pytest.mark.usefixtures("broken")
def test_the_mock_runs_the_scenario_of_each_finding(watched: Watch) -> None:
    report = run(watched)
    assert {"update", "list-total"} <= {finding.name for finding in report.saved_findings}
    for finding in report.saved_findings:
        scenario = parse(finding.scenario.encode(), name=f"{finding.name}.yaml")
        assert scenario.world.dialect["list-order"] == "oldest-first"
        worlds = Worlds()
        worlds.add(DEFAULT, WorldBuilder(scenario))
        with WorldServer(worlds):
            assert worlds.world(DEFAULT).servers
    saved = next(finding for finding in report.saved_findings if finding.name == "update")
    update = next(rule for rule in report.rules if rule.id == "update")
    (group,) = parse(saved.scenario.encode(), name="update.yaml").world.tasks
    assert group.fields["status"] == "queued"
    assert update.evidence[0].path.endswith(group.fields["id"])
    assert update.evidence[0].curl in saved.scenario


@pytest.mark.long
def test_a_correct_mock_does_not_reproduce_the_capsule_of_a_finding(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        break_the_mock(patched)
        report = run(watched)
    capsules = {
        finding.name: parse_capsule(finding.capsule, name=finding.name) for finding in report.saved_findings
    }
    assert {"update", "list-total"} <= set(capsules)
    # In this capsule, an update of an unknown id was accepted. So the world of the replay has this task.
    assert capsules.pop("not-found").recorded
    for name, capsule in capsules.items():
        difference = replay(capsule, name=name).difference
        assert difference is not None
        assert difference.number == len(capsule.recorded) or difference.place == "answer/total"
        assert capsule.upstream == report.target
        assert name.startswith(capsule.notes[0].partition(":")[0])


@pytest.mark.usefixtures("broken")
def test_the_junit_and_html_reports_have_each_rule_with_its_status(watched: Watch) -> None:
    report = run(watched)
    cases = {
        case.get("name"): case
        for case in ElementTree.fromstring(junit_report(command_report(report))).iter("testcase")
    }
    assert list(cases) == [rule.id for rule in report.rules]
    for rule in report.rules:
        tags = {element.tag for element in cases[rule.id]}
        assert tags == {"kept": set(), "broken": {"failure"}, "untested": {"skipped"}}[rule.status]
    html = html_report(command_report(report)).decode()
    HTMLParser().feed(html)
    assert "Cập nhật trạng thái và kết quả của một task." in html
    assert "server verdict: fail" in html
    assert html.count("<script") == 2  # the data, and the code
    for sentence in report.sentences:
        assert escape(sentence.sentence.text, quote=False) in html


@pytest.mark.usefixtures("broken")
def test_the_json_report_has_every_sentence_with_its_status(watched: Watch) -> None:
    report = run(watched)
    rules = {rule.id: str(rule.status) for rule in report.rules}
    sentences = report.as_json()["sentences"]
    assert [sentence["text"] for sentence in sentences] == [
        sentence.text for section in page_sections() for sentence in section.sentences
    ]
    for sentence in sentences:
        statuses = {rules[rule] for rule in sentence["rules"]}
        assert (sentence["status"] == "broken") == ("broken" in statuses)
        assert (sentence["status"] == "kept") == ("kept" in statuses and "broken" not in statuses)
        values = dict(report.observed_values)
        assert {silence: values[silence] for silence in sentence["silences"]} == sentence["silences"]
    total = next(sentence for sentence in sentences if sentence["rules"] == ["list-total"])
    assert total["section"] == "2. GET /tasks — Lấy danh sách tasks"
    assert total["why"].startswith("list-total: ")
    counts = Counter(sentence["status"] for sentence in sentences)
    assert f"Sentences of the API page: {counts['kept']} kept, {counts['broken']} broken, " in report_text(
        report
    )


KEYS = ("canary-key-one", "canary-key-two", "canary-key-three")


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("writes", [Writes.ALL, Writes.SANDBOX])
def test_no_text_has_a_secret(watched: Watch, writes: Writes) -> None:
    with watched() as watch:
        for server, key in zip(watch.world.servers.values(), KEYS, strict=True):
            watch.world.key_ring.set_keys(server, [key])
        for number, account in enumerate(watch.world.accounts.values()):
            account.password, account.email = f"canary {number} 'pass", f"canary-{number}@mail.example"
        for task in watch.world.tasks.values():
            task.link_profile = f"https://canary-key-one.example/?email={task.account.email}"
        target = Target(watch.base_url, *KEYS)
        messages: list[str] = []
        plan = SANDBOX if writes is Writes.SANDBOX else BRIEF
        report = conform(target, plan, say=messages.append, with_capsules=True)
    assert report.verdict == "fail"
    texts = all_texts(report) | {"messages": "".join(messages)}
    assert [name for name, text in texts.items() if "canary" in text.lower()] == []
    assert "$LIKEPION_API_KEY" in texts["text"]
    assert "$LIKEPION_API_KEY" in texts["scenarios"]


def test_after_a_failure_of_workerkit_the_sandbox_is_restored_and_there_is_a_report(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workerkit.contracts.conformance.run_probes", lambda *_: 1 // 0)
    with watched() as watch:
        before = watch.state()["tasks"]
        with pytest.raises(RunFailedError, match="please report this defect: ZeroDivisionError") as error:
            conform(watch.target, replace(SANDBOX, max_requests=None))
        after = watch.state()["tasks"]
    assert [task["status"] for task in after] == [task["status"] for task in before]
    report = error.value.report
    assert (report.end_cause, exit_code(report, strict=False)) == (EndCause.KIT, 3)
    assert report.receipt is not None
    assert report.receipt.changes


def test_the_report_calls_a_request_that_was_not_sent_a_defect_of_workerkit(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send_heartbeat(context: Any) -> None:
        context.client.send("POST", "/health", {})

    monkeypatch.setattr("workerkit.contracts.scripted.script._STEPS", {Writes.NONE: (send_heartbeat,)})
    with watched() as watch:
        report = conform(watch.target, Plan(writes=Writes.NONE, max_requests=10))
        assert {request.method for request in watch.received} == {"GET"}
    assert len(report.withheld) == 1
    text = "1 request not sent, because --writes does not allow this. This is a defect of workerkit"
    assert text in report_text(report)
    assert report.as_json()["withheld"] == [
        "POST /health: a server could make a change, which --writes none does not allow"
    ]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CannotWriteError, match="taken"):
        make_folder(str(tmp_path / "taken"))
    assert Path(make_folder(str(tmp_path / "a" / "b"))).is_dir()


def test_without_tasks_each_untested_rule_says_what_it_needs() -> None:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, with_tasks=False))
    with WorldServer(worlds) as mock:
        report = conform(Target(mock.base_url, "server-01-key"), Plan(max_requests=300))
    reasons = {rule.why for rule in report.with_status(RuleStatus.UNTESTED)}
    assert [reason for reason in reasons if not re.search("needs --|give it (more|some)", reason)] == []
    more = re.findall(r"  and (\d+) more (sentences?): see", report_text(report))
    assert [(count, word) for count, word in more if (count == "1") is not (word == "sentence")] == []


def test_without_a_folder_for_temporary_files_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(CannotWriteError, match="set TMPDIR"), isolated_hypothesis():
        pass
