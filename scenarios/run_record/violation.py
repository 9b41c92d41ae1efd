"""The finding that a worker broke a rule."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.openapi.languages.phrase import joined, phrase


@dataclass(frozen=True, slots=True)
class Violation:
    """The finding of one rule in one run: the worker broke the rule, once or many times.

    A report shows violations. A rule first collects a `Breach` for each time that the worker broke it, and
    then makes one violation from them.

    rule: the id of the rule.
    fact: what the worker did wrong the first time, in words.
    exchanges: the numbers of the exchanges that show what the worker did wrong, in the order of time.
    times: how often the worker broke the rule.
    advice: why that matters, and what a careful worker does. It is the same for all violations of a rule.
    follows_from: the ids of other rules. If the worker broke one of them in the same run, it broke this rule
        for the same reason.
    """

    rule: str
    fact: str
    exchanges: tuple[int, ...] = ()
    times: int = 1
    advice: str = ""
    follows_from: tuple[str, ...] = ()

    @property
    def short_message(self) -> str:
        """What the worker did wrong, and how often."""
        if self.times <= 1:
            return self.fact
        return joined(" ", (self.fact, phrase("This happened {times} times.", times=self.times)))

    @property
    def message(self) -> str:
        """What the worker did wrong, how often, why that matters, and what a careful worker does."""
        return joined(" ", filter(None, (self.short_message, self.advice)))
