"""What changed in a world: what those who listen hear of, what a world remembers, and what the judge sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """The `field` of one thing changed. `kind` is `task`, `server`, `request`, `account` or `world`.

    `id` is a server's or world's name, else an id. `at` is in seconds since 1970 on the world's clock, and
    `after` is the number of the exchange before it, 0 for none. `by` says in words who did it; it is empty
    where a worker did, by its exchange `number`. A server's field `api_key` holds secrets.
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
        """The number of the exchange in which it took place."""
        return self.after + 1
