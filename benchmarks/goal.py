"""What the mock is held to: a figure and its bound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure with its bound, of which it has to be at least or at most as much."""

    text: str
    figure: float
    unit: str
    bound: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps to its bound."""
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def row(self) -> list[str]:
        """Its row in a table of goals."""
        bound = f"{'at least' if self.at_least else 'at most'} {self.bound:g}{self.unit}"
        return [
            self.text,
            f"{self.figure:.3g}{self.unit}",
            bound,
            "met" if self.is_met else "**falls short**",
        ]


def goal_table(goals: Iterable[Goal]) -> str:
    """The goals as a table in Markdown."""
    return markdown(["", "figure", "goal", ""], [goal.row() for goal in goals])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, the first column to the left and the others to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
