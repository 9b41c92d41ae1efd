"""Rule heartbeat-regular: send heartbeats all the time."""

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
    """From the worker's first request to its last, the time between two heartbeats must be less than `every`.

    The worker's longest pause between requests, up to 2 seconds, is subtracted from this time. A busy machine
    may have caused the pause.
    """

    id: ClassVar[str] = "heartbeat-regular"
    why: ClassVar[str] = (
        "A server that sends no heartbeats counts as dead, and its tasks are given to other servers."
    )
    careful: ClassVar[str] = (
        "sends heartbeats at regular times, also while a task takes long or a request is repeated"
    )
    general: ClassVar[bool] = False
    can_be_mended: ClassVar[bool] = True
    follows_from: ClassVar[tuple[str, ...]] = ("heartbeat-sent",)
    no_occasion: ClassVar[str] = "the worker was at work for a shorter time"

    every: Seconds = 30.0

    def check(self, run: Run) -> list[Violation]:
        own = run.own_exchanges
        heartbeats = [exchange for exchange in own if exchange.operation == "heartbeat"]
        gaps = [
            (before, after)
            for before, after in pairwise([*own[:1], *heartbeats, *own[-1:]])
            if run.seconds_to_act(before.began, after.began) >= self.every
        ]
        return self.summarize([_breach(run, before, after) for before, after in gaps])

    def had_occasion(self, run: Run) -> bool:
        own = run.own_exchanges
        return bool(own) and run.seconds_to_act(own[0].began, own[-1].began) >= self.every


def _breach(run: Run, before: Exchange, after: Exchange) -> Breach:
    return Breach(
        f"The worker sent no heartbeat for {after.began - before.began:.1f} s, between "
        f"{run.describe(before)} and {run.describe(after)}.",
        (before.number, after.number),
    )
