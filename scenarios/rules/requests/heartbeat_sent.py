"""The worker says that it is running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class HeartbeatSent(Rule):
    """A worker that reports of tasks sends a heartbeat at least once."""

    id: ClassVar[str] = "heartbeat-sent"
    why: ClassVar[str] = (
        "A server that sends no heartbeat counts as dead, and its tasks may be given to others."
    )
    careful: ClassVar[str] = "sends a heartbeat when it starts, and regularly from then on"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        sent = any(own_exchange.operation == "heartbeat" for own_exchange in run.own_exchanges)
        if sent or not run.reports or not run.whole:
            return []
        text = (
            f"The worker reported of {len(run.reports_by_task)} tasks and sent no heartbeat (POST /health) "
            "in "
            f"{len(run.own_exchanges)} requests."
        )
        return self.found([Breach(text)])
