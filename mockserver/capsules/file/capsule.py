"""A capsule: recorded exchanges between a worker and a server, which anyone can replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workerkit.openapi.exchange import Exchange

# The field `why` of an exchange contains these words if its answer had a body that the capsule does not have.
LEFT_OUT = "the answer's body is left out"
# The same for the body of the request.
REQUEST_LEFT_OUT = "the request's body is left out"
# The field `why` contains these words if the answer, or the API key of the request, is not known.
NOT_COMPARED = "the answer is not compared"


class Ending(StrEnum):
    """How an answer ended for the client.

    whole: the complete answer came.
    closed: the connection was closed before the answer began.
    reset: the connection was reset before the answer began.
    cut: the connection was closed in the middle of the answer.
    reset-in-answer: the connection was reset in the middle of the answer.
    garbled: the server sent bytes that are not HTTP.
    hung: the client stopped waiting.
    """

    WHOLE = "whole"
    CLOSED = "closed"
    RESET = "reset"
    CUT = "cut"
    RESET_IN_ANSWER = "reset-in-answer"
    GARBLED = "garbled"
    HUNG = "hung"

    @property
    def has_status(self) -> bool:
        """Whether at least the beginning of an answer came."""
        return self in (Ending.WHOLE, Ending.CUT, Ending.RESET_IN_ANSWER)


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """An exchange and how its answer ended.

    exchange: the exchange, with header names in lower case and times in seconds since 1970.
    ending: how the answer ended.
    is_sent: whether a replay in the mock sends the request. False if no answer is known, and the request
        probably did not reach the server.
    """

    exchange: Exchange
    ending: Ending = Ending.WHOLE
    is_sent: bool = True

    @property
    def is_compared(self) -> bool:
        """Whether the answer can be compared: the request and its answer are known."""
        return not any(words in self.exchange.why for words in (NOT_COMPARED, REQUEST_LEFT_OUT))

    @property
    def lacks_request_body(self) -> bool:
        """Whether the body of the request is not in the capsule."""
        return REQUEST_LEFT_OUT in self.exchange.why

    @property
    def lacks_body(self) -> bool:
        """Whether the body of the answer is not in the capsule. Then nothing is known about it."""
        return LEFT_OUT in self.exchange.why

    @classmethod
    def of(cls, exchange: Exchange) -> RecordedExchange:
        """The exchange with an ending: `whole` if the exchange has a status, otherwise `closed`."""
        return cls(exchange, Ending.WHOLE if exchange.status else Ending.CLOSED)


@dataclass(frozen=True)
class Capsule:
    """Recorded exchanges, and what is known about the world they began in.

    began: the start of the recording, in seconds since 1970.
    recorded: the exchanges, in the order in which they began.
    world: a snapshot of the mock's world; None if another server was recorded.
    upstream: the URL of the recorded server; empty for the mock.
    scenario: the source of the world's scenario; empty if the library has it or if there is none.
    expected: what should have happened, in words.
    notes: further notes for people.
    is_complete: whether all exchanges between the first and the last one are there. False for the recording
        of another tool, which may have left out some, and for a capsule from which somebody removed some.
        None if the file does not say it.
    """

    began: float
    recorded: tuple[RecordedExchange, ...]
    world: Mapping[str, Any] | None = None
    upstream: str = ""
    scenario: str = ""
    expected: str = ""
    notes: tuple[str, ...] = field(default=())
    is_complete: bool | None = True
