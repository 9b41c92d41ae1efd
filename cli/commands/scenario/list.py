"""`workerkit scenario list`: lists the scenarios of the library."""

from __future__ import annotations

import click

from workerkit.cli.echo import echo
from workerkit.cli.options.language_option import language_option
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.library.titles import titles


@click.command("list")
@language_option
def command() -> None:
    """Lists the scenarios of the library.

    \b
    Example:
      workerkit scenario list
    """
    width = max(map(len, titles()))
    for name, title in titles().items():
        echo(f"{name:{width}}  " + phrase(title))
