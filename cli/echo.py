"""Prints lines of commands that have no report. All text goes through `visible_text`."""

from __future__ import annotations

import click

from workerkit.openapi.formats.visible_text import visible_text


def echo(text: str, *, err: bool = False) -> None:
    """Prints a text. `err` prints it on standard error."""
    click.echo(visible_text(text), err=err)
