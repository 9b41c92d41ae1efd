"""The option `--lang`: reports for people in Vietnamese, reports for programs in English."""

from __future__ import annotations

import itertools
import json
import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from tests.broken.serving import serving
from tests.cli.conftest import Run
from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.mutants.mutant import EVERY_OPERATION
from workerkit.mockserver.mutation.mutation_report import mutation_report
from workerkit.mockserver.mutation.mutation_result import MutantResult, MutationResult
from workerkit.mockserver.mutation.run_outcome import RunOutcome
from workerkit.mockserver.mutation.sign import Sign, SignKind
from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.reports.table_text import table_text
from workerkit.mockserver.reports.terminal import styled_summary
from workerkit.openapi.languages.phrase import joined, text_in
from workerkit.openapi.languages.report_language import reports_in
from workerkit.scenarios.explain.sentences import end_sentence, trigger_sentence
from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import LONG_TROUBLES, OTHER_FORMS, RESTARTS, TROUBLES_TO_TRY
from workerkit.scenarios.hunt.slot import SLOT_KINDS, Slot
from workerkit.scenarios.library import library

# A worker that makes many mistakes, in a few requests.
WORKER = """
import json, os, sys, urllib.error, urllib.request

def call(method, path, body=None):
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"], "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError:
        return {}

for task in call("GET", "/tasks?limit=3&statuz=x").get("data", []):
    call("POST", "/logs", {"logs": [{"level": "TRACE", "message": json.dumps(task)}]})
    call("PUT", "/tasks/" + task["id"], {"status": "completed"})
    call("PUT", "/tasks/" + task["id"], {"status": "failed"})
for page in range(20):
    call("GET", "/tasks")
sys.exit(3)
"""
# Words of English sentences that are no words of Vietnamese, and no names of fields or statuses.
ENGLISH = {
    *("the", "was", "were", "are", "is", "of", "and", "with", "has", "have", "but", "from", "that", "which"),
    *("answered", "worker's", "reported", "does", "not", "when", "because", "by", "noticed"),
    *("breaks", "every", "another", "times", "slow", "goes", "what", "needs", "saved"),
}
# Requests, answers, and texts in quotes come from elsewhere.
QUOTED = re.compile(
    r'"[^"]*"|\{.*\}|`[^`]*`|\$ curl.*|<script.*?</script>|<style.*?</style>|<[^>]*>', re.DOTALL
)


def english_words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-z][A-Za-z_'-]*", QUOTED.sub(" ", text))} & ENGLISH


def english_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if english_words(line)]


SCENARIO = """
title: Nothing goes wrong
about: A few tasks, and a key that is refused for a while.
world:
  servers: [{name: server-01}]
  tasks: [{count: 3, server: server-01}]
when:
  - call: 12
    do:
      - revoke-key: server-01
until: {tasks: ended, quiet: 10ms}
"""


def test_a_report_for_people_is_in_vietnamese_and_reports_for_programs_are_in_english(
    run: Run, project: Path
) -> None:
    (project / "worker.py").write_text(WORKER, "utf-8")
    (project / "small.yaml").write_text(SCENARIO, "utf-8")
    files = ("--json", "report.json", "--junit", "report.xml", "--html", "report.html")
    words = ("--scenario", "small.yaml", "--coverage", "--time-limit", "20s", "--lang", "vi", *files)
    capsules = ("--save-capsules", "capsules")
    code, output, _ = run("exec", *words, *capsules, "--", sys.executable, "worker.py")
    assert code == 1
    assert "Sửa trước" in output
    assert english_lines(output) == []
    page = Path("report.html").read_text("utf-8")
    assert '<html lang="vi">' in page
    assert english_words(page) == set()
    assert "trang đầu" in page
    assert "first page" not in page
    assert "Tasks over time" in page  # the script has its English text, and beside it the translation
    assert "Task theo thời gian" in page
    report = json.loads(Path("report.json").read_text("utf-8"))
    assert all("A careful worker" in cause["message"] for cause in report["causes"])
    junit = Path("report.xml").read_text("utf-8")
    assert "Fix first" in junit
    assert "nguyên nhân" not in junit + json.dumps(report, ensure_ascii=False)
    # The capsule is in English. What it says about the run is in Vietnamese when it is replayed.
    capsule = Path("capsules/small.yaml").read_text("utf-8")
    assert "broken: log-levels: In exchange 2" in capsule
    code, output, _ = run("replay", "capsules/small.yaml", "--lang", "vi")
    assert code == 0
    assert "vi phạm: log-levels: Trong exchange 2" in output
    assert "scenario small: Không có sự cố nào" in output
    assert english_lines(output) == []


