"""What went wrong with a request, in the classes that make a difference to a worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer
from workerkit.scenarios.faults.mislead.partial_bulk import PartialBulk
from workerkit.scenarios.faults.refuse.down import Down
from workerkit.scenarios.faults.refuse.empty_answer import EmptyAnswer
from workerkit.scenarios.faults.refuse.hang import Hang
from workerkit.scenarios.faults.refuse.reset import Reset
from workerkit.scenarios.faults.slow.bandwidth import Bandwidth
from workerkit.scenarios.faults.slow.dribble import Dribble
from workerkit.scenarios.faults.slow.latency_fixed import LatencyFixed
from workerkit.scenarios.faults.slow.latency_lognormal import LatencyLognormal
from workerkit.scenarios.faults.slow.latency_uniform import LatencyUniform

Trouble = Literal["5xx", "401", "429", "answer-lost", "connection-lost", "unreadable", "hang", "slow"]
TROUBLES: tuple[Trouble, ...] = (
    "5xx",
    "401",
    "429",
    "answer-lost",
    "connection-lost",
    "unreadable",
    "hang",
    "slow",
)


def troubles_of(exchange: Exchange, faults: Iterable[Fault] = ()) -> frozenset[Trouble]:
    """Returns the troubles that a request met.

    `5xx`, `401`, `429`: the status of the answer.
    `answer-lost`: the request took effect, at least in part, and no answer came.
    `connection-lost`: the request changed nothing, and the connection ended without an answer.
    `unreadable`: an answer came, but it was broken or not JSON.
    `hang`: nothing came, and the connection stayed open.
    `slow`: the answer came late or in pieces.

    faults: the faults that were applied to the request.
    """
    return frozenset((*_by_faults(faults), *_by_status(exchange))) or _by_body(exchange)


def _by_faults(faults: Iterable[Fault]) -> Iterator[Trouble]:
    for fault in faults:
        match fault:
            case LostAnswer() | PartialBulk(then="lost"):
                yield "answer-lost"
            case EmptyAnswer() | Reset() | Down():
                yield "connection-lost"
            case Hang():
                yield "hang"
            case Bandwidth() | Dribble() | LatencyFixed() | LatencyLognormal() | LatencyUniform():
                yield "slow"
            case Fault(answer_unreadable=True):
                yield "unreadable"


def _by_status(exchange: Exchange) -> Iterator[Trouble]:
    if exchange.status == 401:
        yield "401"
    elif exchange.status == 429:
        yield "429"
    elif exchange.status is not None and exchange.status >= 500:
        yield "5xx"


def _by_body(exchange: Exchange) -> frozenset[Trouble]:
    is_broken = exchange.accepted and exchange.answer_json() is None
    return frozenset(("unreadable",)) if is_broken else frozenset()
