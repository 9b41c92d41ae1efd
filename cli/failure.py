"""What a command ends with when it could not run."""

from __future__ import annotations

import click


class CannotRun(click.ClickException):
    """The command was right, and yet it could not run: the target is unreachable, say."""

    exit_code = 3
