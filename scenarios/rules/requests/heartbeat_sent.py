"""The worker says that it is running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

# A thread that sends heartbeats may be late where the machine is busy, but not while the others do so much.
_REQUESTS = 10


@dataclass(frozen=True, slots=True)
class HeartbeatSent(Rule):
    """A worker that reports of tasks sends a heartbeat at least once.

    One that was ended before it had sent ten requests after its first report is not judged.
    """

    id: ClassVar[str] = "heartbeat-sent"
    why: ClassVar[str] = (
        "A server that sends no heartbeat counts as dead, and its tasks may be given to others."
    )
    careful: ClassVar[str] = "sends a heartbeat when it starts, and regularly from then on"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        sent = any(exchange.operation == "heartbeat" for exchange in run.own_exchanges)
        if sent or not run.reports or not run.whole or not _had_time(run):
            return []
        text = (
            f"The worker reported of {len(run.reports_by_task)} tasks and sent no heartbeat (POST /health) "
            "in "
            f"{len(run.own_exchanges)} requests."
        )
        return self.found([Breach(text)])


def _had_time(run: Run) -> bool:
    first = run.reports[0].number
    return run.done or sum(exchange.number > first for exchange in run.own_exchanges) >= _REQUESTS
