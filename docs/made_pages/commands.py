"""The page of all commands and their options, made from their help."""

from __future__ import annotations

import inspect
import re

import click

from docs.made_pages.markdown import in_language, introduction, prose, table
from docs.messages.messages import one_line
from workerkit.cli.command_index import commands_of, options_of
from workerkit.cli.main import workerkit

_COLUMNS = {"en": ("option", "meaning", "default"), "vi": ("tùy chọn", "ý nghĩa", "mặc định")}
# What click calls the value of an option that is a number.
_NUMBER = re.compile("INTEGER(?: RANGE)?")
# A help of an option ends with `[default: 8080; x>=0]`.
_EXTRA = re.compile(r"\s*\[(?:default: )?([^\[\]]*)\]$")


def commands_page(language: str) -> str:
    """The page as Markdown."""
    parts = [_command(words, command, language) for words, command in commands_of(workerkit)]
    return "\n".join([introduction("commands", language), *parts])


def _command(words: str, command: click.Command, language: str) -> str:
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    parts = [f"## workerkit {words}\n", f"`workerkit {words} {usage}`\n", *_help(command, language)]
    rows = [_option(option, command, language) for option in options_of(command)]
    return "\n".join([*parts, *([table(_COLUMNS[language], rows)] if rows else [])])


def _help(command: click.Command, language: str) -> list[str]:
    """The paragraphs of a help. Those that begin with \\b keep their lines."""
    return [_paragraph(text, language) for text in inspect.cleandoc(command.help or "").split("\n\n")]


def _paragraph(text: str, language: str) -> str:
    if not text.startswith("\b"):
        return prose(in_language(one_line(text), language)) + "\n"
    lines = inspect.cleandoc(text.removeprefix("\b").removeprefix("\nExample:").strip("\n")).splitlines()
    return "\n".join(f"    {line.strip()}" for line in lines) + "\n"


def _option(option: click.Option, command: click.Command, language: str) -> tuple[str, str, str]:
    record = option.get_help_record(click.Context(command))
    assert record is not None, f"a hidden option: {option.name}"
    extra = _EXTRA.search(record[1])
    return (
        f"`{_NUMBER.sub('N', record[0])}`",
        prose(in_language(one_line(option.help or ""), language)),
        f"`{extra[1]}`" if extra else "",
    )
