"""`workerkit scenario`: scenarios of the library and of users."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workerkit.scenarios.library import library
from workerkit.scenarios.loading.editor_schema import schema_text

Run = Callable[..., tuple[int, str, str]]


def test_the_list_has_each_scenario_in_a_line(run: Run) -> None:
    code, output, errors = run("scenario", "list")
    assert (code, errors) == (0, "")
    width = max(map(len, library.names()))
    assert output.splitlines() == [f"{name:{width}}  {library.find(name).title}" for name in library.names()]


def test_a_scenario_is_explained_with_its_rules(run: Run) -> None:
    code, output, errors = run("scenario", "show", "key-revoked")
    scenario = library.find("key-revoked")
    assert (code, errors) == (0, "")
    assert output.startswith(f"key-revoked: {scenario.title}\n\n")
    assert scenario.about in output.replace("\n", " ")
    happenings = (
        "  At request 4\n    revoke-key server-01\n"
        "  1.2s after the previous happening\n    restore-key server-01\n"
    )
    assert f"\nWhat happens\n{happenings}" in output
    end = "all tasks of the worker's server are completed, failed or canceled, and for 0.5s"
    assert f"\nThe scenario ends when\n  {end}" in output
    for rule in ("pause-on-401", "tasks-ended", "process-not-crashed"):
        assert f"\n  {rule}: " in output
    assert max(map(len, output.splitlines())) <= 100


@pytest.mark.parametrize("command", ["show", "validate"])
def test_an_unknown_name_is_exit_2_and_the_closest_is_named(run: Run, command: str) -> None:
    code, output, errors = run("scenario", command, "key-revokd")
    message = 'workerkit: there is no scenario "key-revokd" (did you mean "key-revoked"?)\n'
    assert (code, output, errors) == (2, "", message)


def test_good_files_are_said_to_be_good(run: Run, quiet_day: str) -> None:
    code, output, errors = run("scenario", "validate", quiet_day, f"./{quiet_day}")
    assert (code, errors) == (0, "")
    assert output.splitlines() == [f"{quiet_day}: A quiet day", f"./{quiet_day}: A quiet day"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("title: A day\nabout: [\n", "ours.yaml:3:1: "),
        ("title: A day\ntitle: A day\n", 'ours.yaml:2:1: the key "title" is given twice'),
        ("title: &a A day\nabout: *a\n", "ours.yaml:1:8: anchors and aliases"),
        ("title: A day\nabout: Nothing.\nworld: {servers: []}\n", "ours.yaml:3:"),
        ("", "ours.yaml:1:1: the file is empty"),
        ("\udcff", "ours.yaml:1:1: the file is not UTF-8"),
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


def test_every_file_is_checked_also_after_a_mistake(run: Run, project: Path, quiet_day: str) -> None:
    for name in ("first", "second"):
        (project / f"{name}.yaml").write_text("title: A day\nabot: Nothing.\n", "utf-8")
    code, output, errors = run("scenario", "validate", "first.yaml", quiet_day, "gone.yaml", "second.yaml")
    assert (code, output) == (2, f"{quiet_day}: A quiet day\n")
    assert errors.splitlines() == [
        'workerkit: first.yaml:2:1: unknown key "abot" (did you mean "about"?)',
        "workerkit: gone.yaml: No such file or directory",
        'workerkit: second.yaml:2:1: unknown key "abot" (did you mean "about"?)',
    ]


def test_a_new_scenario_is_sound_and_a_careful_worker_passes_it(
    run: Run, project: Path, good_worker: list[str]
) -> None:
    assert run("scenario", "new", "site-down")[0] == 0
    assert run("scenario", "validate", "site-down.yaml")[0] == 0
    code, output, _ = run("exec", "--scenario", "./site-down.yaml", "--", *good_worker)
    assert code == 1  # it does not try again
    assert "process-not-crashed" in output


def test_the_comments_of_a_new_scenario_are_sound_too(run: Run, project: Path) -> None:
    run("scenario", "new", "mine")
    text = (project / "mine.yaml").read_text("utf-8")
    lines = [line.replace("  # ", "  ", 1) if line.startswith("  # ") else line for line in text.splitlines()]
    (project / "mine.yaml").write_text("\n".join(lines), "utf-8")
    code, output, _ = run("scenario", "show", "./mine.yaml")
    assert code == 0
    for text in (
        "retry is automatic",
        "a task becomes running (group: ours)",
        "  1s after trouble\n",
    ):
        assert text in output


def test_a_new_scenario_has_the_schema_beside_it_so_that_editors_find_it_everywhere(
    run: Run, project: Path
) -> None:
    (project / "scenario.schema.json").write_text(
        '{"title": "A scenario of workerkit", "old": true}', "utf-8"
    )
    run("scenario", "new", "mine")
    head = (project / "mine.yaml").read_text("utf-8").partition("\n")[0]
    assert head == "# yaml-language-server: $schema=scenario.schema.json"
    assert (project / "scenario.schema.json").read_text("utf-8") == schema_text()


def test_another_file_with_the_name_of_the_schema_stays(run: Run, project: Path) -> None:
    (project / "scenario.schema.json").write_text("{}", "utf-8")
    run("scenario", "new", "mine")
    assert (project / "scenario.schema.json").read_text("utf-8") == "{}"


def test_a_file_that_is_there_is_not_overwritten(run: Run, project: Path) -> None:
    (project / "mine.yaml").write_text("mine", "utf-8")
    code, output, errors = run("scenario", "new", "mine.yaml")
    assert (code, output) == (2, "")
    assert (
        errors == "workerkit: mine.yaml: this file exists already: choose another name, or remove the file\n"
    )
    assert (project / "mine.yaml").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", ["Mine", "../mine", "a_b", ""])
def test_a_name_that_is_none_is_refused(run: Run, project: Path, name: str) -> None:
    code, _, errors = run("scenario", "new", name)
    assert code == 2
    assert "small letters, digits and single hyphens" in errors
    assert list(project.iterdir()) == []


def test_the_schema_is_printed(run: Run) -> None:
    assert run("scenario", "schema") == (0, schema_text(), "")
