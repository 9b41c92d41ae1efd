"""The option `--lang`: reports for people in Vietnamese, reports for programs in English."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.broken.serving import serving
from tests.cli.conftest import Run

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

for page in range(12):
    for task in call("GET", "/tasks?limit=3&statuz=x").get("data", []):
        call("POST", "/logs", {"logs": [{"level": "TRACE", "message": json.dumps(task)}]})
        call("PUT", "/tasks/" + task["id"], {"status": "completed"})
        call("PUT", "/tasks/" + task["id"], {"status": "failed"})
sys.exit(3)
"""
# Words of English sentences that are no words of Vietnamese, and no names of fields or statuses.
ENGLISH = {
    *("the", "was", "were", "are", "is", "of", "and", "with", "has", "have", "but", "from", "that", "which"),
    *("answered", "worker's", "reported", "does"),
}
# Requests, answers, and texts in quotes come from elsewhere.
QUOTED = re.compile(
    r'"[^"]*"|\{.*\}|`[^`]*`|\$ curl.*|<script.*?</script>|<style.*?</style>|<[^>]*>', re.DOTALL
)


def english_words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-z][A-Za-z_'-]*", QUOTED.sub(" ", text))} & ENGLISH


def english_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if english_words(line)]


@pytest.fixture
def failing(project: Path) -> tuple[str, ...]:
    """The words of a run of a worker that breaks many rules."""
    (project / "worker.py").write_text(WORKER, "utf-8")
    scenarios = ("--scenario", "key-revoked", "--scenario", "canceled-while-running")
    return ("exec", *scenarios, "--coverage", "--jobs", "2", "--time-limit", "20s")


def test_a_report_of_a_worker_has_no_english_sentence(run: Run, failing: tuple[str, ...]) -> None:
    files = ("--json", "report.json", "--junit", "report.xml", "--html", "report.html")
    code, output, _ = run(*failing, "--lang", "vi", *files, "--", sys.executable, "worker.py")
    assert code == 1
    assert "Sửa trước" in output
    assert english_lines(output) == []
    page = Path("report.html").read_text("utf-8")
    assert '<html lang="vi">' in page
    assert english_words(page) == set()
    assert "Tasks over time" in page  # the script has its English text, and beside it the translation
    assert "Task theo thời gian" in page


def test_reports_for_programs_are_in_english(run: Run, failing: tuple[str, ...]) -> None:
    run(
        *failing,
        "--lang",
        "vi",
        "--junit",
        "report.xml",
        "--json",
        "report.json",
        "--",
        sys.executable,
        "worker.py",
    )
    report = json.loads(Path("report.json").read_text("utf-8"))
    assert all("A careful worker" in cause["message"] for cause in report["causes"])
    junit = Path("report.xml").read_text("utf-8")
    assert "Fix first" in junit
    assert "nguyên nhân" not in junit + json.dumps(report, ensure_ascii=False)


def test_a_report_of_a_server_has_no_english_sentence(run: Run) -> None:
    with serving("bulk-loses-the-links") as target:
        code, output, _ = run(
            *("conform", target.base_url, "--api-key", target.api_key, "--lang", "vi"),
            *("--max-requests", "150", "--html", "report.html"),
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
