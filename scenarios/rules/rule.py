"""What every rule has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from workerkit.scenarios.broken import Broken
from workerkit.scenarios.run import Run


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
    def check(self, run: Run) -> list[Broken]:
        """How the worker broke the rule in this run; empty where it kept it."""

    def broken(self, message: str, exchanges: tuple[int, ...] = ()) -> Broken:
        """A finding of this rule: what happened, then why it matters and what a careful worker does."""
        return Broken(self.id, f"{message} {self.why} A careful worker {self.careful}.", exchanges)
