"""Goals: measured numbers with their limits, as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A measured number and its limit.

    text: what was measured.
    figure: the measured number.
    unit: the unit of both numbers.
    bound: the limit.
    at_least: True if the number has to be at least `bound`, False if at most.
    """

    text: str
    figure: float
    unit: str
    bound: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the number is within its limit."""
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def row(self) -> list[str]:
        """Returns the row of the goal in the table."""
        bound = f"{'at least' if self.at_least else 'at most'} {self.bound:g}{self.unit}"
        return [
            self.text,
            f"{self.figure:.3g}{self.unit}",
            bound,
            "met" if self.is_met else "**not met**",
        ]


def goal_table(goals: Iterable[Goal]) -> str:
    """Returns the goals as a Markdown table."""
    return markdown(["", "measured", "goal", ""], [goal.row() for goal in goals])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a Markdown table. The first column is aligned left, the others right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
