"""Finds words that are neither in the dictionary of American English nor in our own list, `words.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hunspell import Hunspell  # type: ignore[import-untyped]

from docs.checks.document_text import line_at, read, words_only
from docs.checks.finding import Finding

WORDS = Path(__file__).with_name("words.txt")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


class Dictionary:
    """The words that a document may use. The dictionary comes with the package chunspell.

    A word of our own list is written as it stands there. Only its first letter may be large, at the beginning
    of a sentence. Its plural has to be in the list, too.
    """

    def __init__(self, own: frozenset[str]) -> None:
        self._english = Hunspell("en_US")
        self._own = own

    @classmethod
    def ours(cls) -> Dictionary:
        """The dictionary with the words of `words.txt`."""
        return cls(frozenset(read(WORDS).split()))

    def knows(self, word: str) -> bool:
        """Whether a document may use this word."""
        word = word.removesuffix("'s")
        small = word[0].lower() + word[1:]
        return word in self._own or small in self._own or bool(self._english.spell(word))


def unknown_words(path: Path, dictionary: Dictionary) -> Iterator[Finding]:
    """Each unknown word of a document. Words with letters that English does not have are not looked up."""
    text = words_only(read(path))
    for match in _WORD.finditer(text):
        if match[0].isascii() and not dictionary.knows(match[0]):
            message = f"unknown word {match[0]!r}: mend it, put it into backquotes, or add it to {WORDS.name}"
            yield Finding(path, line_at(text, match.start()), message)
