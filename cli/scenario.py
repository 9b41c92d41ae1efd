"""`workerkit scenario`: the library, and users' own files."""

from __future__ import annotations

import click

from workerkit.cli.console import console
from workerkit.scenarios import library
from workerkit.scenarios.judge import rules_of


@click.group("scenario")
def command() -> None:
    """Lists, explains and checks scenarios.

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
    for name in library.names():
        console().print(f"{name}  {library.find(name).title}", markup=False)


@command.command("show")
@click.argument("name", metavar="NAME|FILE")
def show(name: str) -> None:
    """Explains a scenario: what happens, why workers fail at it, and which rules it judges by.

    \b
    Example:
      workerkit scenario show key-revoked
    """
    scenario = library.find(name)
    console().print(f"{scenario.name}: {scenario.title}\n\n{scenario.about}\n", markup=False)
    for rule in rules_of(scenario):
        console().print(f"  {rule.id}: {rule.why} A careful worker {rule.careful}.", markup=False)


@command.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> None:
    """Checks scenario files; says of the first mistake where it is.

    \b
    Example:
      workerkit scenario validate ours.yaml
    """
    for file in files:
        scenario = library.find(file)
        console().print(f"{file}: {scenario.title}", markup=False)
