"""Where commands speak: a terminal in colour, anything else in plain text, and files."""

from __future__ import annotations

from functools import cache
from typing import Any

import click
from rich.console import Console

from workerkit.mockserver.whole_file import write_whole
from workerkit.openapi.jsontext import render


@cache
def console(json_file: str | None = None) -> Console:
    """Standard output, or standard error where the JSON goes to `-`, standard output.

    Plain where it is no terminal or NO_COLOR is set.
    """
    return Console(soft_wrap=True, highlight=False, stderr=json_file == "-")


def write_report(path: str | None, value: Any) -> None:
    """Writes JSON to a file, `-` being standard output, or nothing without a path. Raises CannotWrite."""
    if path is None:
        return
    if path == "-":
        click.echo(render(value))
    else:
        write_whole(path, render(value))
