"""`workerkit scenario`: lists, explains, checks and creates scenarios."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.mockserver.capsules.file.any_recording import read_recording
from workerkit.mockserver.capsules.file.to_scenario import scenario_source
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.explain.line_wrap import wrap_line
from workerkit.scenarios.explain.scenario_text import scenario_lines
from workerkit.scenarios.library import library
from workerkit.scenarios.library.starter import create_scenario_file
from workerkit.scenarios.loading.editor_schema import schema_text


@click.group("scenario")
def command() -> None:
    """Lists, explains, checks and creates scenarios.

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
    """Explains a scenario: what happens, why workers fail, and which rules are checked.

    \b
    Example:
      workerkit scenario show key-revoked
    """
    for line in scenario_lines(library.find(name)):
        console().print(wrap_line(line), markup=False)


@command.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> None:
    """Checks scenario files. Prints the first mistake in each file and its place.

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
@click.option(
    "--from",
    "capsule",
    metavar="FILE",
    help="Create the scenario from the refusals and failures in this capsule.",
)
def new(name: str, capsule: str | None) -> None:
    """Writes NAME.yaml: a small scenario with comments, as a start for your own scenario.

    \b
    Example:
      workerkit scenario new site-down
      workerkit scenario new what-happened --from bug.yaml
    """
    make_source = (
        partial(scenario_source, read_recording(Path(capsule)), file=Path(capsule).name) if capsule else None
    )
    path = create_scenario_file(name, Path(), make_source)
    console().print(
        f"Wrote {path}. Change it, then check it: workerkit scenario validate {path}", markup=False
    )


@command.command("schema")
def schema() -> None:
    """Prints the JSON Schema of scenario files. With it, an editor can check and complete them.

    \b
    Example:
      workerkit scenario schema > scenario.schema.json
    """
    click.echo(schema_text(), nl=False)
