"""Heartbeats go on while the worker works."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class HeartbeatRegular(Rule):
    """Between the first request and the last no heartbeat is `every` later than the one before.

    Of the worker's longest silence in between two seconds are not counted: the machine may have been busy.
    """

    id: ClassVar[str] = "heartbeat-regular"
    why: ClassVar[str] = (
        "A server that falls silent while it works counts as dead, and its tasks are given away."
    )
    careful: ClassVar[str] = (
        "sends heartbeats by the clock, also while a task takes long or a request is repeated"
    )
    general: ClassVar[bool] = False

    every: Seconds = 30.0

    def check(self, run: Run) -> list[Violation]:
        own = run.own_exchanges
        beats = [each for each in own if each.operation == "heartbeat"]
        marks = [*own[:1], *beats, *own[-1:]]
        gaps = [(a, b) for a, b in pairwise(marks) if run.seconds_to_act(a.began, b.began) >= self.every]
        return self.found([_case(run, before, after) for before, after in gaps])


def _case(run: Run, before: Exchange, after: Exchange) -> Breach:
    return Breach(
        f"No heartbeat came for {after.began - before.began:.1f} s, between {run.named(before)} and "
        f"{run.named(after)}.",
        (before.number, after.number),
    )
