"""Rule heartbeat-sent: send heartbeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.requests.heartbeats import heartbeats_of
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

# On a busy machine, the thread that sends heartbeats may start late. A worker that has sent this number of
# requests after its first report has had enough time.
_REQUESTS = 10


@dataclass(frozen=True, slots=True)
class HeartbeatSent(Rule):
    """A worker that reports tasks must send at least one heartbeat.

    A heartbeat does not count if the server refused it for a lasting reason, such as 400 or a wrong key.
    A worker that did not exit with code 0 is checked only if it sent ten requests or more after its first
    report.
    """

    id: ClassVar[str] = "heartbeat-sent"
    why: ClassVar[str] = phrase(
        "A server that sends no heartbeats counts as dead, and its tasks may be given to other servers."
    )
    careful: ClassVar[str] = phrase("sends a heartbeat when it starts, and regularly after that")
    general: ClassVar[bool] = True
    can_be_mended: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the run ended before the worker had time for a heartbeat")

    def check(self, run: Run) -> list[Violation]:
        if heartbeats_of(run) or not run.reports or not run.is_complete or not _had_time(run):
            return []
        refused = [exchange.number for exchange in run.own_exchanges if exchange.operation == "heartbeat"]
        which = (
            phrase("all its {refused_count} heartbeats were refused", refused_count=len(refused))
            if refused
            else phrase("it sent no heartbeat")
        )
        text = phrase(
            "The worker reported results for {reports_by_task_count} tasks, but {which} (POST "
            "/health). It sent {own_exchanges_count} requests.",
            reports_by_task_count=len(run.reports_by_task),
            which=which,
            own_exchanges_count=len(run.own_exchanges),
        )
        return self.summarize([Breach(text, tuple(refused))])

    def had_occasion(self, run: Run) -> bool:
        return bool(run.reports) and _had_time(run)


def _had_time(run: Run) -> bool:
    first = run.reports[0].number
    later_requests = sum(exchange.number > first for exchange in run.own_exchanges)
    return run.exited_normally or later_requests >= _REQUESTS
