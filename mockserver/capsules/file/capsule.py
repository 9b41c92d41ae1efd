"""A capsule: a bug between a worker and a server, as one record that somebody else can replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workerkit.openapi.exchange import Exchange


class Ending(StrEnum):
    """How an answer ended, as the client saw it.

    `hung`: the client gave up waiting; `closed` and `reset`: before the answer began; `cut` and
    `reset-in-answer`: within it; `garbled`: what came is no HTTP.
    """

    WHOLE = "whole"
    CLOSED = "closed"
    RESET = "reset"
    CUT = "cut"
    RESET_IN_ANSWER = "reset-in-answer"
    GARBLED = "garbled"
    HUNG = "hung"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An exchange and how its answer ended. Header names are in lower case; times are since 1970."""

    exchange: Exchange
    ending: Ending = Ending.WHOLE

    @classmethod
    def plainly(cls, exchange: Exchange) -> Recorded:
        """By one who knows of the answer only whether it came."""
        return cls(exchange, Ending.WHOLE if exchange.status else Ending.CLOSED)


@dataclass(frozen=True)
class Capsule:
    """Exchanges in the order in which they began, and the world that they began in, where it is known.

    `began` is in seconds since 1970, `upstream` the server that was recorded, empty for the mock; `world` a
    snapshot, `scenario` the source of one that is played in it and is not in the library. `expected` says in
    words what should have happened, `notes` what else there is to know.
    """

    began: float
    recorded: tuple[Recorded, ...]
    world: Mapping[str, Any] | None = None
    upstream: str = ""
    scenario: str = ""
    expected: str = ""
    notes: tuple[str, ...] = field(default=())
