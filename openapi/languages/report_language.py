"""The language in which reports are shown to people: English, if nobody asks for another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from workerkit.openapi.languages.catalogue import ENGLISH, catalogue
from workerkit.openapi.languages.phrase import text_in

_language = ContextVar("language", default=ENGLISH)


def report_language() -> str:
    """The language of the reports, for example `vi`."""
    return _language.get()


@contextmanager
def reports_in(language: str) -> Iterator[None]:
    """Shows texts in a language during the `with` block, in this thread.

    Raises NoCatalogueError.
    """
    catalogue(language)
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def in_report_language(text: str) -> str:
    """The text in the language of the reports, as a plain text."""
    return str(text_in(text, _language.get()))
