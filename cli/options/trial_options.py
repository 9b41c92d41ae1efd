"""Options of the commands that run a worker in trials."""

from __future__ import annotations

import click

from workerkit.cli.options.option_types import DURATION

grace_option = click.option(
    "--grace",
    type=DURATION,
    default="5s",
    show_default=True,
    help="How long the worker may take to exit after SIGTERM, before it gets SIGKILL.",
)
