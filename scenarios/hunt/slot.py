"""Slots: the requests of a worker at which a hunt lets something go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from workerkit.openapi.asked import TASK_KINDS, Asked
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.model.trigger import OnAsked
from workerkit.scenarios.run_record.run import Run

# What the worker does, by what its request asks. Completions come first: there a worker can lose the most.
_ACTIONS = {
    "completion": phrase("reports {task} as completed"),
    "failure": phrase("reports {task} as failed"),
    "running": phrase("sets {task} to running"),
    "first-page": phrase("reads the first page of the list"),
    "later-page": phrase("reads a later page of the list"),
    "requeue": phrase("sets {task} back to pending"),
    "queued": phrase("sets {task} to queued"),
    "cancellation": phrase("cancels {task}"),
    "details": phrase("updates {task} without a status"),
    "logs": phrase("sends logs"),
    "heartbeat": phrase("sends a heartbeat"),
    "request-status": phrase("sets the status of a customer's request"),
    "account-status": phrase("sets the status of an account"),
}
SLOT_KINDS = tuple(_ACTIONS)
_FIRST_ORDINALS = {1: phrase("first"), 2: phrase("second"), 3: phrase("third")}
# Of each kind: the first requests, and the last one.
_FIRST_REQUESTS = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A request of a worker, named by what it asks and not by the number of a call.

    kind: what the request asks; one of SLOT_KINDS.
    number: the number of the task or of the request, as the trigger `asked` counts it.
    follows: whether only requests after the trouble before it are counted. Otherwise all requests are.
    """

    kind: str
    number: int = 1
    follows: bool = False

    def trigger(self, before: str | None) -> OnAsked:
        """The trigger of a happening at this request.

        before: the name of the happening before it.
        """
        return OnAsked(
            what=(self.kind,),
            number=Calls(self.number, self.number),
            since=before if self.follows else None,
        )

    @property
    def is_about_task(self) -> bool:
        """Whether the request is about a task."""
        return self.kind in TASK_KINDS

    @property
    def is_after_success(self) -> bool:
        """Whether the API has answered a request of the worker before, so that its key must be correct."""
        return self.is_about_task or self.kind == "later-page" or self.number > 1 or self.follows

    @property
    def text(self) -> str:
        """What the worker does, in words: `reports task 2 as completed`."""
        if self.follows:
            action = phrase(_ACTIONS[self.kind], task=phrase("a task"))
            return phrase("next {action}", action=action) if self.number == 1 else self._numbered(action)
        if self.is_about_task:
            return phrase(_ACTIONS[self.kind], task=phrase("task {number}", number=self.number))
        return self._numbered(_ACTIONS[self.kind])

    def _numbered(self, action: str) -> str:
        return phrase("{action} for the {ordinal} time", action=action, ordinal=_ordinal(self.number))


def slots_of(run: Run) -> tuple[Slot, ...]:
    """Returns the slots of a run in which nothing went wrong. All slots of completions come first.

    Two slots never mean the same request.
    """
    requests = _requests(run.asked.items())
    return tuple(
        Slot(kind, number)
        for kind in SLOT_KINDS
        for number in _numbers([exchange for asked, exchange in requests if asked == kind])
    )


def ends_of(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    """Returns of each kind the first two slots, and the last one."""
    by_kind: dict[str, list[Slot]] = {}
    for slot in slots:
        by_kind.setdefault(slot.kind, []).append(slot)
    return tuple(
        slot
        for of_kind in by_kind.values()
        for slot in dict.fromkeys((*of_kind[:_FIRST_REQUESTS], of_kind[-1]))
    )


def slots_after(slot: Slot, run: Run, *, most: int) -> tuple[Slot, ...]:
    """Returns the first requests that followed a slot in a run, in the order in which they came.

    most: how many slots are wanted.
    Returns nothing if the slot did not come in the run.
    """
    of_kind = [exchange for kind, exchange in _requests(run.asked.items()) if kind == slot.kind]
    if len(of_kind) < slot.number:
        return ()
    later = [(number, asked) for number, asked in run.asked.items() if number > of_kind[slot.number - 1]]
    numbers: Counter[str] = Counter()
    slots: list[Slot] = []
    for kind, _ in _requests(later)[:most]:
        numbers[kind] += 1
        slots.append(Slot(kind, numbers[kind], follows=True))
    return tuple(slots)


def _requests(all_asked: Iterable[tuple[int, Iterable[Asked]]]) -> list[tuple[str, int]]:
    """Returns what requests ask as the trigger `asked` counts it: a kind and the number of an exchange."""
    counted: set[Asked] = set()
    requests: list[tuple[str, int]] = []
    for exchange, asked in all_asked:
        for one in asked:
            if one not in counted or one.kind not in TASK_KINDS:
                requests.append((one.kind, exchange))
            counted.add(one)
    return requests


def _numbers(exchanges: list[int]) -> list[int]:
    """Returns the numbers, from 1, of the requests that become slots. Each belongs to another exchange."""
    first_of_exchange = {exchange: number for number, exchange in reversed([*enumerate(exchanges, 1)])}
    return sorted(first_of_exchange.values())


def _ordinal(number: int) -> str:
    return _FIRST_ORDINALS.get(number) or phrase("{number}th", number=number)
