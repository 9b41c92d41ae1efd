"""What people get of a finding: once for each cause, in every form, with no secret in any of them."""

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
from workerkit.contracts.gate.gate import Cause
from workerkit.contracts.generated.isolated_hypothesis import isolated_hypothesis
from workerkit.contracts.page.page import page
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.shared_form import as_cases
from workerkit.contracts.report.text import report_text
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.mockserver.atomic_file import CannotWriteError, made_folder
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.reports.html_page import as_page
from workerkit.mockserver.reports.junit import as_junit
from workerkit.mockserver.reports.markdown import as_markdown
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.loading.loader import parse

Watch = Callable[..., AbstractContextManager[Any]]
BRIEF = Plan(max_requests=170)
SANDBOX = Plan(writes=Writes.SANDBOX, sandbox_requests=("Campaign B",), max_requests=150)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    break_the_mock(monkeypatch)


def break_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets it lose updates and count wrongly."""
    listed = HANDLERS["listTasks"]
    monkeypatch.setitem(
        HANDLERS, "listTasks", lambda *call: {**(it := listed(*call)), "total": it["total"] + 1}
    )

    def lose(world: Any, server: Any, call: Any) -> dict[str, Any]:
        return {"success": True, "data": {"updated": True, "link_id": call.parameters["id"]}}

    monkeypatch.setitem(HANDLERS, "updateTask", lose)


def run(watched: Watch, plan: Plan = BRIEF) -> Report:
    with watched() as watch:
        return conform(watch.target, plan, with_capsules=True)


def every_form(report: Report) -> dict[str, str]:
    shared = as_cases(report)
    return {
        "text": report_text(report),
        "json": json.dumps(report.as_json(), ensure_ascii=False),
        "junit": as_junit(shared).decode(),
        "html": as_page(shared).decode(),
        "markdown": as_markdown(shared),
        "scenarios": "\n".join(each.scenario for each in report.saved),
        "capsules": "\n".join(each.capsule for each in report.saved),
    }


@pytest.mark.usefixtures("broken")
def test_a_cause_is_told_once_with_its_exchanges_in_order(watched: Watch) -> None:
    report = run(watched)
    for rule in report.of(RuleStatus.BROKEN):
        assert len({flaw.message for flaw in rule.flaws}) == len(rule.flaws)
        numbers = {each.number for each in rule.evidence}
        assert {number for flaw in rule.flaws for number in flaw.exchanges} == numbers
    update = next(each for each in report.rules if each.id == "update")
    assert [flaw.message.split()[-1] for flaw in update.flaws] == ["running"]
    assert update.more == 0
    assert [each.method for each in update.evidence] == ["PUT", "GET"]
    text = report_text(report)
    assert text.count(f"#{update.evidence[0].number}  $ curl") == 1


@pytest.mark.usefixtures("broken")
def test_each_finding_is_a_scenario_that_the_mock_plays(watched: Watch) -> None:
    report = run(watched)
    assert {"update", "list-total"} <= {each.name for each in report.saved}
    for each in report.saved:
        scenario = parse(each.scenario.encode(), name=f"{each.name}.yaml")
        assert scenario.world.dialect["list-order"] == "oldest-first"
        worlds = Worlds()
        worlds.add(DEFAULT, WorldBuilder(scenario))
        with MockServer(worlds):
            assert worlds.world(DEFAULT).servers
    saved = next(each for each in report.saved if each.name == "update")
    update = next(rule for rule in report.rules if rule.id == "update")
    (group,) = parse(saved.scenario.encode(), name="update.yaml").world.tasks
    assert group.fields["status"] == "queued"
    assert update.evidence[0].path.endswith(group.fields["id"])
    assert update.evidence[0].curl in saved.scenario


def test_each_finding_is_a_capsule_that_a_sound_mock_does_not_reproduce(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        break_the_mock(patched)
        report = run(watched)
    capsules = {each.name: parse_capsule(each.capsule, name=each.name) for each in report.saved}
    assert {"update", "list-total"} <= set(capsules)
    # In a world made from what was seen there is a task that was updated, though it is nobody's.
    assert capsules.pop("not-found").recorded
    for name, capsule in capsules.items():
        difference = replay(capsule, name=name).difference
        assert difference is not None
        assert difference.number == len(capsule.recorded) or difference.place == "answer/total"
        assert capsule.upstream == report.target
        assert name.startswith(capsule.notes[0].partition(":")[0])


@pytest.mark.usefixtures("broken")
def test_junit_and_the_page_have_each_rule_with_what_became_of_it(watched: Watch) -> None:
    report = run(watched)
    cases = {
        each.get("name"): each for each in ElementTree.fromstring(as_junit(as_cases(report))).iter("testcase")
    }
    assert list(cases) == [each.id for each in report.rules]
    for rule in report.rules:
        kinds = {each.tag for each in cases[rule.id]}
        assert kinds == {"kept": set(), "broken": {"failure"}, "untested": {"skipped"}}[rule.status]
    shown = as_page(as_cases(report)).decode()
    HTMLParser().feed(shown)
    assert "Cập nhật trạng thái và kết quả của một task." in shown
    assert "server verdict: fail" in shown
    assert "<script" not in shown
    for sentence in report.sentences:
        assert escape(sentence.sentence.text, quote=False) in shown


@pytest.mark.usefixtures("broken")
def test_every_sentence_of_the_page_is_in_the_json_with_what_became_of_it(watched: Watch) -> None:
    report = run(watched)
    rules = {rule.id: str(rule.status) for rule in report.rules}
    sentences = report.as_json()["sentences"]
    assert [each["text"] for each in sentences] == [each.text for one in page() for each in one.sentences]
    for sentence in sentences:
        found = {rules[rule] for rule in sentence["rules"]}
        assert (sentence["status"] == "broken") == ("broken" in found)
        assert (sentence["status"] == "kept") == ("kept" in found and "broken" not in found)
        assert {name: dict(report.silences)[name] for name in sentence["silences"]} == sentence["silences"]
    total = next(each for each in sentences if each["rules"] == ["list-total"])
    assert total["section"] == "2. GET /tasks — Lấy danh sách tasks"
    assert total["why"].startswith("list-total: ")
    counts = Counter(each["status"] for each in sentences)
    assert f"The page's sentences: {counts['kept']} kept, {counts['broken']} broken, " in report_text(report)


KEYS = ("canary-key-one", "canary-key-two", "canary-key-three")


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("writes", [Writes.ALL, Writes.SANDBOX])
def test_no_secret_is_in_any_form(watched: Watch, writes: Writes) -> None:
    with watched() as watch:
        for server, key in zip(watch.world.servers.values(), KEYS, strict=True):
            watch.world.set_keys(server, [key])
        for number, account in enumerate(watch.world.accounts.values()):
            account.password, account.email = f"canary {number} 'pass", f"canary-{number}@mail.example"
        for task in watch.world.tasks.values():
            task.link_profile = f"https://canary-key-one.example/?email={task.account.email}"
        target = Target(watch.base_url, *KEYS)
        said: list[str] = []
        plan = SANDBOX if writes is Writes.SANDBOX else BRIEF
        report = conform(target, plan, say=said.append, with_capsules=True)
    assert report.verdict == "fail"
    forms = every_form(report) | {"said": "".join(said)}
    assert [name for name, text in forms.items() if "canary" in text.lower()] == []
    assert "$LIKEPION_API_KEY" in forms["text"]
    assert "$LIKEPION_API_KEY" in forms["scenarios"]


def test_a_failure_of_the_kit_itself_puts_back_and_reports_what_there_is(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workerkit.contracts.conformance.look_closer", lambda *_: 1 // 0)
    with watched() as watch:
        before = watch.state()["tasks"]
        with pytest.raises(RunFailedError, match="a defect of its own: ZeroDivisionError") as caught:
            conform(watch.target, replace(SANDBOX, max_requests=None))
        after = watch.state()["tasks"]
    assert [each["status"] for each in after] == [each["status"] for each in before]
    report = caught.value.report
    assert (report.cause, exit_code(report, strict=False)) == (Cause.KIT, 3)
    assert report.receipt is not None
    assert report.receipt.changes


def test_what_is_withheld_is_said_to_be_the_kits_own_fault(
    watched: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(context: Any) -> None:
        context.client.send("POST", "/health", {})

    monkeypatch.setattr("workerkit.contracts.scripted.script._STEPS", {Writes.NONE: (forbidden,)})
    with watched() as watch:
        report = conform(watch.target, Plan(writes=Writes.NONE, max_requests=10))
        assert {each.method for each in watch.seen} == {"GET"}
    assert len(report.withheld) == 1
    assert "That is a defect of the kit, please report it" in report_text(report)
    assert report.as_json()["withheld"] == [
        "POST /health: a server may act on it, which writes=none does not allow"
    ]


def test_a_folder_that_cannot_be_written_to_is_said_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CannotWriteError, match="taken"):
        made_folder(str(tmp_path / "taken"))
    assert Path(made_folder(str(tmp_path / "a" / "b"))).is_dir()


def test_without_tasks_each_untested_rule_has_its_next_step() -> None:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, tasks=False))
    with MockServer(worlds) as mock:
        report = conform(Target(mock.base_url, "server-01-key"), Plan(max_requests=300))
    reasons = {each.why for each in report.of(RuleStatus.UNTESTED)}
    assert [reason for reason in reasons if not re.search("needs --|give it (more|some)", reason)] == []
    more = re.findall(r"  and (\d+) more (sentences?), which", report_text(report))
    assert [(count, word) for count, word in more if (count == "1") is not (word == "sentence")] == []


def test_without_a_folder_for_temporary_files_a_run_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(CannotWriteError, match="set TMPDIR"), isolated_hypothesis():
        pass
