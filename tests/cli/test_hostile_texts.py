"""Texts from outside that try to act: through every command and every form of report."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import unicodedata
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
import requests
import yaml

from tests.cli.conftest import PATIENCE, Run, on_a_terminal
from tests.contracts.small_server import SmallServer, serving
from workerkit.mockserver.observers.journal_file import JournalFile, journal_exchanges_to
from workerkit.mockserver.observers.json_log import log_as_json
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange

# What a hostile server, worker or file says. Each part acts somewhere: on a terminal, in the log of a CI
# system, in Markdown or in HTML. The last lines pretend to be a verdict.
HOSTILE = (
    "\x1b[2J\x1b]0;title\x07\x9b31m\x08\x7f\u202egnp\u2066\u200f\u061c\u2028\u2029\x85\x0b\x0c\ufeff\U000e0041"
    "\r::error file=a.py::forged\r\n  ::set-output name=x::forged\n"
    "##[error]forged\n##vso[task.complete]forged\n"
    "<img src=x onerror=alert(1)></pre></details><script>alert(1)</script>]]>&lt;\n\n# forged\n"
    "[link](javascript:alert(1)) `code` | @team ${{ x }} [bold]forged[/bold]\n"
    "server verdict: pass\nworker verdict: pass\nreproduced\nPASS  forged"
)
COMMAND_OF_LINE = re.compile(r"^\s*::[^\n]*::", re.MULTILINE)
FORGED = re.compile(r"^(?:server verdict: pass|worker verdict: pass|PASS  forged)$", re.MULTILINE)


def acting(text: str) -> list[str]:
    """The parts of a text that act on a terminal or in the log of a CI system."""
    characters = [
        character
        for character in text
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in "\n\t"
    ]
    marks = [character for character in text if unicodedata.bidirectional(character) in _DIRECTIONS]
    invisible = [character for character in text if character in "\u061c\u200e\u200f\ufeff\U000e0041"]
    return [*characters, *marks, *invisible, *COMMAND_OF_LINE.findall(text), *re.findall(r"##\w*\[", text)]


_DIRECTIONS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


class _Tags(HTMLParser):
    """Collects the scripts and the event attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [name for name, _ in attributes if name.startswith("on")]
        self.found += [value for _, value in attributes if value and value.startswith("javascript:")]
        self.found += [tag] if tag in ("img", "iframe", "object") else []


class Outside:
    """The files that a command writes, and the check of everything that it wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reports = [folder / f"report.{name}" for name in ("html", "json", "junit")]
        self.words = [word for file in self._reports for word in (f"--{file.suffix[1:]}", str(file))]

    def check(self, *printed: str) -> None:
        """Fails if a printed text or a report acts."""
        for text in printed:
            assert not acting(text)
            assert not FORGED.search(text)
        html, json_text, junit = (file.read_text() for file in self._reports)
        summary = (self._folder / "summary.md").read_text()
        for text in (html, json_text, junit, summary):
            assert not acting(text)
        tags = _Tags()
        tags.feed(html)
        assert not tags.found
        assert fromstring(junit) is not None
        assert json.loads(json_text)
        assert "<img" not in summary
        assert not re.search(r"\n\s*\n\s*(?:# forged|\[link\]\()", summary)  # an empty line ends HTML


def texts_of_annotations(errors: str) -> list[str]:
    """What the annotations for GitHub say. Fails if a line is no annotation of a rule."""
    lines = [
        re.fullmatch("::error title=workerkit%3A ([a-z0-9/-]+)::(.+)", line) for line in errors.splitlines()
    ]
    assert all(lines)
    return [line[2] for line in lines if line is not None]


@pytest.fixture
def outside(project: Path, monkeypatch: pytest.MonkeyPatch) -> Outside:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    return Outside(project)


class HostileServer(SmallServer):
    """Says hostile texts in fields of all kinds."""

    def listed(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**super().listed(task), "status": HOSTILE, "site_name": HOSTILE, "retry_count": HOSTILE}

    def callback_answer(self, name: str, entity_id: str) -> dict[str, Any]:
        return {"success": HOSTILE, HOSTILE: HOSTILE}

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        status, answer = super().answer(method, target, headers, body)
        return status, answer if status == 200 else {"success": False, "error": HOSTILE}


def test_conform(run: Run, project: Path, outside: Outside) -> None:
    more = ["--max-requests", "60", "--save-scenarios", "saved", "--questions", "questions.md"]
    with serving(HostileServer()) as target:
        url = target.base_url
        code, output, errors = run("conform", url, "--api-key", "own-key", *more, *outside.words)
    assert code == 1
    outside.check(output, *texts_of_annotations(errors), (project / "questions.md").read_text())
    assert "\\u202e" in output
    for file in (project / "saved").glob("*.yaml"):
        assert yaml.safe_load(file.read_text())


def test_the_report_of_conform_on_standard_output(run: Run, project: Path) -> None:
    with serving(HostileServer()) as target:
        words = ("conform", target.base_url, "--api-key", "own-key", "--max-requests", "40")
        _, output, errors = run(*words, "--json", "-")
    assert not acting(output + errors)
    assert json.loads(output)
    assert "\\u202e" in output


HOSTILE_WORKER = f"""
import json, os, sys, urllib.error, urllib.request
hostile = {HOSTILE!r}
def ask(method, path, body=None, key=os.environ["LIKEPION_API_KEY"]):
    data = None if body is None else json.dumps(body).encode()
    url = os.environ["LIKEPION_BASE_URL"] + path
    headers = {{"X-API-Key": key, "User-Agent": "a\\u202e\\x9b::error::b".encode().decode("latin-1")}}
    try:
        urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)).close()
    except urllib.error.HTTPError as error:
        error.close()
