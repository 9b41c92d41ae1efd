"""How far a run may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workerkit.contracts.target import Target


class Writes(StrEnum):
    """What may be sent: `all` is anything, `none` only what a correct server does not act on."""

    ALL = "all"
    NONE = "none"


class BadPlan(ValueError):
    """A bound makes no sense; the text says which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The bounds of a run: `rate` in requests a second, the time limit and `patience` (for one
    answer) in seconds.

    A bound of None does not bound. The same plan against the same server in the same state sends the same
    requests, unless `time_limit` ends the run. Raises BadPlan.
    """

    writes: Writes = Writes.ALL
    rate: float | None = None
    max_requests: int | None = None
    time_limit: float | None = None
    patience: float = 10.0
    seed: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "writes", _writes(self.writes))
        for name in ("rate", "max_requests", "time_limit", "patience"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise BadPlan(f"{name} has to be more than 0, not {value}")
        if self.seed < 0:
            raise BadPlan(f"seed has to be 0 or more, not {self.seed}")


def default_writes(target: Target) -> Writes:
    """Anything for a target on this machine, nothing that changes it elsewhere: it may be shared."""
    return Writes.ALL if target.is_loopback else Writes.NONE


def _writes(value: str) -> Writes:
    try:
        return Writes(value)
    except ValueError:
        raise BadPlan(f"writes has to be one of {', '.join(Writes)}, not {value}") from None
