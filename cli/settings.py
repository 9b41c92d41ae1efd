"""Where the value of an option comes from: a flag, else an environment variable, else pyproject.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from workerkit.cli.command_index import options_of, setting_name, top_level_entries
from workerkit.openapi.errors import UsageError

_PREFIX = "WORKERKIT_"


class BadSettingsError(UsageError, ValueError):
    """The table [tool.workerkit] in a pyproject.toml is wrong. The message says where."""


def with_variables(command: click.Command) -> click.Command:
    """Lets the environment variable WORKERKIT_<OPTION> set each option of a command. Returns the command."""
    for option in options_of(command):
        option.envvar = _PREFIX + setting_name(option).upper()
    return command


def project_settings(command: click.Command) -> dict[str, Any]:
    """The options of a command that the nearest pyproject.toml sets, by their names in click.

    For example `sandbox_requests` for `sandbox-request = ["Campaign A"]`.

    The names in the file are checked against the options of all commands. Raises BadSettingsError.
    """
    path = _nearest_project_file(Path.cwd())
    table = _read_table(path) if path else {}
    if not table:
        return {}
    _check_names(f"{path}", table, {name for entry in top_level_entries() for name in entry.options})
    return {
        option.name or "": _click_value(option, table[setting_name(option)])
        for option in options_of(command)
        if setting_name(option) in table and _is_meant(option, table[setting_name(option)])
    }


def _is_meant(option: click.Option, value: Any) -> bool:
    """False for a list of values that is meant for another command.

    For example, `scenario = ["key-revoked", "outage"]` is meant for `exec`, not for `serve`: only `exec` has
    a `--scenario` that can be repeated.
    """
    if option.multiple or not isinstance(value, list):
        return True
    return not any(setting_name(option) in entry.repeatable for entry in top_level_entries())


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
    wrong = next((key for key in table if key not in known), None)
    if wrong is not None:
        from workerkit.openapi.formats.yaml_nodes import did_you_mean  # slow to import

        raise BadSettingsError(
            f"{path}: [tool.workerkit] has no option {wrong}{did_you_mean(wrong, known)}. "
            "More: workerkit docs reference/settings"
        )
