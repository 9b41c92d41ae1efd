"""The base class of the rules about requests that the spec does not allow."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.flaw import FlawError
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class RequestFlawRule(Rule):
    """A rule about one kind of flaw. The worker must not send a request with this kind of flaw."""

    general: ClassVar[bool] = True
    judges_leaving: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        return self.summarize([_breach(run, *flaw) for flaw in run.flaws if self.applies_to(*flaw)])

    @abstractmethod
    def applies_to(self, exchange: Exchange, flaw: FlawError) -> bool:
        """Whether this rule is about the flaw in the request of this exchange."""


def is_too_long(exchange: Exchange, flaw: FlawError, name: str) -> bool:
    """Whether the flaw is that the list `name` in the request's body has too many items."""
    body = exchange.request_json()
    items = body.get(name) if isinstance(body, dict) else None
    return flaw.place == f"body/{name}" and isinstance(items, list) and len(items) > 1


def _breach(run: Run, exchange: Exchange, flaw: FlawError) -> Breach:
    answer = (
        phrase("answered {status}", status=exchange.status) if exchange.status else phrase("not answered")
    )
    return Breach(
        phrase(
            "In {exchange}, {place} is wrong: {message}. The request was {answer}.",
            exchange=run.describe(exchange),
            place=flaw.place,
            message=flaw.message,
            answer=answer,
        ),
        (exchange.number,),
    )
