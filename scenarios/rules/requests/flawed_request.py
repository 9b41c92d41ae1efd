"""Rules about single things that the spec does not allow in a request."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class Flawed(Rule):
    """No request has a flaw of one kind."""

    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        return self.found([_case(run, *flaw) for flaw in run.flaws if self.concerns(*flaw)])

    @abstractmethod
    def concerns(self, exchange: Exchange, flaw: FlawError) -> bool:
        """Whether a flaw is of this kind."""


def is_too_long(exchange: Exchange, flaw: FlawError, member: str) -> bool:
    """Whether the flaw of a request is that the list in its body has too many members."""
    sent = exchange.sent()
    listed = sent.get(member) if isinstance(sent, dict) else None
    return flaw.place == f"body/{member}" and isinstance(listed, list) and len(listed) > 1


def _case(run: Run, exchange: Exchange, flaw: FlawError) -> Breach:
    answer = f"answered {exchange.status}" if exchange.status else "not answered"
    return Breach(
        f"In {run.named(exchange)} {flaw.place} is wrong: {flaw.message}; it was {answer}.",
        (exchange.number,),
    )
