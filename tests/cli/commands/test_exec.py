"""`workerkit exec`: runs a worker's command through scenarios and reports the verdicts."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.conftest import PATIENCE, Run, on_a_terminal

# Connects to the test, and waits until the test closes the connection or the process is killed.
PRESENT = """
import socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.sendall(b"here")
connection.recv(1)
"""


def present(server: socket.socket) -> list[str]:
    return [sys.executable, "-c", PRESENT, str(server.getsockname()[1])]


def arrived(server: socket.socket) -> socket.socket:
    connection, _ = server.accept()
    connection.settimeout(PATIENCE)
    assert connection.recv(4) == b"here"
    return connection


# Exit codes


def test_a_worker_that_passes_is_exit_0(run: Run, quiet_day: str, good_worker: list[str]) -> None:
    code, output, errors = run("exec", "--scenario", quiet_day, "--", *good_worker)
    assert (code, errors) == (0, "")
    assert output.startswith("PASS  quiet-day  (")
    assert output.endswith("worker verdict: pass (1 of 1 scenarios passed)\n")


def test_a_worker_at_fault_is_exit_1(run: Run, quiet_day: str) -> None:
    lazy = [sys.executable, "-c", "print('nothing [bold]today[/bold]')"]
    code, output, errors = run("exec", "--scenario", quiet_day, "--", *lazy)
    assert (code, errors) == (1, "")
    assert "  The worker sent no request." in output
    assert output.startswith("FAIL  quiet-day  (")
    assert "  1 of 1 tasks of server-07 were not completed" in output
    assert "      nothing [bold]today[/bold]\n" in output
    assert (
        "     What this rule means, with a bad and a good example: workerkit rule show tasks-ended\n"
        in output
    )
    assert "workerkit scenario show" not in output
    assert output.endswith("worker verdict: fail (0 of 1 scenarios passed; failed: quiet-day)\n")


def test_a_failure_says_what_the_scenario_is_about_and_how_to_learn_more(run: Run) -> None:
    code, output, _ = run("exec", "--scenario", "key-revoked", "--", sys.executable, "-c", "")
    assert code == 1
    assert "In key-revoked (A key stops working in the middle of the run" in output
    assert "and why workers fail: workerkit scenario show key-revoked\n" in output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scenario", "key-revokd"], 'there is no scenario "key-revokd" (did you mean "key-revoked"?)'),
        (["--scenario", "missing.yaml"], "missing.yaml: No such file or directory"),
        (["--scenario", "broken.yaml"], 'broken.yaml:3:1: unknown key "wrld" (did you mean "world"?)'),
    ],
)
def test_a_wrong_scenario_is_exit_2_in_one_line(
    run: Run, project: Path, options: list[str], message: str
) -> None:
    (project / "broken.yaml").write_text("title: A day\nabout: Nothing.\nwrld: {}\n")
    code, output, errors = run("exec", *options, "--", "a-command")
    assert (code, output) == (2, "")
    assert errors.startswith("workerkit: ")
    assert message in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--time-limit", "30"],
        ["--time-limit", "-1s"],
        ["--heartbeat", "5"],
        ["--jobs", "0"],
        ["--json", "."],
        ["--jsn", "x"],
    ],
)
def test_a_wrong_option_is_exit_2(run: Run, options: list[str]) -> None:
    code, output, errors = run("exec", *options, "--", "a-command")
    assert (code, output) == (2, "")
    assert options[0] in errors


def test_a_command_that_is_not_there_is_exit_3_in_one_line(run: Run, quiet_day: str) -> None:
    result = run("exec", "--scenario", quiet_day, "--", "no-such-worker", "--fast")
    message = "workerkit: the command no-such-worker was not found: check its spelling, its path and PATH\n"
    assert result == (3, "", message)


# Heartbeats

HEARTBEATS = """
title: A day with heartbeats
about: Heartbeats have to go on.
world:
  servers: [server-07]
  tasks: [{count: 1, server: server-07}]
