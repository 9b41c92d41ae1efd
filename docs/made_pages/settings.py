"""The page of all settings, made from the options of the commands."""

from __future__ import annotations

from docs.made_pages.markdown import introduction, table
from workerkit.cli.command_index import command_index

_COLUMNS = {
    "en": ("pyproject.toml", "environment", "commands"),
    "vi": ("pyproject.toml", "biến môi trường", "lệnh"),
}


def settings_page(language: str) -> str:
    """The page as Markdown."""
    rows = [
        (f"`{setting.replace('_', '-')}`", f"`WORKERKIT_{setting.upper()}`", commands)
        for setting, commands in sorted(_commands_by_setting().items())
    ]
    return introduction("settings", language) + table(_COLUMNS[language], rows)


def _commands_by_setting() -> dict[str, str]:
    """The commands that read each setting of pyproject.toml."""
    readers: dict[str, list[str]] = {}
    for words, entry in command_index().items():
        if " " not in words:
            for setting in entry.options:
                readers.setdefault(setting, []).append(f"`{words}`")
    return {setting: ", ".join(commands) for setting, commands in readers.items()}
