"""`workerkit rule`: lists and explains the rules for workers and servers. Each command has its own file."""

from __future__ import annotations

import click

from workerkit.cli.lazy_group import LazyGroup

_COMMANDS = {name: f"{__name__}.{name}" for name in ("list", "show")}


@click.group("rule", cls=LazyGroup, modules=_COMMANDS, prefix="rule ")
def command() -> None:
    """Lists and explains the rules: what each one means, and how to mend what breaks it.

    \b
    Example:
      workerkit rule show pause-on-401
    """
