"""The finding that a worker broke a rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """The finding of one rule in one run: the worker broke the rule, once or many times.

    A report shows violations. A rule first collects a `Breach` for each time that the worker broke it, and
    then makes one violation from them.

    rule: the id of the rule.
    message: what the worker did wrong, why that matters, and what a careful worker does.
    exchanges: the numbers of the exchanges that show what the worker did wrong.
    """

    rule: str
    message: str
    exchanges: tuple[int, ...] = ()
