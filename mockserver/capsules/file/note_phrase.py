"""The notes of a capsule about a run, and notes that were read from a file as phrases."""

from __future__ import annotations

import re

from workerkit.openapi.languages.phrase import Phrase, joined, phrase
from workerkit.openapi.languages.recognized_text import recognized

_FEWEST_LETTERS_OF_A_NOTE, _FEWEST_LETTERS_OF_A_MESSAGE = 20, 10
_SCENARIO = re.compile(r"scenario (?P<name>\S+): (?P<title>.+)", re.DOTALL)
_BROKEN = re.compile(r"broken: (?P<rule>[\w-]+): (?P<message>.+)", re.DOTALL)
_MADE = re.compile(r"made from (?P<file>.+)")
_RULE = re.compile(r"(?P<rule>[a-z]+(?:-[a-z0-9]+)*): (?P<message>[A-Z`].+)", re.DOTALL)


def scenario_note(name: str, title: str) -> Phrase:
    """The note that says which scenario a run had."""
    return phrase("scenario {name}: {title}", name=name, title=title)


def broken_note(rule: str, message: str) -> Phrase:
    """The note about a rule that a worker broke."""
    return phrase("broken: {rule}: {message}", rule=rule, message=message)


def note_phrase(note: str) -> Phrase:
    """A note of a capsule file as a phrase with the same English text. Notes of people stay as they are."""
    if match := _SCENARIO.fullmatch(note):
        return scenario_note(match["name"], phrase(match["title"]))
    if match := _BROKEN.fullmatch(note):
        return broken_note(match["rule"], _message(match["message"]))
    if match := _RULE.fullmatch(note):
        return joined("", (f"{match['rule']}: ", _message(match["message"])))
    if match := _MADE.fullmatch(note):
        return phrase("made from {file}", file=match["file"])
    if note.startswith("passed over: "):
        return _message(note)
    return recognized(note, fewest_letters=_FEWEST_LETTERS_OF_A_NOTE)


def _message(text: str) -> Phrase:
    return recognized(text, fewest_letters=_FEWEST_LETTERS_OF_A_MESSAGE)
