"""A rule that a worker broke."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """What the worker did wrong: the rule's id, a message that stands alone, the numbers of the exchanges."""

    rule: str
    message: str
    exchanges: tuple[int, ...] = ()
