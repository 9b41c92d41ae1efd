"""`workerkit silences`: lists what the API page leaves open."""

from __future__ import annotations

import click

from workerkit.cli.console import console
from workerkit.openapi.spec.silence import silences


@click.command("silences")
def command() -> None:
    """Lists the silences: questions that the API page leaves open, each with its possible answers.

    The first answer is the one that the mock gives. A dialect file can choose another one:
    workerkit serve --dialect FILE.

    \b
    Example:
      workerkit silences
    """
    for silence in silences().values():
        console().print(f"{silence.id}: {silence.question}")
        for value, meaning in silence.values.items():
            console().print(f"    {value}: {meaning}")
