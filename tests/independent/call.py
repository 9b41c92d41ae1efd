"""A request as it came off the wire, and what goes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """`path` begins behind the base URL; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """`document` becomes JSON, unless it is text: that is sent as an HTML page."""

    status: int
    document: Record | str
    allow: str | None = None
