"""`workerkit spec`: the OpenAPI document, for other tools."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.published import (
    FORMATS,
    VERSIONS,
    OpenapiVersion,
    SpecFormat,
    published_spec,
    spec_text,
)

Run = Callable[..., tuple[int, str, str]]
READERS: dict[SpecFormat, Callable[[str], Any]] = {"yaml": yaml.safe_load, "json": json.loads}


@pytest.fixture
def dialect_file(project: Path) -> str:
    (project / "staging.yaml").write_text("error-body: nested\nlast-cursor: absent\n", "utf-8")
    return "staging.yaml"


def test_without_options_it_is_the_default_dialect_as_yaml(run: Run) -> None:
    assert run("spec") == (0, spec_text(published_spec(Dialect()), "yaml"), "")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("spec_format", FORMATS)
def test_it_has_the_version_the_format_and_the_dialect_that_are_chosen(
    run: Run, dialect_file: str, version: OpenapiVersion, spec_format: SpecFormat
) -> None:
    options = ["--dialect", dialect_file, "--openapi", version, "--format", spec_format]
    code, output, errors = run("spec", *options)
    assert (code, errors) == (0, "")
    dialect = dialect_of({"error-body": "nested", "last-cursor": "absent"})
    assert READERS[spec_format](output) == published_spec(dialect, version)


@pytest.mark.parametrize("spec_format", FORMATS)
def test_out_writes_the_same_text_to_a_file_and_nothing_to_the_terminal(
    run: Run, project: Path, spec_format: SpecFormat
) -> None:
    printed = run("spec", "--format", spec_format)[1]
    (project / "api.txt").write_text("an older text")
    assert run("spec", "--format", spec_format, "--out", "api.txt") == (0, "", "")
    assert (project / "api.txt").read_bytes() == printed.encode()
    assert [path.name for path in project.iterdir()] == ["api.txt"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "last-cursor: absnt\n",
            '1:14: last-cursor has no value absnt (did you mean "absent"?)',
        ),
        ("\nlast-curser: absent\n", '2:1: there is no silence last-curser (did you mean "last-cursor"?)'),
        ("[last-cursor]\n", "1:1: a dialect is a mapping from silence ids to values"),
    ],
)
def test_a_wrong_dialect_file_is_exit_2_with_one_line(
    run: Run, project: Path, text: str, message: str
) -> None:
    (project / "wrong.yaml").write_text(text, "utf-8")
    code, output, errors = run("spec", "--dialect", "wrong.yaml", "--out", "api.yaml")
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith(f"workerkit: wrong.yaml:{message}")
    assert not (project / "api.yaml").exists()


def test_a_missing_dialect_file_is_exit_2_with_one_line(run: Run) -> None:
    assert run("spec", "--dialect", "no.yaml") == (2, "", "workerkit: no.yaml: No such file or directory\n")


def test_a_file_that_cannot_be_written_is_exit_2_with_one_line(run: Run) -> None:
    code, output, errors = run("spec", "--out", os.path.join("missing", "api.yaml"))
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("workerkit: missing/api.yaml cannot be written: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--openapi", "2.0"], "'3.1', '3.0'"),
        (["--format", "xml"], "'yaml', 'json'"),
        (["--dialct", "a"], "--dialct"),
    ],
)
def test_a_wrong_option_is_exit_2_and_says_which(run: Run, options: list[str], message: str) -> None:
    code, output, errors = run("spec", *options)
    assert (code, output) == (2, "")
    assert message in errors
