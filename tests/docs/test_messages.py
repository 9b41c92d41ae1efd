"""Each message of the code is in each catalogue, with a translation that has the same placeholders."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from docs.messages.catalogue_file import read_catalogue
from docs.messages.messages import all_messages
from hatch_build import catalogue_files
from workerkit.openapi.languages.catalogue import LANGUAGES

MESSAGES = all_messages()
IN_EACH = pytest.mark.parametrize("file", catalogue_files(), ids=lambda file: file.stem)


@pytest.fixture
def catalogue(file: Path) -> Catalog:
    return read_catalogue(file)


def texts(value: object) -> list[str]:
    """The text of a message, or its texts for one and for more."""
    return [str(text) for text in value] if isinstance(value, list | tuple) else [str(value)]


def placeholders(text: str) -> set[tuple[str | None, ...]]:
    return {field[1:] for field in Formatter().parse(text) if field[1] is not None}


def test_each_language_has_a_catalogue() -> None:
    assert ["en", *(file.stem for file in catalogue_files())] == list(LANGUAGES)


@IN_EACH
def test_a_catalogue_has_exactly_the_messages_of_the_code(catalogue: Catalog) -> None:
    found = {str(message.id) for message in catalogue if message.id}
    assert found == {str(message.id) for message in MESSAGES}, "write it again: make messages"


@IN_EACH
def test_each_message_has_a_translation(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.id and not all(texts(message.string))] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@IN_EACH
def test_a_translation_has_the_placeholders_of_its_message(catalogue: Catalog) -> None:
    def is_wrong(message: Message) -> bool:
        wanted = placeholders(texts(message.id)[-1])
        return any(placeholders(text) != wanted for text in texts(message.string))

    assert [message.id for message in catalogue if message.id and is_wrong(message)] == []


@IN_EACH
def test_a_translation_has_the_spaces_of_its_message_at_its_ends(catalogue: Catalog) -> None:
    def ends(text: str) -> tuple[int, int]:
        return len(text) - len(text.lstrip()), len(text) - len(text.rstrip())

    wrong = [
        message.id
        for message in catalogue
        if message.id and any(ends(text) != ends(texts(message.id)[-1]) for text in texts(message.string))
    ]
    assert wrong == []
