"""All messages: those in the code, and those in the data files of the kit and in the help of the commands."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
from babel.messages.catalog import Message
from babel.messages.extract import extract

from docs.messages.field_meanings import description, field_meanings
from workerkit.cli.command_index import commands_of, options_of
from workerkit.cli.main import workerkit
from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.reports.html.page_script import script_phrases
from workerkit.openapi.page.page import page_sections
from workerkit.openapi.spec.silence import silences
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.library import library
from workerkit.scenarios.rules import RULES

ROOT = Path(__file__).parents[2]
ROOMS = ("openapi", "scenarios", "mockserver", "contracts", "cli")
# The functions that mark a message, and which of their arguments are its texts.
_KEYWORDS = {"phrase": None, "counted_phrase": (2, 3)}


def all_messages() -> list[Message]:
    """Each message once, in the order of the files."""
    found = [*_in_code(), *_in_data(), *_in_documentation()]
    return list({message.id: message for message in reversed(found)}.values())[::-1]


def _in_code() -> Iterator[Message]:
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            if "phrase(" in file.read_text("utf-8"):
                yield from _in_file(file)


def _in_file(file: Path) -> Iterator[Message]:
    with file.open("rb") as content:
        for _, text, _, _ in extract("python", content, _KEYWORDS):
            yield _message(text, str(file.relative_to(ROOT)))


def _in_data() -> Iterator[Message]:
    for text in script_phrases():
        yield _message(text, "mockserver/reports/html")
    for silence in silences().values():
        for text in (silence.page, silence.seen):
            yield _message(text, "openapi/silences.yaml")
    for section in page_sections():
        for sentence in section.sentences:
            if sentence.no_promise:
                yield _message(sentence.no_promise, "openapi/page/page.yaml")
    for mutant in MUTANTS.values():
        yield _message(mutant.breaks, "mockserver/mutants")
    for name in library.names():
        scenario = library.find(name)
        for text in (scenario.title, scenario.about, *(waiver.why for waiver in scenario.waive)):
            yield _message(text, f"scenarios/library/{name}.yaml")


def _in_documentation() -> Iterator[Message]:
    """The texts of the code that only the made pages show."""
    for rule in RULES.values():
        yield _message(one_line(rule.__doc__ or ""), _file_of(rule))
    for fault in FAULTS.values():
        yield _message(description(fault), _file_of(fault))
        for meaning in field_meanings(fault).values():
            yield _message(meaning, _file_of(fault))
    for meaning in field_meanings(Schedule).values():
        yield _message(meaning, _file_of(Schedule))
    for _, command in commands_of(workerkit):
        for paragraph in help_paragraphs(command):
            yield _message(paragraph, "cli/commands")
        for option in options_of(command):
            if option.help:
                yield _message(one_line(option.help), "cli/commands")


def help_paragraphs(command: click.Command) -> list[str]:
    """The paragraphs of a help that are no examples, each in one line."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return [one_line(text) for text in paragraphs if not text.startswith("\b")]


def one_line(text: str) -> str:
    """The text with single spaces between its words."""
    return " ".join(text.split())


def _file_of(shape: type) -> str:
    return str(Path(*shape.__module__.split(".")[1:]).with_suffix(".py"))


def _message(text: str | tuple[str, ...], file: str) -> Message:
    return Message(tuple(map(str, text)) if isinstance(text, tuple) else str(text), locations=[(file, 0)])
