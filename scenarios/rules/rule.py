"""The base class of all rules."""

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
    """One time that a worker broke a rule.

    A rule collects all its breaches of a run into one `Violation`. Reports show the violation.

    message: what happened.
    exchanges: the numbers of the exchanges in which it happened.
    """

    message: str
    exchanges: tuple[int, ...] = ()


class Rule(ABC):
    """One rule for workers. Each rule is a frozen dataclass. Its fields are its parameters in YAML.

    id: the name of the rule in scenarios and reports.
    why: the reason for the rule, in one or two sentences.
    careful: what a careful worker does. It completes the sentence "A careful worker ...".
    general: True if the rule is checked in every scenario that does not waive it. False if it is checked only
        in scenarios that expect it.
    can_be_mended: True if the worker can still keep the rule later, although it is broken at this time of a
        run. False if the rule stays broken.
    judges_leaving: True if the rule also judges what the worker sends after the end of the run, before its
        processes have ended.
    """

    __slots__ = ()

    id: ClassVar[str]
    why: ClassVar[str]
    careful: ClassVar[str]
    general: ClassVar[bool]
    can_be_mended: ClassVar[bool] = False
    judges_leaving: ClassVar[bool] = False

    @abstractmethod
    def check(self, run: Run) -> list[Violation]:
        """Returns the violations of the rule in this run. Empty if the worker kept the rule."""

    def not_judged(self, run: Run) -> str:
        """Returns why the rule was not judged in this run, and how to have it judged. Empty if it was."""
        return ""

    def violation(self, message: str, exchanges: tuple[int, ...] = ()) -> Violation:
        """Returns a violation of this rule.

        Its message says what happened, why the rule exists, and what a careful worker does. It has only the
        first 20 of the exchanges.
        """
        text = f"{message} {self.why} A careful worker {self.careful}."
        return Violation(self.id, text, exchanges[:_MOST_LISTED])

    def summarize(self, breaches: Sequence[Breach]) -> list[Violation]:
        """Returns one violation for all breaches. Empty if there are no breaches.

        The message describes the first breach. The exchanges are the first 20 of all breaches.
        """
        if not breaches:
            return []
        count = f" This happened {len(breaches)} times." if len(breaches) > 1 else ""
        numbers = dict.fromkeys(number for breach in breaches for number in breach.exchanges)
        return [self.violation(breaches[0].message + count, tuple(numbers))]
