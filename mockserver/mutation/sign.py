"""What shows that a command notices a server fault. The processes of the runs send signs to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from workerkit.openapi.languages.phrase import phrase

SignKind = Literal["exit-code", "log", "failed-task", "prints", "failed-test", "no-end"]
_NO_MESSAGE = phrase("without a message")
_TEXTS: Mapping[SignKind, Callable[[str], str]] = {
    "exit-code": lambda value: phrase("exit code {code}", code=value),
    "log": lambda value: phrase("log: {text}", text=value),
    "failed-task": lambda value: phrase("failed task: {text}", text=value or _NO_MESSAGE),
    "prints": lambda value: phrase("prints: {line}", line=value),
    "failed-test": lambda value: value,
    "no-end": lambda value: phrase("did not end within {seconds} s", seconds=value),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign that something is wrong.

    value: an exit code, the text of a log, the message of a failed task (empty if it has none), a printed
        line, the id of a failed test, or the seconds after which the command was ended.
    """

    kind: SignKind
    value: str

    @property
    def text(self) -> str:
        """The sign in words: `exit code 3`."""
        return _TEXTS[self.kind](self.value)

    def masked(self, mask: Callable[[str], str]) -> Sign:
        """The sign without secrets."""
        return replace(self, value=mask(self.value))
