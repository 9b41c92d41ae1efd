"""`workerkit rule list`: lists all rules."""

from __future__ import annotations

import click

from workerkit.cli.echo import echo
from workerkit.cli.options.language_option import language_option
from workerkit.contracts.mending.server_mending import server_mendings
from workerkit.openapi.languages.phrase import changed_text, phrase
from workerkit.scenarios.mending.mending import mendings
from workerkit.scenarios.rules import RULES


@click.command("list")
@language_option
def command() -> None:
    """Lists the rules for workers, which exec checks, and the rules for servers, which conform checks.

    \b
    Example:
      workerkit rule list
    """
    rules = {
        phrase("Rules for workers. A careful worker:"): {rule: RULES[rule].careful for rule in mendings()},
        phrase("Rules for servers:"): {rule: mending.means for rule, mending in server_mendings().items()},
    }
    width = max(len(rule) for entries in rules.values() for rule in entries)
    for heading, entries in rules.items():
        echo(heading)
        for rule, text in entries.items():
            echo(f"  {rule:{width}}  " + changed_text(text, _first_sentence))


def _first_sentence(text: str) -> str:
    """The first sentence of a text, without its full stop."""
    return text.partition(". ")[0].rstrip(".")
