"""Rule hung-answer-given-up: do not wait forever for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.hung_answers import LONGEST_WAIT, hung_answers
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class HungAnswerGivenUp(Rule):
    """The worker must not wait for `patience` or longer on a connection on which nothing arrives."""

    id: ClassVar[str] = "hung-answer-given-up"
    why: ClassVar[str] = phrase("A worker without a timeout waits forever, and seems to be working.")
    careful: ClassVar[str] = phrase("sets a timeout for every request, and tries again after the timeout")
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no request was left without an answer on an open connection")

    patience: Seconds = LONGEST_WAIT

    def check(self, run: Run) -> list[Violation]:
        waits = hung_answers(run)
        return self.summarize(
            [
                _breach(run, exchange, waits[exchange.number])
                for exchange in run.own_exchanges
                if waits.get(exchange.number, 0.0) >= self.patience
            ]
        )

    def had_occasion(self, run: Run) -> bool:
        return bool(hung_answers(run))


def _breach(run: Run, exchange: Exchange, seconds: float) -> Breach:
    return Breach(
        phrase(
            "In {exchange} the server accepted the connection and never answered. The worker "
            "waited {seconds:.1f} s.",
            exchange=run.describe(exchange),
            seconds=seconds,
        ),
        (exchange.number,),
    )
