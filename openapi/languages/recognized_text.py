"""Texts of saved files that were phrases when they were written, as phrases again."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from workerkit.openapi.languages.catalogue import catalogue
from workerkit.openapi.languages.phrase import Phrase

_PLACEHOLDER = re.compile(r"\{(\w+)[^{}]*\}")
_NEIGHBOURS = re.compile(r"\{(\w+)[^{}]*\}\{(\w+)[^{}]*\}")
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_MOST_SENTENCES = 4  # no message has more
_MOST_CHARACTERS = 1000  # the files come from anybody, and a longer text would take long
_MOST_CHARACTERS_OF_NEIGHBOURS = 200  # each place between them is tried
_WORD = re.compile(r"\b[A-Za-z]{2,}\b")  # a message without a word of its own could be any text
_LITTLE_ENDIAN = b"\xde\x12\x04\x95"


@dataclass(frozen=True, slots=True)
class _Template:
    """A message of a catalogue.

    pattern: matches each text that the message can be, with its values.
    letters: how many letters the message has without its placeholders.
    neighbours: the names of two placeholders with nothing in between.
    forms: the message; if it has a number, its form for one and its form for more.
    """

    pattern: re.Pattern[str]
    letters: int
    neighbours: tuple[tuple[str, str], ...]
    forms: tuple[str, ...]

    def in_language(self, language: str) -> str:
        """The translation, with its placeholders."""
        if len(self.forms) == 1:
            return catalogue(language).gettext(self.forms[0])
        return catalogue(language).ngettext(self.forms[0], self.forms[1], 2)


def recognized(text: str, *, fewest_letters: int) -> Phrase:
    """The text as a phrase. A sentence that is no message of the catalogues stays English in each language.

    A text of more than 1000 characters stays as it is.

    fewest_letters: a message with fewer letters, not counting its values, does not count. It may look like a
        text of somebody else.
    """
    if len(text) > _MOST_CHARACTERS:
        return Phrase(text, lambda _: text)
    return Phrase(text, lambda language: _in_language(text, language, fewest_letters))


def _in_language(text: str, language: str, fewest_letters: int) -> str:
    """Each sentence in the language. A message can have several sentences."""
    sentences = _SENTENCE_END.split(text)
    parts = []
    while sentences:
        count, part = _first_part(sentences, language, fewest_letters)
        parts.append(part)
        del sentences[:count]
    return " ".join(parts)


def _first_part(sentences: list[str], language: str, fewest_letters: int) -> tuple[int, str]:
    """How many sentences the longest message at the beginning has, and what it is in the language."""
    for count in range(min(len(sentences), _MOST_SENTENCES), 0, -1):
        part = _message(" ".join(sentences[:count]), language, fewest_letters)
        if part is not None:
            return count, part
    return 1, sentences[0]


def _message(text: str, language: str, fewest_letters: int = 0) -> str | None:
    """The text in the language, or None if it is no message with its values."""
    found = _match(text, language, fewest_letters)
    if found is None:
        return None
    template, values = found
    for first, second in template.neighbours:
        values[first], values[second] = _halves(values[first] + values[second], language)
    return _filled(template.in_language(language), values, language)


def _match(text: str, language: str, fewest_letters: int = 0) -> tuple[_Template, dict[str, str]] | None:
    """The message that the text is, and its values. No value has several sentences."""
    for template in takewhile(lambda template: template.letters >= fewest_letters, _templates(language)):
        match = template.pattern.fullmatch(text)
        if match is not None and not any(map(_SENTENCE_END.search, match.groupdict().values())):
            return template, match.groupdict()
    return None


def _halves(text: str, language: str) -> tuple[str, str]:
    """The values of two placeholders with nothing in between. The second one may be empty.

    It counts as empty if both together have more than 200 characters.
    """
    if len(text) > _MOST_CHARACTERS_OF_NEIGHBOURS:
        return text, ""
    halves = [(text[:place], text[place:]) for place in range(1, len(text)) if not text[place].isalnum()]
    return max([(text, ""), *halves], key=lambda pair: sum(_exactness(half, language) for half in pair))


def _exactness(text: str, language: str) -> int:
    """How many letters the text shares with the message that it is."""
    found = _match(text, language)
    return found[0].letters if found else 0


def _filled(translation: str, values: Mapping[str, str], language: str) -> str:
    return _PLACEHOLDER.sub(lambda match: _value(values[match[1]], language), translation)


def _value(text: str, language: str) -> str:
    """A value in the language. A single word is a name."""
    return (_message(text, language) or text) if " " in text else text


@cache
def _templates(language: str) -> tuple[_Template, ...]:
    """The messages of a catalogue. Those with the most letters are the most exact and come first."""
    found = {
        form: _Template(_pattern(form), _letters(form), tuple(_NEIGHBOURS.findall(form)), forms)
        for forms in _messages(language)
        for form in forms
        if _WORD.search(_PLACEHOLDER.sub("_", form))
    }
    return tuple(found[form] for form in sorted(found, key=_letters, reverse=True))


def _letters(message: str) -> int:
    return sum(map(str.isalpha, _PLACEHOLDER.sub("", message)))


def _pattern(message: str) -> re.Pattern[str]:
    """A placeholder matches any text; directly behind another one, it also matches nothing.

    A placeholder ends where the text behind it comes first. No later place is tried: that would find nothing
    more, and with several placeholders it would take very long.
    """
    names: set[str] = set()
    pieces = _PLACEHOLDER.split(message)
    source, open_groups = [re.escape(pieces[0])], ""
    for before, name, literal in zip(pieces[:-1:2], pieces[1::2], pieces[2::2], strict=True):
        some = ".+?" if before or not names else ".*?"
        open_groups += f"(?P={name})" if name in names else f"(?P<{name}>{some})"
        names.add(name)
        if literal:
            source.append(f"{open_groups}{re.escape(literal)}")
            open_groups = ""
    *first, last = [*source, open_groups] if open_groups else source
    return re.compile("".join([*(f"(?>{piece})" for piece in first), last]), re.DOTALL)


def _messages(language: str) -> Iterator[tuple[str, ...]]:
    """The English texts of a compiled catalogue, except for its head: one form, or two.

    The file is read here, because gettext keeps no English text with two forms, and Babel, which reads both
    forms, is not installed with the kit. Raises NoCatalogueError.
    """
    catalogue(language)  # tells a person what to do if the file is missing
    content = Path(__file__).with_name(f"{language}.mo").read_bytes()
    order = "<" if content.startswith(_LITTLE_ENDIAN) else ">"
    count, begin = struct.unpack_from(f"{order}2I", content, 8)
    for number in range(count):
        length, place = struct.unpack_from(f"{order}2I", content, begin + 8 * number)
        if length:
            yield tuple(content[place : place + length].decode("utf-8").split("\0"))
