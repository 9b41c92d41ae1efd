"""`workerkit scenario show`: explains a scenario."""

from __future__ import annotations

import click

from workerkit.cli.console import console
from workerkit.cli.options.language_option import language_option
from workerkit.cli.setup.completed_names import scenario_names
from workerkit.scenarios.explain.line_wrap import wrap_line
from workerkit.scenarios.explain.scenario_text import scenario_lines
from workerkit.scenarios.library import library


@click.command("show")
@language_option
@click.argument("name", metavar="NAME|FILE", shell_complete=scenario_names)
def command(name: str) -> None:
    """Explains a scenario: what happens, why workers fail, and which rules are checked.

    \b
    Example:
      workerkit scenario show key-revoked
    """
    for line in scenario_lines(library.find(name)):
        console().print(wrap_line(line))
