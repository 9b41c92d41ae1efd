"""The help of every command."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator

import click
import pytest

from workerkit.cli.main import workerkit

Run = Callable[..., tuple[int, str, str]]


def commands(group: click.Group = workerkit, *before: str) -> Iterator[tuple[str, ...]]:
    """The words of every command, including the commands in groups."""
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*before, name)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)


COMMANDS = list(commands())


def test_the_help_names_every_command(run: Run) -> None:
    code, output, errors = run("--help")
    assert (code, errors) == (0, "")
    for name, *_ in COMMANDS:
        assert f"\n  {name} " in output


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_of_itself_that_is_understood(
    run: Run, words: tuple[str, ...]
) -> None:
    code, output, errors = run(*words, "--help")
    assert (code, errors) == (0, "")
    example = output.partition("Example:\n")[2].splitlines()[0]
    name, *rest = shlex.split(example)
    assert (name, tuple(rest[: len(words)])) == ("workerkit", words)
    command = workerkit.get_command(click.Context(workerkit), words[0])
    assert command is not None
    command.make_context(words[0], rest[1:])


def test_the_help_of_a_command_names_all_its_options(run: Run) -> None:
    for words in COMMANDS:
        command = workerkit.get_command(click.Context(workerkit), words[0])
        assert command is not None
        output = run(words[0], "--help")[1]
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.opts[0] in output
