"""The HTTP request and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request. `path` has no base path. The names of `headers` are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer. `document` is sent as JSON, or as an HTML page if it is text."""

    status: int
    document: Record | str
    allow: str | None = None
