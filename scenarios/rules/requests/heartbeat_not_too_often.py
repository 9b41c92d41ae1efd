"""Heartbeats come now and then."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class HeartbeatNotTooOften(Rule):
    """Not more than `most` heartbeats are accepted within one second."""

    id: ClassVar[str] = "heartbeat-not-too-often"
    why: ClassVar[str] = (
        "Every server sends heartbeats, and one for each step of the work is a load without news."
    )
    careful: ClassVar[str] = "sends heartbeats by the clock, at most one a second, however much it works"
    general: ClassVar[bool] = True

    most: Positive = 12

    def check(self, run: Run) -> list[Violation]:
        recent: deque[Exchange] = deque()
        for beat in run.timed_exchanges:
            if beat.operation == "heartbeat" and beat.accepted:
                recent.append(beat)
                while beat.began - recent[0].began >= 1:
                    recent.popleft()
                if len(recent) > self.most:
                    return self.found([_case(run, tuple(recent))])
        return []


def _case(run: Run, beats: tuple[Exchange, ...]) -> Breach:
    first, last = beats[0], beats[-1]
    return Breach(
        f"{len(beats)} heartbeats came within {last.began - first.began:.3f} s, from {run.named(first)} to "
        f"{run.named(last)}.",
        tuple(beat.number for beat in beats),
    )
