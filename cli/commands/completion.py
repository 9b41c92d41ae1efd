"""`workerkit completion`: prints the script with which a shell completes commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Prints a script for SHELL, which is bash, zsh or fish. With it, the tab key completes names.

    It completes commands, options, and the names of scenarios, rules and silences.

    \b
    In ~/.bashrc:  eval "$(workerkit completion bash)"
    In ~/.zshrc, after compinit:  eval "$(workerkit completion zsh)"
    In ~/.config/fish/config.fish:  workerkit completion fish | source

    \b
    Example:
      workerkit completion bash
    """
    completion_class = get_completion_class(shell)
    assert completion_class is not None
    group = context.find_root().command
    click.echo(completion_class(group, {}, "workerkit", "_WORKERKIT_COMPLETE").source())
