"""A failed request does not end the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Positive, Seconds
from workerkit.scenarios.model.until import ENDS
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.stopped_early import some, work_requests
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class GoesOnAfterTrouble(Rule):
    """A worker with tasks left does not end at a 5xx, a 429, a lost or a broken answer.

    One that tried `attempts` times, or for `patience`, may give up. A key that is refused is not judged here.
    """

    id: ClassVar[str] = "goes-on-after-trouble"
    why: ClassVar[str] = (
        "Trouble on the way passes, and a worker that ended because of it leaves its tasks behind."
    )
    careful: ClassVar[str] = "tries again after a pause, and gives up only after minutes"
    general: ClassVar[bool] = True

    attempts: Positive = 3
    patience: Seconds = 2.0

    def check(self, run: Run) -> list[Violation]:
        left = [
            task for task in run.own_tasks() if task["status"] not in ENDS and not _was_refused(run, task)
        ]
        if not (run.done and left):
            return []
        trouble = _last_trouble(run)
        if not trouble or len(trouble) >= self.attempts or _span(trouble) >= self.patience:
            return []
        last = trouble[-1]
        answer = f"answered {last.status}" if last.status else "not answered"
        broken = ", in a way that cannot be read" if last.accepted else ""
        text = (
            f"In {run.named(last)} the worker was {answer}{broken}, and it ended with that, though "
            f"{len(left)} of its tasks were not at an end: {some(left)}."
        )
        return self.found([Breach(text, tuple(each.number for each in trouble))])


def _was_refused(run: Run, task: Mapping[str, Any]) -> bool:
    reports = run.reports_by_task.get(task["id"].lower(), ())
    return bool(reports) and reports[-1].outcome == "refused"


def _last_trouble(run: Run) -> list[Exchange]:
    """The requests for and about tasks that failed since the last one that did not."""
    trouble: list[Exchange] = []
    for exchange in reversed(work_requests(run)):
        if not _is_trouble(run, exchange):
            break
        trouble.insert(0, exchange)
    return trouble


def _is_trouble(run: Run, exchange: Exchange) -> bool:
    status = exchange.status
    if status is None or status == 429 or status >= 500:
        return True
    if exchange.accepted and exchange.number not in run.garbled:
        return exchange.answered() is None
    return exchange.number in run.garbled and _was_not_read(exchange)


def _was_not_read(exchange: Exchange) -> bool:
    """Whether a worker that did nothing after a broken answer could not read it, as some can."""
    answer = exchange.answered()
    return not isinstance(answer, dict) or bool(answer.get("data"))


def _span(exchanges: list[Exchange]) -> float:
    return exchanges[-1].ended - exchanges[0].began
