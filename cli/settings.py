"""Options from the environment and from pyproject.toml: a flag beats the one, which beats the other."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from workerkit.cli.unavailable import Unavailable
from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.yaml_nodes import closest

_PREFIX = "WORKERKIT_"


class BadSettingsError(UsageError, ValueError):
    """[tool.workerkit] in a pyproject.toml is wrong; the message says where."""


def with_variables(command: click.Command) -> click.Command:
    """The command, each of whose options can also be set by the variable WORKERKIT_<OPTION>."""
    for option in _options(command):
        option.envvar = _PREFIX + _word(option).upper()
    for sub in getattr(command, "commands", {}).values():
        with_variables(sub)
    return command


def project_settings(group: click.Group, context: click.Context) -> dict[str, Any]:
    """For each command, the options that the nearest pyproject.toml sets. Raises BadSettings."""
    path = _nearest(Path.cwd())
    table = _table(path) if path else {}
    if not table:
        return {}
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    known = {
        name: {_word(option): option for option in _options(command)}
        for name, command in commands.items()
        if command is not None
    }
    if not any(isinstance(command, Unavailable) for command in commands.values()):
        _refuse_unknown(f"{path}", table, {word for words in known.values() for word in words})
    repeatable = _repeatable(known.values())
    # A list for another command's option of the same name says nothing of this one's.
    return {
        name: {
            option.name or "": _value(option, table[word])
            for word, option in words.items()
            if word in table
            and (option.multiple or word not in repeatable or not isinstance(table[word], list))
        }
        for name, words in known.items()
    }


def _options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


def _word(option: click.Option) -> str:
    """The option's name as people know it: `time_limit` for --time-limit."""
    return max(option.opts, key=len).lstrip("-").replace("-", "_")


def _repeatable(commands: Iterable[Mapping[str, click.Option]]) -> set[str]:
    """The words that may be given again and again to one command at least."""
    return {word for options in commands for word, option in options.items() if option.multiple}


def _value(option: click.Option, value: Any) -> Any:
    """The value as click reads it: what is no text in TOML would pass by the option's own checks."""
    if option.multiple:
        return [str(each) for each in (value if isinstance(value, list) else [value])]
    return value if option.is_flag and isinstance(value, bool) else str(value)


def _nearest(folder: Path) -> Path | None:
    return next((each / "pyproject.toml" for each in (folder, *folder.parents) if _is_project(each)), None)


def _is_project(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()


def _table(path: Path) -> dict[str, Any]:
    try:
        tools = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError) as error:
        raise BadSettingsError(f"{path}: {error}") from None
    table = tools.get("workerkit", {}) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise BadSettingsError(f"{path}: [tool.workerkit] has to be a table")
    return {str(key).replace("-", "_"): value for key, value in table.items()}


def _refuse_unknown(path: str, table: dict[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            raise BadSettingsError(f"{path}: [tool.workerkit] has no option {key}{closest(key, known)}")