expect: [heartbeat-regular]
until: {tasks: ended, heartbeats: judged}
"""


def test_the_report_says_that_heartbeats_were_not_judged_and_what_to_do(
    run: Run, project: Path, good_worker: list[str]
) -> None:
    (project / "beats.yaml").write_text(HEARTBEATS)
    code, output, _ = run("exec", "--scenario", "beats.yaml", "--json", "r.json", "--", *good_worker)
    (scenario,) = json.loads((project / "r.json").read_bytes())["scenarios"]
    why = {rule["rule"]: rule["why"] for rule in scenario["not_judged"]}["heartbeat-regular"]
    assert code == 0
    assert "state how often yours sends them" in why
    assert "\nHeartbeats were not judged: the API page does not say" in output
    assert "--heartbeat 30s." in output


@pytest.mark.parametrize("option", ["flag", "environment", "settings"])
def test_the_worker_states_its_own_interval_of_heartbeats(
    run: Run, project: Path, good_worker: list[str], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    (project / "beats.yaml").write_text(HEARTBEATS)
    if option == "environment":
        monkeypatch.setenv("WORKERKIT_HEARTBEAT", "20s")
    if option == "settings":
        (project / "pyproject.toml").write_text('[tool.workerkit]\nheartbeat = "20s"\n')
    flag = ["--heartbeat", "20s"] if option == "flag" else []
    code, output, _ = run("exec", "--scenario", "beats.yaml", *flag, "--json", "r.json", "--", *good_worker)
    assert (code, "Heartbeats were not judged" in output) == (0, False)
    assert "A missing heartbeat shows only after 40 s." in (project / "r.json").read_text()


# Reports


def test_the_report_is_written_to_a_file(
    run: Run, project: Path, quiet_day: str, good_worker: list[str]
) -> None:
    run("exec", "--scenario", quiet_day, "--json", "report.json", "--", *good_worker)
    report = json.loads((project / "report.json").read_bytes())
    (scenario,) = report["scenarios"]
    assert report["verdict"] == scenario["verdict"] == "pass"
    assert (scenario["name"], scenario["broken"]) == ("quiet-day", [])
    assert scenario["seconds"] > 0


def test_the_report_of_a_failure_says_what_was_broken(run: Run, quiet_day: str) -> None:
    code, output, errors = run("exec", "--scenario", quiet_day, "--json", "-", "--", sys.executable, "-c", "")
    report = json.loads(output)
    assert (code, report["verdict"]) == (1, "fail")
    assert [violation["rule"] for violation in report["scenarios"][0]["broken"]] == ["tasks-ended"]
    assert errors.startswith("FAIL  quiet-day")


def test_json_on_standard_output_stands_there_alone(run: Run, quiet_day: str, good_worker: list[str]) -> None:
    code, output, errors = run("exec", "--scenario", quiet_day, "--json", "-", "--", *good_worker)
    assert (code, json.loads(output)["verdict"]) == (0, "pass")
    assert "worker verdict: pass" in errors


@pytest.mark.parametrize("option", ["--json", "--junit", "--html"])
def test_a_report_that_cannot_be_written_is_exit_2_before_the_worker_runs(
    run: Run, project: Path, quiet_day: str, option: str
) -> None:
    worker = [sys.executable, "-c", "open('has-run', 'w')"]
    result = run("exec", "--scenario", quiet_day, option, "missing/report", "--", *worker)
    assert result == (
        2,
        "",
        f"workerkit: {option} missing/report cannot be written: No such file or directory\n",
    )
    assert not (project / "has-run").exists()


def test_two_reports_on_standard_output_are_exit_2(run: Run, quiet_day: str, good_worker: list[str]) -> None:
    options = ["--scenario", quiet_day, "--json", "-", "--html", "-"]
    code, output, errors = run("exec", *options, "--", *good_worker)
    assert (code, output) == (2, "")
    assert "only one of --json, --junit and --html can go to standard output" in errors


def test_every_kind_of_report_is_written(run: Run, project: Path, quiet_day: str) -> None:
    options = ["--json", "r.json", "--junit", "r.xml", "--html", "r.html", "--scenario", quiet_day]
    assert run("exec", *options, "--", sys.executable, "-c", "")[0] == 1
    assert json.loads((project / "r.json").read_bytes())["verdict"] == "fail"
    (case,) = fromstring((project / "r.xml").read_bytes()).iter("testcase")
    assert (case.get("name"), [failure.get("type") for failure in case.iter("failure")]) == (
        "quiet-day",
        ["tasks-ended"],
    )
    assert "<h2>quiet-day</h2>" in (project / "r.html").read_text("utf-8")
    assert sorted(path.name for path in project.iterdir()) == ["quiet-day.yaml", "r.html", "r.json", "r.xml"]


def test_in_github_actions_the_steps_summary_has_the_verdict(
    run: Run, project: Path, quiet_day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    run("exec", "--scenario", quiet_day, "--", sys.executable, "-c", "")
    assert "worker verdict\\: fail" in (project / "summary.md").read_text("utf-8")


def test_output_to_a_file_or_pipe_is_plain(run: Run, quiet_day: str, good_worker: list[str]) -> None:
    output = run("exec", "--scenario", quiet_day, "--", *good_worker)[1]
    assert output.replace("\n", "").isprintable()


def test_output_to_a_terminal_is_plain_with_no_color(
    script: str, quiet_day: str, good_worker: list[str]
) -> None:
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "40"}
    options = copies(quiet_day, "first-day", "second-day")
    code, output = on_a_terminal([script, "exec", *options, "--", *good_worker], environment)
    assert code == 0
    assert output.splitlines()[-1] == "worker verdict: pass (2 of 2 scenarios passed)"
    assert "\x1b" not in output


@pytest.mark.parametrize(("in_ci", "is_shown"), [(False, True), (True, False)])
def test_a_terminal_shows_what_runs_and_ci_does_not(
    script: str, quiet_day: str, good_worker: list[str], *, in_ci: bool, is_shown: bool
) -> None:
    plain = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
    environment = {**plain, "TERM": "xterm-256color", **({"CI": "true"} if in_ci else {})}
    code, output = on_a_terminal([script, "exec", "--scenario", quiet_day, "--", *good_worker], environment)
    assert code == 0
    assert ("0/1" in output) is is_shown
    assert "  quiet-day  (" in output


def test_with_coverage_every_report_says_what_was_tested(
    run: Run, project: Path, quiet_day: str, good_worker: list[str]
) -> None:
    options = ["--scenario", quiet_day, "--coverage", "--json", "r.json", "--html", "r.html"]
    code, output, _ = run("exec", *options, "--", *good_worker)
    assert code == 0
    assert "\nWhat the worker asked, and the troubles that it met\n   asked " in output
    assert "\n   completion (single)  -" in output
    assert "\n   completed  1" in output.replace("-        ", "")
    assert "\n   log-levels: the worker sent no logs\n" in output
    assert " of 58 sentences of the API page. Not exercised:\n" in output
    assert output.endswith("\n\nworker verdict: pass (1 of 1 scenarios passed)\n")
    coverage = json.loads((project / "r.json").read_bytes())["coverage"]
    assert {cell["state"] for cell in coverage["grid"]} == {"not met"}
    assert {"reported": "completed", "state": "running", "times": 1} in coverage["reported_states"]
    page = (project / "r.html").read_text("utf-8")
    assert ">What the worker asked, and the troubles that it met</h2>" in page
    assert "The API page, sentence by sentence" in page


def test_a_pass_names_the_rules_that_had_no_occasion(
    run: Run, quiet_day: str, good_worker: list[str]
) -> None:
    _, output, _ = run("exec", "--scenario", quiet_day, "--", *good_worker)
    _, empty, note, _, _ = output.splitlines()
    assert empty == ""
    assert " rules were not judged, because there was no occasion: pause-on-401, " in note


def test_without_coverage_no_report_has_it(run: Run, quiet_day: str, good_worker: list[str]) -> None:
    code, output, errors = run("exec", "--scenario", quiet_day, "--json", "-", "--", *good_worker)
    assert (code, "coverage" in json.loads(output), "What the worker asked" in errors) == (0, False, False)


# Which scenarios


def copies(quiet_day: str, *names: str) -> list[str]:
    """Options for copies of a scenario under these names."""
    source = Path(quiet_day).read_text()
    for name in names:
        Path(f"{name}.yaml").write_text(source)
    return [option for name in names for option in ("--scenario", f"./{name}.yaml")]


def names_in(report: Any) -> list[str]:
    return [scenario["name"] for scenario in report["scenarios"]]


def test_each_scenario_is_run_once_in_the_order_given(
    run: Run, quiet_day: str, good_worker: list[str]
) -> None:
    options = copies(quiet_day, "second-day", "first-day", "second-day")
    code, output, _ = run("exec", *options, "--json", "-", "--", *good_worker)
    assert (code, names_in(json.loads(output))) == (0, ["second-day", "first-day"])


def test_each_scenario_has_one_line_and_each_cause_is_explained_once(run: Run, quiet_day: str) -> None:
    output = run("exec", *copies(quiet_day, "first-day", "second-day"), "--", sys.executable, "-c", "")[1]
    first, second, empty, *rest = output.splitlines()
    assert [first.split()[:2], second.split()[:2], empty] == [
        ["FAIL", "first-day"],
        ["FAIL", "second-day"],
        "",
    ]
    assert first.endswith(" 0 requests): tasks-ended")
    assert rest[0] == "Fix first: 1 cause in 2 scenarios."
    assert rest[2] == "1. tasks-ended (in 2 scenarios)"
    assert rest[-5] == "   Cases: first-day, second-day"
    assert output.count("were not completed") == 1


def test_one_failure_of_several_is_a_failure(run: Run, quiet_day: str, good_worker: list[str]) -> None:
    options = copies(quiet_day, "first-day", "second-day")
    other = Path("second-day.yaml")
    other.write_text(other.read_text().replace("server-07", "server-08"))
    picky = "import os, sys\nif os.environ['LIKEPION_SERVER_NAME'] != 'server-07': sys.exit(1)\n"
    code, output, _ = run("exec", *options, "--", sys.executable, "-c", picky + good_worker[2])
    assert code == 1
    assert output.endswith("worker verdict: fail (1 of 2 scenarios passed; failed: second-day)\n")


def test_fail_fast_ends_the_run_at_the_first_failed_scenario(run: Run, quiet_day: str) -> None:
    options = copies(quiet_day, "first-day", "second-day", "third-day")
    first = f"{Path('started').absolute()}"
    words = ["bash", "-c", 'mkdir "$0" || exec sleep 600', first]
    code, output, _ = run(
        "exec", *options, "--jobs", "2", "--fail-fast", "--json", "report.json", "--", *words
    )
    (only,) = names_in(json.loads(Path("report.json").read_text()))
    assert (code, only in ("first-day", "second-day")) == (1, True)
    assert output.endswith(f"(0 of 1 scenarios passed; failed: {only}; 2 were not run)\n")


def test_all_is_the_whole_library_and_the_default(run: Run) -> None:
    words = ["--jobs", "4", "--time-limit", "1s", "--json", "-", "--", "true"]
    expected = [line.split()[0] for line in run("scenario", "list")[1].splitlines()]
    assert names_in(json.loads(run("exec", *words)[1])) == expected
    assert (
        names_in(json.loads(run("exec", "--scenario", "all", "--scenario", "key-revoked", *words)[1]))
        == expected
    )


def test_several_jobs_run_at_the_same_time(run: Run, quiet_day: str) -> None:
    options = copies(quiet_day, "first-day", "second-day", "third-day")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)

        def let_three_meet() -> None:
            connections = [arrived(server) for _ in range(3)]
            for connection in connections:
                connection.close()

        together = threading.Thread(target=let_three_meet)
        together.start()
        words = [
            "exec",
            *options,
            "--jobs",
            "3",
            "--time-limit",
            "240s",
            "--json",
            "-",
            "--",
            *present(server),
        ]
        report = json.loads(run(*words)[1])
        together.join()
    assert names_in(report) == ["first-day", "second-day", "third-day"]
    assert all(
        "when the worker exited" in scenario["broken"][0]["message"] for scenario in report["scenarios"]
    )


def test_the_time_limit_ends_a_scenario(run: Run, quiet_day: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = ["--scenario", quiet_day, "--time-limit", "300ms", "--", *present(server)]
        code, output, _ = run("exec", *words)
    assert code == 1
    assert "when the time limit was reached" in output
    assert "--time-limit" in output


def test_a_worker_that_ignores_sigterm_is_killed_after_the_grace_period(run: Run, quiet_day: str) -> None:
    words = ["bash", "-c", 'trap "" TERM; echo up; sleep 600']
    limits = ["--time-limit", "300ms", "--grace", "100ms"]
    code, output, _ = run("exec", "--scenario", quiet_day, *limits, "--", *words)
    assert code == 1
    assert "when the time limit was reached" in output


# What the command gets


def test_the_command_is_run_as_it_was_given(run: Run, quiet_day: str) -> None:
    source = "import sys; print(sys.argv[1:])"
    words = [sys.executable, "-c", source, "--scenario", "a b", "--", "*", "{api_key}"]
    output = run("exec", "--scenario", quiet_day, "--", *words)[1]
    assert "['--scenario', 'a b', '--', '*', '<key " in output


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_signal_ends_the_command_too(
    script: str, quiet_day: str, number: signal.Signals, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        daemon = ["setsid", "--fork", *present(server)]
        words = [script, "exec", "--scenario", quiet_day, "--time-limit", "600s", "--"]
        words += ["sh", "-c", '"$@"; while :; do sleep 60; done', "sh", *daemon]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with arrived(server) as connection:
            process.send_signal(number)
            output, _ = process.communicate(timeout=PATIENCE)
            assert connection.recv(1) == b""
    assert (process.returncode, output) == (code, b"")


# --ui


def test_ui_without_a_terminal_shows_the_trial_only_while_it_runs(
    run: Run, quiet_day: str, project: Path
) -> None:
    """The worker of the trial looks at the page itself."""
    source = """
