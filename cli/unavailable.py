"""The command that is shown in place of a command whose modules are not installed."""

from __future__ import annotations

import click


class UnavailableCommand(click.Command):
    """Takes the place of a command that needs a missing module. It fails and says what to install."""

    def __init__(self, name: str, module: str) -> None:
        message = f"{name} needs {module}: pip install 'likepion-workerkit[contracts]'"

        def fail() -> None:
            raise click.UsageError(message)

        any_arguments = {"ignore_unknown_options": True, "allow_extra_args": True}
        super().__init__(
            name, callback=fail, help=f"Not installed: {message}", context_settings=any_arguments
        )
