"""`workerkit scenario validate`: checks scenario files."""

from __future__ import annotations

import sys

import click

from workerkit.cli.console import console
from workerkit.cli.echo import echo
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.library import library


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def command(files: tuple[str, ...]) -> None:
    """Checks scenario files. Prints the first mistake in each file and its place.

    \b
    Example:
      workerkit scenario validate ours.yaml theirs.yaml
    """
    mistakes = 0
    for file in files:
        try:
            console().print(f"{file}: {library.find(file).title}")
        except (InvalidInputError, library.NoSuchScenarioError) as error:
            echo(f"workerkit: {error}", err=True)
            mistakes += 1
    sys.exit(2 if mistakes else 0)
