"""Answers of a limited size. An answer that is cut says how to get the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.visible_text import visible_json

Json = dict[str, Any]
# An answer has at most MAX_CHARACTERS characters of items or text, and some more for the facts around them.
MAX_CHARACTERS, MAX_TEXT = 12_000, 1_000


def answer_text(answer: Json) -> str:
    """The text of an answer. It has no control characters."""
    return visible_json(render(answer)).decode()


def cut(text: str, length: int = MAX_TEXT) -> str:
    """The beginning of a text. If something is left out, it says how much."""
    return text if len(text) <= length else f"{text[:length]} [... {len(text) - length} more characters]"


def text_page(text: str, start: int) -> Json:
    """A part of a long text, from the character `start` on.

    `next_start` is the start of the next part. It is None at the end of the text.
    """
    end = start + MAX_CHARACTERS
    return {
        "text": text[start:end],
        "characters": len(text),
        "next_start": end if end < len(text) else None,
    }


def list_page(items: Sequence[Json], start: int) -> Json:
    """A part of a long list, from the item `start` on: as many items as fit, but at least one.

    `next_start` is the number of the next item. It is None at the end of the list. The first item has the
    number 0.
    """
    chosen = fitting(items[start:])
    end = start + len(chosen)
    return {"items": chosen, "count": len(items), "next_start": end if end < len(items) else None}


def fitting(items: Iterable[Json]) -> list[Json]:
    """The first items that fit into an answer, but at least one, if there is one."""
    chosen, size = list[Json](), 0
    for item in items:
        size += len(render(item))
        if chosen and size > MAX_CHARACTERS:
            break
        chosen.append(item)
    return chosen


def first_numbers(numbers: Sequence[int], count: int = 20) -> Json:
    """The first numbers of a long list, and how many there are."""
    return {"first": list(numbers[:count]), "count": len(numbers)}
