"""What a run saw of one silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workerkit.openapi.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Observation:
    """The value that a server showed, or None where it showed none; `why` says more, `exchanges` show it."""

    silence: str
    value: str | None
    why: str = ""
    exchanges: tuple[Exchange, ...] = ()


def seen(silence: str, value: str, *exchanges: Exchange, why: str = "") -> Observation:
    """The sight of a value."""
    return Observation(silence, value, why, exchanges)


def unseen(silence: str, why: str, *exchanges: Exchange) -> Observation:
    """The sight of no value, or of none that the silence has, and why."""
    return Observation(silence, None, why, exchanges)


def by_status(silence: str, values: Mapping[int, str], exchange: Exchange) -> Observation:
    """The sight of the value that the answer's status stands for."""
    value = values.get(exchange.status or 0)
    if value is None:
        return unseen(silence, f"answered {exchange.status}, which no value of it stands for", exchange)
    return seen(silence, value, exchange)
