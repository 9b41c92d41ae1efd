"""What changed in a world: what those who listen hear of, and what the world remembers of its past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """The `field` of one thing changed. `kind` is `task`, `server`, `request`, `account` or `world`.

    `id` is a server's or world's name, else an id. `at` is in seconds since 1970 on the world's clock, and
    `after` is the number of the exchange before it, 0 for none. `by` says in words who did it; it is empty
    where a worker did. A server's field `api_key` holds secrets.
    """

    kind: str
    id: str
    field: str
    was: Any
    now: Any
    at: float
    after: int
    by: str = ""