ask("GET", "/tasks?status=%0A::error::forged%1B%5B2J&after=##[error]")
ask("PUT", "/tasks/%E2%80%AE%0D%0A::error::x")
ask("POST", "/health", {{"server_name": hostile, hostile: hostile}})
ask("POST", "/logs", {{"logs": [{{"level": hostile, "message": hostile}}]}})
ask("PUT", "/tasks/bulk", {{"items": [{{"link_id": hostile, "status": hostile}}]}})
sys.stdout.buffer.write(hostile.encode() + b"\\xff\\x1b[31m")
"""


@pytest.fixture
def hostile_scenario(project: Path, quiet_day: str) -> str:
    """The file of a scenario with hostile texts."""
    scenario = yaml.safe_load((project / quiet_day).read_text())
    printable = "".join(letter for letter in HOSTILE if letter.isprintable() or letter in "\n\x85\u2028")
    scenario.update(title=printable, about=printable)
    scenario["world"]["tasks"][0]["site_name"] = printable
    (project / "hostile.yaml").write_text(json.dumps(scenario))
    return "hostile.yaml"


def test_exec(run: Run, project: Path, outside: Outside, hostile_scenario: str) -> None:
    command = [sys.executable, "-c", HOSTILE_WORKER]
    more = ["--save-capsules", "capsules", *outside.words]
    code, output, errors = run("exec", "--scenario", hostile_scenario, *more, "--", *command)
    assert code == 1
    outside.check(output, *texts_of_annotations(errors))
    assert "\\u202e" in output
    capsule = next((project / "capsules").glob("*.yaml"))
    for words in ([], ["--", *command]):
        code, output, errors = run("replay", str(capsule), *outside.words, *words)
        outside.check(output, *texts_of_annotations(errors))
    assert run("record", "--from", str(capsule), "--out", "again.yaml")[0] == 0


def test_exec_on_a_terminal(script: str, project: Path, hostile_scenario: str) -> None:
    words = [script, "exec", "--scenario", hostile_scenario, "--", sys.executable, "-c", HOSTILE_WORKER]
    _, printed = on_a_terminal(words, {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8"})
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed)  # colours and progress of workerkit itself
    assert not acting(plain.replace("\r", ""))
    assert "\x1b[2J" not in printed
    assert "\x1b]" not in printed


@pytest.mark.parametrize("command", ["show", "validate"])
def test_scenario(run: Run, hostile_scenario: str, command: str) -> None:
    code, output, errors = run("scenario", command, hostile_scenario)
    assert (code, errors) == (0, "")
    assert not acting(output)


@pytest.mark.parametrize(
    "words",
    [
        ("scenario", "validate", "FILE"),
        ("scenario", "show", "FILE"),
        ("exec", "--scenario", "FILE", "--", "true"),
        ("serve", "--world", "FILE"),
        ("serve", "--dialect", "FILE"),
        ("replay", "FILE"),
        ("record", "--from", "FILE", "--out", "out.yaml"),
        ("conform", "http://127.0.0.1:9/api/v1/worker", "--baseline", "FILE"),
        ("conform", "--dialect", "FILE"),
        ("spec", "--dialect", "FILE"),
    ],
)
def test_errors_about_files(run: Run, project: Path, words: tuple[str, ...]) -> None:
    (project / "hostile").write_text(json.dumps({HOSTILE: HOSTILE, "title": [HOSTILE], "log": HOSTILE}))
    code, output, errors = run(*(word.replace("FILE", "hostile") for word in words))
    assert code in (2, 3)
    assert not acting(output + errors)
    assert not FORGED.search(output + errors)


def test_record(script: str, project: Path) -> None:
    words = ["--out", "out.yaml", "--port", "0", "--ready-file", "ready.json"]
    with serving(HostileServer()) as target:
        process = subprocess.Popen(
            [script, "record", "--upstream", target.base_url, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            printed = iter(process.stdout or ())
            lines = [next(printed), next(printed)]  # the recorder prints two lines when it is ready
            base_url = json.loads((project / "ready.json").read_text())["base_url"]
            with requests.Session() as session:
                session.trust_env = False
                headers = {"X-API-Key": "own-key", "Connection": "close"}
                session.get(f"{base_url}/tasks?limit={HOSTILE!r}", headers=headers, timeout=PATIENCE)
            process.terminate()
            lines += process.communicate(timeout=PATIENCE)[0]
        finally:
            process.kill()
            process.wait()
    output = "".join(lines)
    assert "GET /api/v1/worker/tasks -> 400" in output
    assert not acting(output)
    assert not FORGED.search(output)
    assert process.returncode == 0


def test_the_log_and_the_journal_of_serve(project: Path) -> None:
    worlds, log = Worlds(), StringIO()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1, with_tasks=False)).world
    with log_as_json(worlds, log), journal_exchanges_to(JournalFile("journal.jsonl"), worlds):
        logging.getLogger("workerkit.mockserver").error(HOSTILE)
        request = (HOSTILE, HOSTILE, HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE.encode("utf-8", "replace"))
        world.journal.add(Exchange(1, None, None, *request, 404, (), b"", 0.0, 0.0))
    for text in (log.getvalue(), Path("journal.jsonl").read_text()):
        assert "forged" in text
        assert not acting(text)
        assert all(json.loads(line) for line in text.splitlines())
