"""`workerkit scenario`: the library, and users' own files."""

from __future__ import annotations

import sys
import textwrap
from functools import partial
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.mockserver.capsules.file.any_recording import read_traffic
from workerkit.mockserver.capsules.file.to_scenario import scenario_text
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.explain.scenario_text import scenario_lines
from workerkit.scenarios.library import library
from workerkit.scenarios.library.starter import begin
from workerkit.scenarios.loading.editor_schema import schema_text

_WIDTH = 100


@click.group("scenario")
def command() -> None:
    """Lists, explains and checks scenarios, and begins new ones.

    \b
    Example:
      workerkit scenario show key-revoked
    """


@command.command("list")
def list_() -> None:
    """Lists the scenarios of the library.

    \b
    Example:
      workerkit scenario list
    """
    names = library.names()
    width = max(map(len, names))
    for name in names:
        console().print(f"{name:{width}}  {library.find(name).title}", markup=False)


@command.command("show")
@click.argument("name", metavar="NAME|FILE")
def show(name: str) -> None:
    """Explains a scenario: what happens, why workers fail at it, and which rules it judges by.

    \b
    Example:
      workerkit scenario show key-revoked
    """
    for line in scenario_lines(library.find(name)):
        console().print(_wrapped(line), markup=False)


@command.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> None:
    """Checks scenario files; says of each file's first mistake where it is.

    \b
    Example:
      workerkit scenario validate ours.yaml theirs.yaml
    """
    mistakes = 0
    for file in files:
        try:
            console().print(f"{file}: {library.find(file).title}", markup=False)
        except (InvalidInputError, library.NoSuchScenarioError) as error:
            click.echo(f"workerkit: {error}", err=True)
            mistakes += 1
    sys.exit(2 if mistakes else 0)


@command.command("new")
@click.argument("name", metavar="NAME")
@click.option("--from", "capsule", metavar="FILE", help="Begin with what went wrong in this capsule.")
def new(name: str, capsule: str | None) -> None:
    """Writes NAME.yaml, a scenario with comments that runs as it is, to begin your own with.

    \b
    Example:
      workerkit scenario new site-down
      workerkit scenario new what-happened --from bug.yaml
    """
    scenario_lines = (
        partial(scenario_text, read_traffic(Path(capsule)), file=Path(capsule).name) if capsule else None
    )
    path = begin(name, Path(), scenario_lines)
    console().print(f"{path}: change it, then workerkit scenario validate {path}", markup=False)


@command.command("schema")
def schema() -> None:
    """Prints the JSON Schema of scenario files, with which editors check and complete them.

    \b
    Example:
      workerkit scenario schema > scenario.schema.json
    """
    click.echo(schema_text(), nl=False)


def _wrapped(line: str) -> str:
    """A line at a width that is easily read, its further lines under its beginning."""
    indent = " " * (len(line) - len(line.lstrip()))
    return "\n".join(
        textwrap.fill(each, _WIDTH, subsequent_indent=indent + "  " if indent else "", break_on_hyphens=False)
        for each in line.split("\n")
    )
