"""The JSON text of a large object, in parts. Nobody needs the whole object or the whole text at one time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workerkit.openapi.formats.strict_json import render


def is_lazy(value: Mapping[str, Any]) -> bool:
    """Whether a member of an object is an iterator, so that `json_parts` writes a list for it."""
    return any(isinstance(member, Iterator) for member in value.values())


def json_parts(value: Mapping[str, Any]) -> Iterator[bytes]:
    """The JSON text of an object in parts. A part can be empty.

    value: if a member is an iterator, the text has a list with its items. The iterator may return None
        instead of an item, as often as it wants: then the next item needs more time, and the part is empty.
    """
    separator = b"{"
    for name, member in value.items():
        yield separator + render(name) + b":"
        if isinstance(member, Iterator):
            yield from _list_parts(member)
        else:
            yield render(member)
        separator = b","
    yield b"{}" if separator == b"{" else b"}"


def complete(value: Mapping[str, Any]) -> dict[str, Any]:
    """The object that `json_parts` writes: it has a list in place of each iterator."""
    return {
        name: [item for item in member if item is not None] if isinstance(member, Iterator) else member
        for name, member in value.items()
    }


def _list_parts(items: Iterator[Any]) -> Iterator[bytes]:
    separator = b"["
    for item in items:
        if item is None:
            yield b""
        else:
            yield separator + render(item)
            separator = b","
    yield b"[]" if separator == b"[" else b"]"
