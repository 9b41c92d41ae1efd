"""An answer that never comes is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults import Hang, LostAnswer
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.struck_faults import AppliedFaults
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class HungAnswerGivenUp(Rule):
    """No request is waited for longer than `patience` on a connection where nothing comes."""

    id: ClassVar[str] = "hung-answer-given-up"
    why: ClassVar[str] = "A worker without a timeout waits for ever, and looks as if it worked."
    careful: ClassVar[str] = "sets a timeout on every request, and tries again after it"
    general: ClassVar[bool] = True

    patience: Seconds = 15.0

    def check(self, run: Run) -> list[Violation]:
        hung = [
            (own_exchange, run.applied_faults_by_number.get(own_exchange.number))
            for own_exchange in run.own_exchanges
        ]
        waits = [(each, _wait(run, each, struck)) for each, struck in hung if struck and _hangs(struck)]
        return self.found([_case(run, each, wait) for each, wait in waits if wait >= self.patience])


def _hangs(struck: AppliedFaults) -> bool:
    return any(
        isinstance(fault, Hang) or (isinstance(fault, LostAnswer) and fault.by == "hang")
        for fault in struck.faults
    )


def _wait(run: Run, exchange: Exchange, struck: AppliedFaults) -> float:
    return (exchange.ended if struck.over else run.ended) - exchange.began


def _case(run: Run, exchange: Exchange, wait: float) -> Breach:
    return Breach(
        f"In {run.named(exchange)} the server accepted the connection and never answered, and the worker "
        "waited "
        f"for {wait:.1f} s.",
        (exchange.number,),
    )
