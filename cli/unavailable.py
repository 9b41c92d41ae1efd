"""A command whose tools are not installed."""

from __future__ import annotations

import click


class Unavailable(click.Command):
    """Stands for a command that needs a module which is not there; says so when it is run."""

    def __init__(self, name: str, module: str) -> None:
        needs = f"{name} needs {module}: pip install 'likepion-workerkit[contracts]'"

        def refuse() -> None:
            raise click.UsageError(needs)

        lenient = {"ignore_unknown_options": True, "allow_extra_args": True}
        super().__init__(name, callback=refuse, help=f"Not installed: {needs}", context_settings=lenient)
