"""A worker with nothing to do waits before it asks again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.list_seen import ListSeen
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class NoBusyPolling(Rule):
    """Not more than `most` times a second a list is asked for that says the same as before.

    Counted are lists between two reports of the worker; each report begins anew.
    """

    id: ClassVar[str] = "no-busy-polling"
    why: ClassVar[str] = "An idle worker that asks all the time is a load as large as one that works."
    careful: ClassVar[str] = "waits a second or longer before it asks again for a list that had nothing new"
    general: ClassVar[bool] = True

    most: Positive = 20

    def check(self, run: Run) -> list[Violation]:
        recent: deque[ListSeen] = deque()
        for poll in _idle_polls(run):
            if poll is None:
                recent.clear()
                continue
            recent.append(poll)
            while poll.exchange.began - recent[0].exchange.began >= 1:
                recent.popleft()
            if len(recent) > self.most:
                return self.found([_case(run, tuple(recent))])
        return []


def _idle_polls(run: Run) -> Iterator[ListSeen | None]:
    """The lists that said the same as the same request did before; None stands for a report."""
    listings = {listing.exchange.number: listing for listing in run.listings}
    said: dict[str, bytes] = {}
    for exchange in run.timed_exchanges:
        if exchange.number in run.tasks_by_exchange:
            yield None
        elif exchange.number in listings:
            if said.get(exchange.query) == exchange.answer_body:
                yield listings[exchange.number]
            said[exchange.query] = exchange.answer_body


def _case(run: Run, polls: tuple[ListSeen, ...]) -> Breach:
    first, last = polls[0].exchange, polls[-1].exchange
    return Breach(
        f"The worker asked {len(polls)} times within {last.began - first.began:.3f} s for a list that "
        "stayed the "
        f"same, from {run.named(first)} to {run.named(last)}.",
        tuple(poll.exchange.number for poll in polls),
    )
