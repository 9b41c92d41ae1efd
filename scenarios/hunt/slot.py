"""Slots: the requests of a worker at which a hunt lets something go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workerkit.openapi.asked import TASK_KINDS, Asked
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.model.trigger import OnAsked
from workerkit.scenarios.run_record.run import Run

# What the worker does, by what its request asks. Completions come first: there a worker can lose the most.
_ACTIONS = {
    "completion": "reports task {number} as completed",
    "failure": "reports task {number} as failed",
    "running": "sets task {number} to running",
    "first-page": "reads the first page of the list for the {nth} time",
    "later-page": "reads a later page of the list for the {nth} time",
    "requeue": "sets task {number} back to pending",
    "queued": "sets task {number} to queued",
    "cancellation": "cancels task {number}",
    "details": "updates task {number} without a status",
    "logs": "sends logs for the {nth} time",
    "heartbeat": "sends its heartbeat number {number}",
    "request-status": "sets the status of a customer's request for the {nth} time",
    "account-status": "sets the status of an account for the {nth} time",
}
SLOT_KINDS = tuple(_ACTIONS)
# Of each kind: the first requests, and the last one.
_FIRST_REQUESTS = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A request of a worker, named by what it asks and not by the number of a call.

    kind: what the request asks; one of SLOT_KINDS.
    number: the number of the task or of the request, as the trigger `asked` counts it.
    is_repetition: only a request that the worker repeats after trouble.
    since: only requests after the happening of this name are counted. None: all requests.
    """

    kind: str
    number: int = 1
    is_repetition: bool = False
    since: str | None = None

    @property
    def trigger(self) -> OnAsked:
        """The trigger of a happening at this request."""
        return OnAsked(
            what=(self.kind,),
            number=Calls(self.number, self.number),
            repeated="after-trouble" if self.is_repetition else None,
            since=self.since,
        )

    @property
    def is_about_task(self) -> bool:
        """Whether the request is about a task."""
        return self.kind in TASK_KINDS

    @property
    def is_after_success(self) -> bool:
        """Whether the API has answered a request of the worker before, so that its key must be correct."""
        return self.is_about_task or self.kind == "later-page" or self.number > 1 or self.since is not None

    def __str__(self) -> str:
        """What the worker does, in words: `reports task 2 as completed`."""
        action = _ACTIONS[self.kind].format(number=self.number, nth=_ordinal(self.number))
        again = " again after trouble" if self.is_repetition else ""
        return f"{action}{again}{', counted from then on' if self.since else ''}"


def slots_of(run: Run) -> tuple[Slot, ...]:
    """Returns the slots of a run in which nothing went wrong: of each kind the first two, and the last one.

    Two slots never mean the same request. All slots of completions come first.
    """
    requests = tuple(_requests(run.asked.items()))
    return tuple(
        Slot(kind, number)
        for kind in SLOT_KINDS
        for number in _chosen([exchange for asked, exchange in requests if asked == kind])
    )


def _requests(all_asked: Iterable[tuple[int, Iterable[Asked]]]) -> Iterator[tuple[str, int]]:
    """Yields what requests ask as the trigger `asked` counts it: a kind and the number of an exchange."""
    counted: set[Asked] = set()
    for exchange, asked in all_asked:
        for one in asked:
            if one not in counted or one.kind not in TASK_KINDS:
                yield one.kind, exchange
            counted.add(one)


def _chosen(exchanges: list[int]) -> list[int]:
    """Returns the numbers, from 1, of the requests that become slots. Each belongs to another exchange."""
    first_of_exchange = {exchange: number for number, exchange in reversed([*enumerate(exchanges, 1)])}
    numbers = sorted(first_of_exchange.values())
    return sorted({*numbers[:_FIRST_REQUESTS], *numbers[-1:]})


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
