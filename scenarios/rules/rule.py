"""The base class of all rules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import joined, phrase
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
    follows_from: the ids of other rules. If the worker broke one of them in the same run, it broke this rule
        for the same reason.
    no_occasion: why a run may have no occasion to break the rule. It completes the sentence "The rule was not
        judged, because ...". Empty if every run has an occasion.
    """

    __slots__ = ()

    id: ClassVar[str]
    why: ClassVar[str]
    careful: ClassVar[str]
    general: ClassVar[bool]
    can_be_mended: ClassVar[bool] = False
    judges_leaving: ClassVar[bool] = False
    follows_from: ClassVar[tuple[str, ...]] = ()
    no_occasion: ClassVar[str] = ""

    @classmethod
    def reason_and_advice(cls) -> str:
        """Returns `why` and `careful` as two sentences."""
        return joined(" ", (cls.why, phrase("A careful worker {careful}.", careful=cls.careful)))

    @abstractmethod
    def check(self, run: Run) -> list[Violation]:
        """Returns the violations of the rule in this run. Empty if the worker kept the rule."""

    def had_occasion(self, run: Run) -> bool:
        """Whether something happened in the run that the rule judges.

        If nothing did, a report says that the rule was not judged. A rule overrides this method together with
        `no_occasion`.
        """
        return True

    def why_not_judged(self, run: Run) -> str:
        """Returns why the run had no occasion to break the rule. It completes the same sentence."""
        return self.no_occasion

    def violation(self, fact: str, exchanges: tuple[int, ...] = (), *, times: int = 1) -> Violation:
        """Returns a violation of this rule.

        Its message says what happened, why the rule exists, and what a careful worker does. It has only the
        first 20 of the exchanges, sorted by their numbers.
        """
        numbers = tuple(sorted(exchanges[:_MOST_LISTED]))
        return Violation(self.id, fact, numbers, times, self.reason_and_advice(), self.follows_from)

    def summarize(self, breaches: Sequence[Breach]) -> list[Violation]:
        """Returns one violation for all breaches. Empty if there are no breaches.

        The message describes the first breach in time. The exchanges are the first 20 of all breaches.
        """
        if not breaches:
            return []
        in_time_order = sorted(breaches, key=lambda breach: sorted(breach.exchanges))
        numbers = dict.fromkeys(number for breach in in_time_order for number in breach.exchanges)
        return [self.violation(in_time_order[0].message, tuple(numbers), times=len(breaches))]