def test_a_hunt_has_no_english_sentence(run: Run, project: Path, good_worker: list[str]) -> None:
    # A saved scenario is tried first, and is not made smaller.
    (project / "hunts").mkdir()
    (project / "hunts/small.yaml").write_text(SCENARIO.replace("call: 12", "call: 2"), "utf-8")
    words = ("--out", "hunts", "--trials", "1", "--confirm", "1/1", "--lang", "vi")
    files = ("--html", "report.html", "--json", "report.json")
    code, output, _ = run("hunt", *words, *files, "--", *good_worker)
    assert code == 1
    assert "Phát hiện ở trial 1: worker vi phạm process-not-crashed" in output
    assert english_lines(output) == []
    assert english_words(Path("report.html").read_text("utf-8")) == set()
    report = json.loads(Path("report.json").read_text("utf-8"))
    assert report["finding"]["what_happens"] == ["Nothing goes wrong."]


def test_the_story_of_each_trouble_at_each_request_is_in_vietnamese() -> None:
    slots = list(itertools.starmap(Slot, itertools.product(SLOT_KINDS, (1, 4), (None, "first"))))
    troubles = (*TROUBLES_TO_TRY, *OTHER_FORMS, *LONG_TROUBLES, *RESTARTS)
    attempts = [Attempt((HuntStep(*step),)) for step in itertools.product(slots, troubles)]
    texts = [joined(" ", (*attempt.story, attempt.scenario.title)) for attempt in (Attempt(), *attempts)]
    assert [text for text in texts if english_words(text_in(text, "vi"))] == []


def test_a_report_of_server_faults_has_no_english_sentence() -> None:
    signs = [Sign(kind, "3") for kind in get_args(SignKind)]
    noticed_by = ["", *(sign.text for sign in signs)]
    outcome = RunOutcome("", 1, frozenset(EVERY_OPERATION), tuple(signs), "", 0.1)
    pairs = zip(MUTANTS.values(), itertools.cycle(noticed_by), strict=False)
    results = (
        MutantResult(mutant, sign, outcome if number % 9 else None)
        for number, (mutant, sign) in enumerate(pairs)
    )
    report = mutation_report(MutationResult(frozenset(EVERY_OPERATION), tuple(results), 1.0))
    with reports_in("vi"):
        texts = [str(styled_summary(report)), *map(table_text, report.tables)]
        page = html_report(report).decode()
    assert [english_lines(text) for text in texts] == [[]] * len(texts)
    assert english_words(page) == set()
    assert "total của danh sách task thừa một." in page


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("rule", "list"), "Rule dành cho server:"),
        (("rule", "show", "pause-on-401"), "Scenario nào cũng kiểm tra rule này."),
        (("rule", "show", "list-limit"), "Nguyên nhân thường gặp: "),
        (("scenario", "list"), "Không có task nào đang chờ"),
        (("scenario", "show", "two-at-once"), "Hai process có cùng key"),
        (("silences", "below-minimum"), "API trả về gì khi `limit` hoặc `page` nhỏ hơn 1?"),
    ],
)
def test_an_explanation_has_no_english_sentence(run: Run, words: tuple[str, ...], text: str) -> None:
    code, output, _ = run(*words, "--lang", "vi")
    assert code == 0
    assert text in output
    # Lines of code and of scenario files begin with spaces.
    assert english_lines(re.sub(r"^ {4}.*", "", output, flags=re.M)) == []


def test_the_triggers_and_the_end_of_each_scenario_are_in_vietnamese() -> None:
    scenarios = [library.find(name) for name in library.names()]
    triggers = {
        trigger_sentence(happening.trigger, is_first=False)
        for scenario in scenarios
        for happening in scenario.when
    }
    sentences = triggers | {end_sentence(scenario.until) for scenario in scenarios}
    assert [text for text in sentences if english_words(text_in(text, "vi"))] == []


@pytest.mark.long  # sends many requests
def test_a_report_of_a_server_has_no_english_sentence(run: Run) -> None:
    with serving("bulk-loses-the-links") as target:
        code, output, _ = run(
            *("conform", target.base_url, "--api-key", target.api_key, "--lang", "vi"),
            *("--max-requests", "150", "--html", "report.html", "--save-scenarios", "found"),
        )
    assert code == 1
    assert "VI PHẠM" in output
    assert english_lines(output) == []
    assert english_words(Path("report.html").read_text("utf-8")) == set()


def test_an_unknown_language_is_an_error_that_names_the_known_ones(run: Run) -> None:
    code, _, errors = run("exec", "--lang", "fr", "--", "true")
    assert code == 2
    assert "'en', 'vi'" in errors


@pytest.mark.parametrize(
    ("name", "value", "word"), [("WORKERKIT_LANG", "vi", "kết quả"), ("LC_ALL", "vi_VN.UTF-8", "verdict")]
)
def test_only_the_variable_of_workerkit_chooses_the_language(
    run: Run, monkeypatch: pytest.MonkeyPatch, quiet_day: str, name: str, value: str, word: str
) -> None:
    monkeypatch.setenv(name, value)
    _, output, _ = run("exec", "--scenario", quiet_day, "--time-limit", "2s", "--", sys.executable, "-c", "")
    assert word in output
