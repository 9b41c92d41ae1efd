"""Rule not-repeated-after-400: do not send a wrong request again without a change."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_WRONG = (400, 409, 415, 422)
_POLLING = ("listTasks", "heartbeat")
_LOGS = "sendLogs"
_SECONDS_APART = 1.0

# Refused exchanges by the subject of the request, then by the body of the request.
_Refusals = dict[Hashable, dict[Hashable, list[Exchange]]]


@dataclass(frozen=True, slots=True)
class NotRepeatedAfter400(Rule):
    """The worker must not keep sending the same wrong request. At most `times` - 1 attempts are allowed.

    A request is wrong if it is answered with 400, 409, 415 or 422. Lists and heartbeats are not checked,
    because a daemon repeats them. If the wrong request is a report of a task, and the server then accepts
    another report of this task, counting starts again.
    Logs count as repeated only if they are sent again within one second, and if no report was accepted in
    between.
    """

    id: ClassVar[str] = "not-repeated-after-400"
    why: ClassVar[str] = phrase("A wrong request stays wrong, no matter how often it is sent.")
    careful: ClassVar[str] = phrase(
        "logs a request that is refused with 400, drops or corrects it, and goes on"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no report and no logs were refused with 400")

    times: Positive = 3

    def check(self, run: Run) -> list[Violation]:
        return self.summarize(
            [_breach(run, refused) for refused in _series(run) if len(refused) >= self.times]
        )

    def had_occasion(self, run: Run) -> bool:
        return any(
            exchange.status in _WRONG and exchange.operation not in _POLLING for exchange in run.own_exchanges
        )


def _series(run: Run) -> Iterator[list[Exchange]]:
    """Returns lists of refused exchanges with the same request.

    A list ends when the server accepts another request with the same subject.
    """
    refusals: _Refusals = {}
    for exchange in run.own_exchanges:
        if exchange.operation in _POLLING:
            continue
        if exchange.status in _WRONG:
            by_body = refusals.setdefault(_subjects(run, exchange)[-1], {})
            if _is_new_log(by_body.get(exchange.request_body, []), exchange):
                yield by_body.pop(exchange.request_body)
            by_body.setdefault(exchange.request_body, []).append(exchange)
        elif exchange.accepted:
            for subject in _subjects(run, exchange):
                yield from refusals.pop(subject, {}).values()
            if run.tasks_by_exchange.get(exchange.number):
                yield from _take_logs(refusals)
    for by_body in refusals.values():
        yield from by_body.values()


def _is_new_log(series: list[Exchange], exchange: Exchange) -> bool:
    """Whether these logs are new entries with the same text, and not the same entries sent again."""
    return exchange.operation == _LOGS and bool(series) and exchange.began - series[-1].ended > _SECONDS_APART


def _take_logs(refusals: _Refusals) -> Iterator[list[Exchange]]:
    """Removes the refused log requests and returns them. Called when the server accepted a report.

    If the worker sends the same logs after this report, they are new entries.
    """
    for subject, by_body in list(refusals.items()):
        if any(exchange.operation == _LOGS for series in by_body.values() for exchange in series):
            del refusals[subject]
            yield from by_body.values()


def _subjects(run: Run, exchange: Exchange) -> tuple[Hashable, ...]:
    """Returns the subjects of a request: the ids of its tasks, and the request itself as the last subject.

    If the request has exactly one task, the task is the only subject. A refused request is counted only for
    the last of these subjects.
    """
    tasks = run.tasks_by_exchange.get(exchange.number, ())
    return tasks if len(tasks) == 1 else (*tasks, (exchange.method, exchange.path, exchange.request_body))


def _breach(run: Run, refused: list[Exchange]) -> Breach:
    first, last = refused[0], refused[-1]
    return Breach(
        phrase(
            "In {first_exchange} a request was refused with {status}. The worker sent it "
            "{number} more times without a change, the last time in {last_exchange}.",
            first_exchange=run.describe(first),
            status=first.status,
            number=len(refused) - 1,
            last_exchange=run.describe(last),
        ),
        tuple(exchange.number for exchange in refused),
    )
