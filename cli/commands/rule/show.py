"""`workerkit rule show`: explains a rule."""

from __future__ import annotations

import click

from workerkit.cli.console import console
from workerkit.cli.options.language_option import language_option
from workerkit.cli.setup.completed_names import rule_names
from workerkit.contracts.mending.server_mending import server_mendings
from workerkit.contracts.mending.server_rule_text import server_rule_lines
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.scenarios.explain.line_wrap import wrap_line
from workerkit.scenarios.mending.mending import mendings
from workerkit.scenarios.mending.rule_text import rule_lines


@click.command("show")
@language_option
@click.argument("rule", metavar="ID", shell_complete=rule_names)
def command(rule: str) -> None:
    """Explains a rule: what it means, why it exists, and how to mend what breaks it.

    A rule for workers comes with a bad and a good snippet in Python and Node. A rule for servers comes with a
    request, a wrong and the right answer, and the usual cause.

    \b
    Example:
      workerkit rule show pause-on-401
      workerkit rule show list-limit
    """
    if rule in mendings():
        lines = rule_lines(rule)
    elif rule in server_mendings():
        lines = server_rule_lines(rule)
    else:
        hint = did_you_mean(rule, [*mendings(), *server_mendings()])
        raise click.UsageError(f'there is no rule "{rule}"{hint}: workerkit rule list names them all')
    for line in lines:
        # A line of code or of an example stays as it is.
        console().print(line if line.startswith(" ") else wrap_line(line))
