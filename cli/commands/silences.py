"""`workerkit silences`: what the page leaves open."""

from __future__ import annotations

import click

from workerkit.cli.console import console
from workerkit.openapi.spec.silence import silences


@click.command("silences")
def command() -> None:
    """Lists what the page leaves open, with the values of each matter, the mock's own first.

    \b
    Example:
      workerkit silences
    """
    for silence in silences().values():
        console().print(f"{silence.id}: {silence.question}", markup=False)
        for value, meaning in silence.values.items():
            console().print(f"    {value}: {meaning}", markup=False)
