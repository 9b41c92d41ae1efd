"""What was refused as wrong is not sent again unchanged."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_WRONG = (400, 409, 415, 422)
_POLLING = ("listTasks", "heartbeat")
_LOGS = "sendLogs"
_SECONDS_APART = 1.0


@dataclass(frozen=True, slots=True)
class NotRepeatedAfter400(Rule):
    """The same request is refused fewer than `times` times as wrong (400, 409, 415, 422).

    Lists and heartbeats, which a daemon sends again and again, are not judged, and a report begins anew once
    the task took another one. Logs that say the same count as sent again only within a second, and while no
    report was accepted in between.
    """

    id: ClassVar[str] = "not-repeated-after-400"
    why: ClassVar[str] = "A wrong request stays wrong, however often it is sent."
    careful: ClassVar[str] = "logs a request that is refused with 400, drops or corrects it, and goes on"
    general: ClassVar[bool] = True

    times: Positive = 3

    def check(self, run: Run) -> list[Violation]:
        return self.found([_case(run, refused) for refused in _series(run) if len(refused) >= self.times])


def _series(run: Run) -> Iterator[list[Exchange]]:
    """The refusals of each request, while nothing else was accepted for its subject."""
    refused: dict[Hashable, dict[Hashable, list[Exchange]]] = {}
    for exchange in run.own_exchanges:
        if exchange.operation in _POLLING:
            continue
        if exchange.status in _WRONG:
            series = refused.setdefault(_subjects(run, exchange)[-1], {})
            if _is_new_entry(series.get(exchange.request_body, []), exchange):
                yield series.pop(exchange.request_body)
            series.setdefault(exchange.request_body, []).append(exchange)
        elif exchange.accepted:
            for subject in _subjects(run, exchange):
                yield from refused.pop(subject, {}).values()
            if run.tasks_by_exchange.get(exchange.number):
                yield from _of_logs(refused)
    for series in refused.values():
        yield from series.values()


def _is_new_entry(series: list[Exchange], exchange: Exchange) -> bool:
    """Whether a batch of logs is a regular line that says the same each time, not a batch sent again."""
    return exchange.operation == _LOGS and bool(series) and exchange.began - series[-1].ended > _SECONDS_APART


def _of_logs(refused: dict[Hashable, dict[Hashable, list[Exchange]]]) -> Iterator[list[Exchange]]:
    """Takes out the batches of logs: after more work was done, the same words tell something new."""
    for subject, series in list(refused.items()):
        if any(each.operation == _LOGS for batch in series.values() for each in batch):
            del refused[subject]
            yield from series.values()


def _subjects(run: Run, exchange: Exchange) -> tuple[Hashable, ...]:
    """What a request is about: its tasks, and last the task alone, or else the request itself."""
    tasks = run.tasks_by_exchange.get(exchange.number, ())
    return tasks if len(tasks) == 1 else (*tasks, (exchange.method, exchange.path, exchange.request_body))


def _case(run: Run, refused: list[Exchange]) -> Breach:
    first, last = refused[0], refused[-1]
    return Breach(
        f"The request of {run.named(first)} was refused with {first.status}, and the worker sent it "
        f"{len(refused) - 1} more times unchanged, up to {run.named(last)}.",
        tuple(each.number for each in refused),
    )
