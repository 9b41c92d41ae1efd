"""Options from environment variables and from pyproject.toml."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ports() -> Iterator[list[str]]:
    """Three ports that are in use. `serve` ends with a message that names the port it should listen on."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        yield [str(server.getsockname()[1]) for server in servers]


def port_of(result: tuple[int, str, str]) -> str:
    code, _, errors = result
    assert code == 3, errors
    found = re.search(r"cannot listen on 127\.0\.0\.1:(\d+)", errors)
    assert found is not None
    return found[1]


def write(project: Path, *lines: str) -> None:
    (project / "pyproject.toml").write_text("\n".join(["[tool.workerkit]", *lines, ""]))


def test_a_flag_beats_the_environment_which_beats_the_project(
    run: Run, project: Path, ports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_project, of_environment, of_flag = ports
    write(project, f"port = {of_project}")
    assert port_of(run("serve")) == of_project
    monkeypatch.setenv("WORKERKIT_PORT", of_environment)
    assert port_of(run("serve")) == of_environment
    assert port_of(run("serve", "--port", of_flag)) == of_flag


@pytest.mark.parametrize("name", ["time-limit", "time_limit"])
def test_an_option_of_several_words_can_be_written_in_both_ways(run: Run, project: Path, name: str) -> None:
    write(project, f'{name} = "1"')
    code, _, errors = run("exec", "--", "a-command")
    assert code == 2
    assert "'1' is not a duration" in errors


def test_a_wrong_value_says_where_it_comes_from(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, 'port = "abc"')
    assert "The value comes from [tool.workerkit] in pyproject.toml." in run("serve")[2]
    monkeypatch.setenv("WORKERKIT_PORT", "xyz")
    assert "The value comes from the environment variable WORKERKIT_PORT." in run("serve")[2]
    assert "The value comes" not in run("serve", "--port", "x")[2]


def test_a_variable_of_several_words_is_written_with_underscores(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERKIT_TIME_LIMIT", "1")
    assert "'1' is not a duration" in run("exec", "--", "a-command")[2]


def test_the_name_of_a_variable_is_that_of_the_flag(
    run: Run, project: Path, quiet_day: str, good_worker: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERKIT_JSON", "report.json")
    assert run("exec", "--scenario", quiet_day, "--", *good_worker)[0] == 0
    assert json.loads((project / "report.json").read_bytes())["verdict"] == "pass"


@pytest.mark.parametrize("value", ['"missing.yaml"', '["missing.yaml"]', '["missing.yaml", "other.yaml"]'])
def test_an_option_that_can_come_often_is_one_or_a_list(run: Run, project: Path, value: str) -> None:
    write(project, f"scenario = {value}")
    assert run("exec", "--", "a-command") == (2, "", "workerkit: missing.yaml: No such file or directory\n")


def test_a_list_is_for_the_commands_that_take_several(run: Run, project: Path, ports: list[str]) -> None:
    write(project, 'scenario = ["missing.yaml", "other.yaml"]', f"port = {ports[0]}")
    assert port_of(run("serve")) == ports[0]
    assert "missing.yaml" in run("exec", "--", "a-command")[2]


def test_an_option_is_set_for_every_command_that_has_it(run: Run, project: Path) -> None:
    write(project, 'scenario = "missing.yaml"')
    assert "missing.yaml" in run("serve")[2]
    assert "missing.yaml" in run("exec", "--", "a-command")[2]
    assert run("scenario", "list")[0] == 0


def test_the_nearest_project_counts(
    run: Run, project: Path, ports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, f"port = {ports[0]}")
    below = project / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert port_of(run("serve")) == ports[0]
    write(project / "a", f"port = {ports[1]}")
    assert port_of(run("serve")) == ports[1]


def test_a_project_without_our_table_sets_nothing(run: Run, project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "a"\n')
    assert run("scenario", "list")[0] == 0


def test_an_unknown_option_is_exit_2_and_the_closest_is_named(run: Run, project: Path) -> None:
    write(project, 'time-limt = "1s"')
    code, output, errors = run("scenario", "list")
    assert (code, output) == (2, "")
    assert "[tool.workerkit] has no option time_limt" in errors
    assert '(did you mean "time_limit"?)' in errors
    assert str(project / "pyproject.toml") in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.workerkit\n", "at line 1, column"),
        ("[tool]\nworkerkit = 7\n", "[tool.workerkit] must be a table"),
        ("[[tool.workerkit]]\nport = 7\n", "[tool.workerkit] must be a table"),
        ("tool = 7\n", "[tool.workerkit] must be a table"),
        ("\udcff", "utf-8"),
    ],
)
def test_a_project_that_cannot_be_read_is_exit_2_with_its_name(
    run: Run, project: Path, text: str, message: str
) -> None:
    (project / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    code, output, errors = run("scenario", "list")
    assert (code, output) == (2, "")
    assert f"{project / 'pyproject.toml'}: " in errors
    assert message in errors


@pytest.mark.parametrize("line", ['port = "abc"', "port = 70000", "port = []", "seed = -1"])
def test_a_wrong_value_is_exit_2_and_its_option_is_named(run: Run, project: Path, line: str) -> None:
    write(project, line)
    code, _, errors = run("serve")
    assert code == 2
    assert f"Invalid value for '--{line.partition(' ')[0]}'" in errors


def test_the_workers_own_variables_are_no_options(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKERKIT_NO_SUCH_OPTION", "1")
    monkeypatch.setenv("LIKEPION_BASE_URL", "http://elsewhere.example")
    assert run("scenario", "list")[0] == 0


def test_no_variable_is_needed(run: Run, project: Path) -> None:
    assert run("exec", "--scenario", "quiet-day", "--", sys.executable, "-c", "")[0] == 1
