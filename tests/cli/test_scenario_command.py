"""`workerkit scenario`: the library, and users' own files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workerkit.scenarios import library

Run = Callable[..., tuple[int, str, str]]


def test_the_list_has_each_scenario_in_a_line(run: Run) -> None:
    code, output, errors = run("scenario", "list")
    assert (code, errors) == (0, "")
    assert output.splitlines() == [f"{name}  {library.find(name).title}" for name in library.names()]


def test_a_scenario_is_explained_with_its_rules(run: Run) -> None:
    code, output, errors = run("scenario", "show", "key-revoked")
    scenario = library.find("key-revoked")
    assert (code, errors) == (0, "")
    assert output.startswith(f"key-revoked: {scenario.title}\n\n{scenario.about.strip()}")
    for rule in ("pause-on-401", "tasks-ended", "process-not-crashed"):
        assert f"\n  {rule}: " in output


@pytest.mark.parametrize("command", ["show", "validate"])
def test_an_unknown_name_is_exit_2_and_the_closest_is_named(run: Run, command: str) -> None:
    code, output, errors = run("scenario", command, "key-revokd")
    said = 'workerkit: there is no scenario "key-revokd" (did you mean "key-revoked"?)\n'
    assert (code, output, errors) == (2, "", said)


def test_good_files_are_said_to_be_good(run: Run, quiet_day: str) -> None:
    code, output, errors = run("scenario", "validate", quiet_day, f"./{quiet_day}")
    assert (code, errors) == (0, "")
    assert output.splitlines() == [f"{quiet_day}: A quiet day", f"./{quiet_day}: A quiet day"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("title: A day\nabout: [\n", "ours.yaml:3:1: "),
        ("title: A day\ntitle: A day\n", 'ours.yaml:2:1: "title" stands here twice'),
        ("title: &a A day\nabout: *a\n", "ours.yaml:1:8: anchors and aliases"),
        ("title: A day\nabout: Nothing.\nworld: {servers: []}\n", "ours.yaml:3:"),
        ("", "ours.yaml:1:1: the file is empty"),
        ("\udcff", "ours.yaml:1:1: the file is no UTF-8"),
    ],
)
def test_the_first_mistake_of_a_file_is_said_with_its_place(
    run: Run, project: Path, source: str, message: str
) -> None:
    (project / "ours.yaml").write_bytes(source.encode("utf-8", "surrogateescape"))
    code, output, errors = run("scenario", "validate", "ours.yaml")
    assert (code, output) == (2, "")
    assert errors.startswith(f"workerkit: {message}")
    assert errors.count("\n") == 1


def test_a_folder_is_no_file(run: Run, project: Path) -> None:
    (project / "folder.yaml").mkdir()
    assert run("scenario", "validate", "folder.yaml") == (2, "", "workerkit: folder.yaml: Is a directory\n")
