"""The catalogues: for each language, what each English text is in it."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from workerkit.openapi.errors import CannotRunError

ENGLISH = "en"
# English, and each language with a catalogue, `vi.po` for example.
LANGUAGES = (ENGLISH, "vi")


class NoCatalogueError(CannotRunError):
    """The catalogue of a language was not compiled."""


@cache
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language. That of English gives each text back as it is.

    Raises NoCatalogueError.
    """
    if language == ENGLISH:
        return NullTranslations()
    file = Path(__file__).with_name(f"{language}.mo")
    if not file.is_file():
        raise NoCatalogueError(f"{file} is missing. In a clone of the repository, make messages writes it")
    with file.open("rb") as content:
        return GNUTranslations(content)
