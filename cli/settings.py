"""Values of options from other sources: flags come first, then environment variables, then pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from workerkit.cli.unavailable import UnavailableCommand
from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.yaml_nodes import did_you_mean

_PREFIX = "WORKERKIT_"


class BadSettingsError(UsageError, ValueError):
    """The table [tool.workerkit] in a pyproject.toml is wrong. The message says where."""


def with_variables(command: click.Command) -> click.Command:
    """Lets the environment variable WORKERKIT_<OPTION> set each option of a command. Returns the command."""
    for option in _options(command):
        option.envvar = _PREFIX + _setting_name(option).upper()
    for subcommand in getattr(command, "commands", {}).values():
        with_variables(subcommand)
    return command


def project_settings(group: click.Group, context: click.Context) -> dict[str, Any]:
    """The options that the nearest pyproject.toml sets, for each command. Raises BadSettingsError."""
    path = _nearest_project_file(Path.cwd())
    table = _read_table(path) if path else {}
    if not table:
        return {}
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    known = {
        name: {_setting_name(option): option for option in _options(command)}
        for name, command in commands.items()
        if command is not None
    }
    if not any(isinstance(command, UnavailableCommand) for command in commands.values()):
        _check_names(f"{path}", table, {setting for options in known.values() for setting in options})
    repeatable = _repeatable(known.values())
    # Two commands may have an option with the same name. If only one of these options can be repeated, a list
    # in pyproject.toml sets only this one.
    return {
        name: {
            option.name or "": _click_value(option, table[setting])
            for setting, option in options.items()
            if setting in table
            and (option.multiple or setting not in repeatable or not isinstance(table[setting], list))
        }
        for name, options in known.items()
    }


def _options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


def _setting_name(option: click.Option) -> str:
    """The name of an option in pyproject.toml: `time_limit` for --time-limit."""
    return max(option.opts, key=len).lstrip("-").replace("-", "_")


def _repeatable(commands: Iterable[Mapping[str, click.Option]]) -> set[str]:
    """The names of the options that can be repeated, in any of the commands."""
    return {name for options in commands for name, option in options.items() if option.multiple}


def _click_value(option: click.Option, value: Any) -> Any:
    """The value as text. click checks only text values, and TOML values may have other types."""
    if option.multiple:
        return [str(member) for member in (value if isinstance(value, list) else [value])]
    return value if option.is_flag and isinstance(value, bool) else str(value)


def _nearest_project_file(folder: Path) -> Path | None:
    files = (parent / "pyproject.toml" for parent in (folder, *folder.parents))
    return next((file for file in files if file.is_file()), None)


def _read_table(path: Path) -> dict[str, Any]:
    try:
        tools = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError) as error:
        raise BadSettingsError(f"{path}: {error}") from None
    table = tools.get("workerkit", {}) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise BadSettingsError(f"{path}: [tool.workerkit] must be a table")
    return {str(key).replace("-", "_"): value for key, value in table.items()}


def _check_names(path: str, table: dict[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            raise BadSettingsError(f"{path}: [tool.workerkit] has no option {key}{did_you_mean(key, known)}")
