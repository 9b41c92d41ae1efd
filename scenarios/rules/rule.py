"""What every rule has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Breach:
    """One time that a worker broke a rule: what happened, and the numbers of the exchanges."""

    text: str
    exchanges: tuple[int, ...] = ()


class Rule(ABC):
    """What is expected of a worker. Each rule is a frozen dataclass; its fields are its parameters in YAML.

    `why` is the reason in one sentence, `careful` what a careful worker does; `general` rules hold in every
    scenario, the others where a scenario expects them.
    """

    __slots__ = ()

    id: ClassVar[str]
    why: ClassVar[str]
    careful: ClassVar[str]
    general: ClassVar[bool]

    @abstractmethod
    def check(self, run: Run) -> list[Violation]:
        """How the worker broke the rule in this run; empty where it kept it."""

    def broken(self, message: str, exchanges: tuple[int, ...] = ()) -> Violation:
        """A finding of this rule: what happened, then why it matters and what a careful worker does."""
        text = f"{message} {self.why} A careful worker {self.careful}."
        return Violation(self.id, text, exchanges[:_MOST_LISTED])

    def found(self, cases: Sequence[Breach]) -> list[Violation]:
        """The finding that all cases together make up: the first one in words, all by their exchanges."""
        if not cases:
            return []
        more = f" So it went {len(cases)} times." if len(cases) > 1 else ""
        numbers = dict.fromkeys(number for case in cases for number in case.exchanges)
        return [self.broken(cases[0].text + more, tuple(numbers))]
