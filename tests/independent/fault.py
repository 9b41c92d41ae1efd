"""Planted faults: one promise of the page broken, one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

P = TypeVar("P", bound=type)

FAULTS: dict[str, Fault] = {}


@dataclass(frozen=True)
class Fault:
    """`breaks` says what the server does wrong, `quote` are the page's words against it.

    `unseen` says why no client of this API can see it; empty for the others, which a client can see.
    """

    name: str
    breaks: str
    quote: str
    part: type
    unseen: str = ""


def fault(breaks: str, *, quote: str, unseen: str = "") -> Callable[[P], P]:
    """Registers the part it decorates: `KeyBeginningAccepted` becomes `key-beginning-accepted`."""

    def register(part: P) -> P:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", part.__name__).lower()
        FAULTS[name] = Fault(name, breaks, quote, part, unseen)
        return part

    return register
