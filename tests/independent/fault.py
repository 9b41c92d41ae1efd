"""Faults: each breaks one promise of the API page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

P = TypeVar("P", bound=type)

FAULTS: dict[str, Fault] = {}


@dataclass(frozen=True)
class Fault:
    """A server with one wrong part.

    name: the id of the fault.
    breaks: what the server does wrong.
    quote: the text of the API page that forbids this.
    part: the wrong part.
    unseen: why no client can see the fault. Empty if a client can see it.
    """

    name: str
    breaks: str
    quote: str
    part: type
    unseen: str = ""


def fault(breaks: str, *, quote: str, unseen: str = "") -> Callable[[P], P]:
    """Adds the decorated part to FAULTS. `KeyBeginningAccepted` gets the id `key-beginning-accepted`."""

    def register(part: P) -> P:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", part.__name__).lower()
        FAULTS[name] = Fault(name, breaks, quote, part, unseen)
        return part

    return register
