"""One change in a world. Events, the world's memory and the judge use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one thing in a world got a new value.

    kind: what changed: `task`, `server`, `request`, `account` or `world`.
    id: the name of the server or the world, or the id of the task, request or account.
    field: the name of the field. The field `api_key` of a server holds secrets.
    was: the value before the change.
    now: the value after the change.
    at: when it changed, in seconds since 1970 on the world's clock.
    after: the number of the exchange before the change. 0 if there was none.
    by: who made the change, in words. Empty if a worker made it, in the exchange `number`.
    """

    kind: str
    id: str
    field: str
    was: Any
    now: Any
    at: float
    after: int
    by: str = ""

    @property
    def number(self) -> int:
        """The number of the exchange in which the change was made.

        For a change between two exchanges, the number of the later one.
        """
        return self.after + 1
