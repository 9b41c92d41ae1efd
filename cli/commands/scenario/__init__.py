"""`workerkit scenario`: lists, explains, checks and creates scenarios. Each command has its own file."""

from __future__ import annotations

import click

from workerkit.cli.lazy_group import LazyGroup

_COMMANDS = {name: f"{__name__}.{name}" for name in ("list", "show", "validate", "new", "schema")}


@click.group("scenario", cls=LazyGroup, modules=_COMMANDS, prefix="scenario ")
def command() -> None:
    """Lists, explains, checks and creates scenarios.

    \b
    Example:
      workerkit scenario show key-revoked
    """