import os, urllib.request
origin = os.environ["LIKEPION_BASE_URL"].removesuffix("/api/v1/worker")
print("the page has", len(urllib.request.urlopen(origin + "/_mock/ui").read()) > 100)
"""
    code, output, errors = run("exec", "--ui", "--scenario", quiet_day, "--", sys.executable, "-c", source)
    assert (code, errors) == (1, "")
    assert "the page has True" in output
    address = re.search(r"^See it work: (http://127\.0\.0\.1:\d+/_mock/ui)  quiet-day$", output, re.MULTILINE)
    assert address
    assert output.endswith("The pages of --ui end now, because nobody at a terminal can end them later.\n")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address[1], timeout=PATIENCE)


@pytest.mark.parametrize("end", [b"\n", b"\x03"], ids=["enter", "ctrl-c"])
def test_ui_on_a_terminal_keeps_the_worlds_until_a_person_ends_them(
    script: str, quiet_day: str, good_worker: list[str], end: bytes
) -> None:
    words = [script, "exec", "--ui", "--scenario", quiet_day, "--", *good_worker]
    printed, looked = b"", False
    process, terminal = pytest.importorskip("pty").fork()
    if process == 0:
        os.execve(script, words, {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"})
    with suppress(OSError):
        while part := os.read(terminal, 65536):
            printed += part
            if b"until you press Enter" in printed and not looked:
                looked = True
                address = re.search(rb"http://127\.0\.0\.1:\d+/_mock", printed)
                assert address
                with urllib.request.urlopen(f"{address[0].decode()}/worlds/default/verdict") as answer:
                    assert json.load(answer)["verdict"] == "pass"
                os.write(terminal, end)
    os.close(terminal)
    assert looked
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
