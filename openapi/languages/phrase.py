"""Texts of reports that can be read in more than one language.

A `Phrase` is its English text. So JSON, which handles it as a text, has English. Each text goes through
`visible_text` to a person, and there it is shown in the language of the reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

from workerkit.openapi.languages.catalogue import ENGLISH, catalogue


class Phrase(str):
    """A text in English that knows what it is in the other languages.

    in_other_language: a function from a language, for example `vi`, to the text in it.

    Make one with `phrase`, `counted_phrase` or `joined`. An f-string, `join` and most methods of texts give a
    plain text, which stays English. `+` gives a `Phrase`.
    """

    __slots__ = ("_in_other_language",)
    _in_other_language: Callable[[str], str]

    def __new__(cls, english: str, in_other_language: Callable[[str], str]) -> Self:
        self = super().__new__(cls, english)
        self._in_other_language = in_other_language
        return self

    def in_language(self, language: str) -> str:
        """The text in a language, for example `vi`."""
        return str(self) if language == ENGLISH else self._in_other_language(language)

    def changed_by(self, change: Callable[[str], str]) -> Phrase:
        """A phrase whose text is changed in each language, for example by a mask."""
        return Phrase(change(str(self)), lambda language: change(self.in_language(language)))

    def __add__(self, other: str) -> Phrase:
        return joined("", (self, other))

    def __radd__(self, other: str) -> Phrase:
        return joined("", (other, self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes get the plain text."""
        return str, (str(self),)


def phrase(english: str, /, **values: Any) -> Phrase:
    """A text for people. The catalogues have its translations.

    english: the text. `{name}` is replaced by the value of that name, as `str.format` does it. Without
        values, braces stay as they are. The text stands in the call, because the catalogues are made from
        the code. Without values, a `Phrase` stays as it is.
    values: a value that is a `Phrase` is translated, too.
    """

    if isinstance(english, Phrase) and not values:
        return english

    def in_other_language(language: str) -> str:
        # The text of the empty message is the head of the catalogue.
        text = catalogue(language).gettext(english) if english else english
        return _filled(text, values, language)

    return Phrase(_filled(english, values, ENGLISH), in_other_language)


def phrase_of(english: str, /, **translations: str) -> Phrase:
    """A text of a data file that has its translations, too, by their languages. No catalogue has it."""
    return Phrase(english, lambda language: translations.get(language, english))


def counted_phrase(count: int, one: str, more: str, /, **values: Any) -> Phrase:
    """A text with a number, `{count}`, in its two English forms.

    one: the text for the number 1.
    more: the text for each other number.
    """
    values["count"] = count

    def in_other_language(language: str) -> str:
        return _filled(catalogue(language).ngettext(one, more, count), values, language)

    return Phrase(_filled(one if count == 1 else more, values, ENGLISH), in_other_language)


def joined(separator: str, texts: Iterable[str]) -> Phrase:
    """The texts with the separator between them, as `separator.join(texts)`. Each may be a `Phrase`."""
    parts = tuple(texts)
    return Phrase(
        separator.join(parts),
        lambda language: text_in(separator, language).join(text_in(part, language) for part in parts),
    )


def changed_text(text: str, change: Callable[[str], str]) -> str:
    """The text, changed by a function in each language."""
    return text.changed_by(change) if isinstance(text, Phrase) else change(text)


def error_text(error: Exception) -> str:
    """The message of an error. It is a `Phrase` if the error was made with one."""
    text = error.args[0] if error.args else ""
    return text if isinstance(text, Phrase) else str(error)


def text_in(text: str, language: str) -> str:
    """The text in a language. Only a `Phrase` is another text in another language."""
    return text.in_language(language) if isinstance(text, Phrase) else text


def _filled(text: str, values: dict[str, Any], language: str) -> str:
    if not values:
        return text
    return text.format_map(
        {
            name: value.in_language(language) if isinstance(value, Phrase) else value
            for name, value in values.items()
        }
    )
