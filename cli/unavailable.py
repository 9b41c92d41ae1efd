"""The command that is shown in place of a command whose packages are missing or have unfit versions."""

from __future__ import annotations

import click


class UnavailableCommand(click.Command):
    """Takes the place of a command that cannot be imported. It fails and says what to install.

    message: what to install.
    """

    def __init__(self, name: str, message: str) -> None:
        def fail() -> None:
            raise click.UsageError(message)

        any_arguments = {"ignore_unknown_options": True, "allow_extra_args": True}
        super().__init__(
            name, callback=fail, help=f"Not installed: {message}", context_settings=any_arguments
        )
