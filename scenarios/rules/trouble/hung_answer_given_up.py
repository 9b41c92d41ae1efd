"""Rule hung-answer-given-up: do not wait forever for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer
from workerkit.scenarios.faults.refuse.hang import Hang
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.applied_faults import AppliedFaults
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class HungAnswerGivenUp(Rule):
    """The worker must not wait for `patience` or longer on a connection on which nothing arrives."""

    id: ClassVar[str] = "hung-answer-given-up"
    why: ClassVar[str] = "A worker without a timeout waits forever, and seems to be working."
    careful: ClassVar[str] = "sets a timeout for every request, and tries again after the timeout"
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = "no request was left without an answer on an open connection"

    patience: Seconds = 15.0

    def check(self, run: Run) -> list[Violation]:
        breaches = []
        for exchange in run.own_exchanges:
            applied = run.applied_faults_by_number.get(exchange.number)
            if applied is not None and _hangs(applied):
                seconds = _seconds_waited(run, exchange, applied)
                if seconds >= self.patience:
                    breaches.append(_breach(run, exchange, seconds))
        return self.summarize(breaches)

    def had_occasion(self, run: Run) -> bool:
        applied = (run.applied_faults_by_number.get(exchange.number) for exchange in run.own_exchanges)
        return any(faults is not None and _hangs(faults) for faults in applied)


def _hangs(applied: AppliedFaults) -> bool:
    return any(
        isinstance(fault, Hang) or (isinstance(fault, LostAnswer) and fault.by == "hang")
        for fault in applied.faults
    )


def _seconds_waited(run: Run, exchange: Exchange, applied: AppliedFaults) -> float:
    return (exchange.ended if applied.is_over else run.recorded_at) - exchange.began


def _breach(run: Run, exchange: Exchange, seconds: float) -> Breach:
    return Breach(
        f"In {run.describe(exchange)} the server accepted the connection and never answered. The worker "
        f"waited {seconds:.1f} s.",
        (exchange.number,),
    )
