"""`workerkit conform`: its options, exit codes and messages."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.dialect import dialect_of, read_choices

Run = Callable[..., tuple[int, str, str]]
TASK = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
KEY = ("--api-key", "server-01-key")


@pytest.fixture
def url() -> Iterator[str]:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1))
    with WorldServer(worlds) as mock:
        yield mock.base_url


def test_without_writes_a_sound_server_is_exit_0(run: Run, project: Path, url: str) -> None:
    words = ("--writes", "none", "--max-requests", "60", "--json", "report.json")
    code, output, errors = run("conform", url, *KEY, *words)
    assert (code, errors) == (0, "")
    assert "at most 60 requests. The run changes nothing: it sends only GET /tasks, " in output
    report = json.loads((project / "report.json").read_text())
    assert (report["verdict"], report["withheld"], report["receipt"]) == ("pass", [], None)


def test_a_sandbox_says_what_it_will_change_before_it_does(run: Run, url: str) -> None:
    words = ("--writes", "sandbox", "--sandbox-request", "Campaign A", "--max-requests", "90")
    code, output, _ = run("conform", url, *KEY, *words)
    assert code == 0
    first, second = output.splitlines()[:2]
    assert "The run changes only the sandbox (the tasks and the status of the request 'Campaign A')" in first
    assert "It does not change heartbeats, logs or the status of an account" in first
    assert second.startswith("The sandbox has 25 tasks of the request Campaign A (")
    assert "In the sandbox " in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--writes", "sandbox"), "give --sandbox-request NAME or --sandbox-task ID"),
        (("--sandbox-task", TASK), "give --writes sandbox"),
        (("--writes", "sandbox", "--sandbox-task", "17"), "'17' is not a task id"),
        (("--writes", "sandbox", "--sandbox-task", TASK), "has no such task"),
        (("--writes", "sandbox", "--sandbox-request", "X"), "it has tasks of these requests: Campaign A"),
        (("--writes", "some"), "'all', 'sandbox', 'none'"),
    ],
)
def test_a_sandbox_that_makes_no_sense_is_exit_2(
    run: Run, url: str, words: tuple[str, ...], message: str
) -> None:
    code, _, errors = run("conform", url, *KEY, *words)
    assert code == 2
    assert message in errors


def test_a_target_that_is_down_is_exit_3(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1/worker"
        code, _, errors = run("conform", url, *KEY)
    assert code == 3
    assert "the connection was refused: check that the server is running and that the port is right" in errors


def test_a_key_that_is_refused_is_exit_3_and_not_shown(run: Run, url: str) -> None:
    code, output, errors = run("conform", url, "--api-key", "a-key-that-nobody-has")
    assert code == 3
    assert "answers 401" in errors
    assert "a-key-that-nobody-has" not in output + errors


def test_what_was_seen_of_the_silences_makes_a_mock_that_is_seen_the_same_way(
    run: Run, project: Path, url: str
) -> None:
    words = ("--max-requests", "230", "--write-dialect", "seen.yaml")
    assert run("conform", url, *KEY, *words)[0] == 0
    seen = read_choices(project / "seen.yaml")
    assert len(seen) > 20
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, dialect=dialect_of(seen)))
    with WorldServer(worlds) as mock:
        words = ("--max-requests", "230", "--write-dialect", "again.yaml")
        assert run("conform", mock.base_url, *KEY, *words)[0] == 0
    assert read_choices(project / "again.yaml") == seen


def test_a_dialect_that_is_wrong_is_exit_2_with_its_place(run: Run, project: Path, url: str) -> None:
    (project / "wrong.yaml").write_text("retry: never\n")
    code, _, errors = run("conform", url, *KEY, "--dialect", "wrong.yaml")
    assert code == 2
    assert "wrong.yaml:1:8: retry has no value never" in errors


def test_findings_are_exit_1_and_in_every_file(
    run: Run, project: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = HANDLERS["listTasks"]
    files = ("--junit", "report.xml", "--html", "report.html", "--save-scenarios", "saved")
    with monkeypatch.context() as patched:
        patched.setitem(
            HANDLERS, "listTasks", lambda *call: {**(it := listed(*call)), "total": it["total"] + 1}
        )
        code, output, _ = run("conform", url, *KEY, "--writes", "none", "--max-requests", "50", *files)
    assert code == 1
    assert "BROKEN    list-total: " in output
    (saved,) = [line for line in output.splitlines() if line.startswith("Saved in saved: ")]
    assert "list-total.yaml" in saved
    assert "list-total" in (project / "report.xml").read_text()
    assert "list-total" in (project / "report.html").read_text()
    assert run("scenario", "validate", "saved/list-total.yaml")[0] == 0
    assert stat.S_IMODE((project / "saved" / "list-total.capsule.yaml").stat().st_mode) == 0o600
    code, output, _ = run("replay", "saved/list-total.capsule.yaml")
    assert code == 1
    assert "not reproduced: exchange 1 (GET /api/v1/worker/tasks" in output
    assert "/total" in output


def test_a_baseline_decides_the_exit_code_and_an_unusable_one_is_exit_2(
    run: Run, project: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("conform", url, *KEY, "--writes", "none", "--max-requests", "40")
    assert run(*words, "--json", "sound.json")[0] == 0
    listed = HANDLERS["listTasks"]
    with monkeypatch.context() as patched:
        patched.setitem(HANDLERS, "listTasks", lambda *call: {**listed(*call), "total": -1, "page_count": 3})
        code, output, _ = run(*words, "--baseline", "sound.json", "--json", "broken.json")
        assert code == 1
        assert "Compared with the baseline sound.json: " in output
        assert "new field: listTasks 200: page_count (integer)" in output
        code, output, _ = run(*words, "--baseline", "broken.json")
        assert code == 0
        assert "still broken: " in output
    code, output, _ = run(*words, "--baseline", "broken.json")
    assert code == 0
    assert "mended: " in output
    assert "missing field: listTasks 200: page_count (integer)" in output
    (project / "sound.json").write_text('{"scenarios": []}')
    code, output, errors = run(*words, "--baseline", "sound.json")
    assert (code, output) == (2, "")
    assert errors.startswith("workerkit: --baseline sound.json: the file has no rules: give a report of ")
    assert errors.count("\n") == 1


def test_questions_to_the_author_of_the_page_are_a_file(run: Run, project: Path, url: str) -> None:
    words = ("--writes", "none", "--max-requests", "40", "--questions", "questions.md")
    assert run("conform", url, *KEY, *words)[0] == 0
    text = (project / "questions.md").read_text("utf-8")
    assert f"Server: {url}\n" in text
    assert "> Nếu `limit` lớn hơn 1000, API trả về 400." in text
    assert "server-01-key" not in text


def test_questions_that_cannot_be_written_are_exit_2_before_the_run(run: Run, url: str) -> None:
    code, output, errors = run("conform", url, *KEY, "--questions", "missing/questions.md")
    assert (code, output) == (2, "")
    assert "missing/questions.md cannot be written" in errors


def test_a_folder_that_cannot_be_made_is_exit_2_before_the_run(run: Run, project: Path, url: str) -> None:
    (project / "taken").write_text("")
    code, output, errors = run("conform", url, *KEY, "--save-scenarios", "taken")
    assert (code, output) == (2, "")
    assert "taken cannot be written to" in errors
