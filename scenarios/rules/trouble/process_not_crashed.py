"""Rule process-not-crashed: do not crash."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_SIGNAL_NAMES = {number.value: number.name for number in signal.Signals}


@dataclass(frozen=True, slots=True)
class ProcessNotCrashed(Rule):
    """The worker's command must not exit by itself with a code other than 0.

    The rule is not checked if workerkit stopped the command.
    """

    id: ClassVar[str] = "process-not-crashed"
    why: ClassVar[str] = phrase("A worker that crashes does nothing until somebody starts it again.")
    careful: ClassVar[str] = phrase(
        "survives refused and failed requests, and exits with 0 when it has finished"
    )
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        if run.ended_by != "exit" or not run.exit_code:
            return []
        message = phrase(
            "The worker's process {how_it_ended}{after_which_exchange}.",
            how_it_ended=_how_it_ended(run.exit_code),
            after_which_exchange=_after_which_exchange(run),
        )
        return [self.violation(message, tuple(exchange.number for exchange in run.exchanges[-1:]))]


def _how_it_ended(exit_code: int) -> str:
    if exit_code > 0:
        return phrase("exited with code {exit_code}", exit_code=exit_code)
    return phrase("was killed by {signal}", signal=_SIGNAL_NAMES.get(-exit_code, f"signal {-exit_code}"))


def _after_which_exchange(run: Run) -> str:
    if not run.exchanges:
        return phrase(" before its first request")
    last = run.exchanges[-1]
    answer = phrase("answered {status}", status=last.status) if last.status else phrase("not answered")
    request = f"{last.method} {last.path}"
    return phrase(
        " after exchange {number} ({request}, {answer}) at {time}",
        number=last.number,
        request=request,
        answer=answer,
        time=run.since_start(last.ended),
    )
