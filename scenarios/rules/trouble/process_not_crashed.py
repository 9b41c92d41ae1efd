"""The worker's process does not crash."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_SIGNALS = {each.value: each.name for each in signal.Signals}


@dataclass(frozen=True, slots=True)
class ProcessNotCrashed(Rule):
    """The command does not exit by itself with a code other than 0; being told to end is not judged."""

    id: ClassVar[str] = "process-not-crashed"
    why: ClassVar[str] = "A worker that dies of a disturbance does nothing until somebody starts it again."
    careful: ClassVar[str] = "survives refused and failed requests, and exits with 0 when it is done"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        if run.ended_by != "exit" or not run.exit_code:
            return []
        last = run.exchanges[-1:]
        return [
            self.broken(
                f"The worker's process {_how(run.exit_code)}{_after(run)}.",
                tuple(each.number for each in last),
            )
        ]


def _how(exit_code: int) -> str:
    if exit_code > 0:
        return f"exited with code {exit_code}"
    return f"was killed by {_SIGNALS.get(-exit_code, f'signal {-exit_code}')}"


def _after(run: Run) -> str:
    if not run.exchanges:
        return " before its first request"
    last = run.exchanges[-1]
    answer = f"answered {last.status}" if last.status else "not answered"
    what = f"{last.method} {last.path}, {answer}"
    return f" after exchange {last.number} ({what}) at {run.since_start(last.ended)}"
