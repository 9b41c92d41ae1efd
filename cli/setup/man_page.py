"""The man page of `workerkit`, with all commands. To generate it:
`python -m workerkit.cli.setup.man_page > docs/workerkit.1`
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import click

from workerkit.cli.command_index import commands_of, options_of

_HEAD = """\
.TH WORKERKIT 1 "" "workerkit" "User Commands"
.SH NAME
workerkit \\- mock server and contract\\-testing kit for the LIKEPION Worker API
"""


def man_page(group: click.Group) -> str:
    """The page in the language of man, made from the help of all commands. Imports all these commands."""
    parts = [_HEAD, ".SH SYNOPSIS\n.B workerkit\n", _escaped("COMMAND [OPTIONS]"), "\n.SH DESCRIPTION\n"]
    parts.append(_help(group))
    for words, command in commands_of(group):
        parts.append(f".SH {_escaped(f'workerkit {words}').upper()}\n{_help(command)}")
        parts.extend(_options(command))
    return "".join(parts)


def _options(command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    for option in options_of(command):
        record = option.get_help_record(context)
        if record is not None:
            yield f".TP\n.B {_escaped(record[0])}\n{_escaped(record[1])}\n"


def _help(command: click.Command) -> str:
    """The paragraphs of a help. Those that begin with \\b keep their lines."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    if text.startswith("\b"):
        lines = "\n".join(map(_escaped, text.removeprefix("\b").strip("\n").splitlines()))
        return f".PP\n.nf\n{lines}\n.fi\n"
    return f".PP\n{_escaped(' '.join(text.split()))}\n"


def _escaped(text: str) -> str:
    """Text that man shows unchanged. A line of it does not begin a command of man."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    from workerkit.cli.main import workerkit

    sys.stdout.write(man_page(workerkit))
