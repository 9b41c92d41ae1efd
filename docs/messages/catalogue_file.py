"""A catalogue as a file: `openapi/languages/vi.po`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

# One time for all versions of a file, so that it only changes with its messages.
_NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_WIDTH = 110


def read_catalogue(file: Path) -> Catalog:
    """The catalogue in a file, which has the name of its language: `vi.po`."""
    with file.open("rb") as content:
        return read_po(content, locale=file.stem)


def updated_catalogue(file: Path, messages: Iterable[Message]) -> Catalog:
    """The catalogue of a file with exactly these messages. New messages have no translation."""
    catalogue, template = read_catalogue(file), Catalog()
    for message in messages:
        template.add(message.id, locations=message.locations)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def write_catalogue(catalogue: Catalog, file: Path) -> None:
    """Writes the file."""
    catalogue.project, catalogue.version = "workerkit", ""
    catalogue.creation_date = catalogue.revision_date = _NO_TIME
    with file.open("wb") as content:
        write_po(content, catalogue, width=_WIDTH, include_lineno=False, sort_by_file=True)
