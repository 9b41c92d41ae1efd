"""The command index: what the help and the settings have to know about all commands, without importing them.

The index is the file command_index.json. To generate it:
`python -m workerkit.cli.command_index > cli/command_index.json`
"""

from __future__ import annotations

import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import click

_FILE = "command_index.json"


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """What the index says about one command.

    summary: the first paragraph of its help.
    options: the names of its options in pyproject.toml.
    repeatable: those of the options that can be repeated.
    """

    summary: str
    options: tuple[str, ...]
    repeatable: tuple[str, ...]


@cache
def command_index() -> Mapping[str, CommandEntry]:
    """The entries of all commands, by their words: `serve`, `scenario list`."""
    source = pkgutil.get_data(__package__, _FILE)
    assert source is not None
    return {
        words: CommandEntry(entry["summary"], tuple(entry["options"]), tuple(entry["repeatable"]))
        for words, entry in json.loads(source).items()
    }


def top_level_entries() -> tuple[CommandEntry, ...]:
    """The entries of the commands that are not in a group."""
    return tuple(entry for words, entry in command_index().items() if " " not in words)


def index_text(group: click.Group) -> str:
    """The content of the index file, made from the commands of a group. Imports all these commands."""
    entries = {words: _entry(command) for words, command in commands_of(group)}
    return json.dumps(entries, indent=2) + "\n"


def options_of(command: click.Command) -> list[click.Option]:
    """The options of a command, without its arguments."""
    return [param for param in command.params if isinstance(param, click.Option)]


def setting_name(option: click.Option) -> str:
    """The name of an option in pyproject.toml: `time_limit` for --time-limit."""
    return max(option.opts, key=len).lstrip("-").replace("-", "_")


def commands_of(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """All commands of a group and of the groups in it, each with its words, for example `scenario list`."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield prefix + name, command
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{prefix}{name} ")


def _entry(command: click.Command) -> dict[str, Any]:
    options = options_of(command)
    return {
        "summary": " ".join((command.help or "").partition("\n\n")[0].split()),
        "options": list(map(setting_name, options)),
        "repeatable": [setting_name(option) for option in options if option.multiple],
    }


if __name__ == "__main__":
    from workerkit.cli.main import workerkit

    sys.stdout.write(index_text(workerkit))
