"""Rule heartbeat-not-too-often: do not send too many heartbeats."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class HeartbeatNotTooOften(Rule):
    """The worker must not send more than `most` heartbeats within one second.

    Only heartbeats that the server accepted count.
    """

    id: ClassVar[str] = "heartbeat-not-too-often"
    why: ClassVar[str] = phrase(
        "Every server sends heartbeats. A heartbeat for each step of the work adds load, but no information."
    )
    careful: ClassVar[str] = phrase(
        "sends heartbeats at regular times, at most one a second, no matter how much it works"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker sent fewer than two heartbeats")

    most: Positive = 12

    def check(self, run: Run) -> list[Violation]:
        last_second: deque[Exchange] = deque()
        for exchange in run.timed_exchanges:
            if exchange.operation == "heartbeat" and exchange.accepted:
                last_second.append(exchange)
                while exchange.began - last_second[0].began >= 1:
                    last_second.popleft()
                if len(last_second) > self.most:
                    return self.summarize([_breach(run, tuple(last_second))])
        return []

    def had_occasion(self, run: Run) -> bool:
        return sum(exchange.operation == "heartbeat" for exchange in run.own_exchanges) > 1


def _breach(run: Run, heartbeats: tuple[Exchange, ...]) -> Breach:
    first, last = heartbeats[0], heartbeats[-1]
    return Breach(
        phrase(
            "The worker sent {heartbeats_count} heartbeats within {seconds:.3f} s, from "
            "{first_exchange} to {last_exchange}.",
            heartbeats_count=len(heartbeats),
            seconds=last.began - first.began,
            first_exchange=run.describe(first),
            last_exchange=run.describe(last),
        ),
        tuple(heartbeat.number for heartbeat in heartbeats),
    )
