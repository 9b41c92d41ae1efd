"""Rule no-busy-polling: wait before asking again for a list without new tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_page import TaskPage
from workerkit.scenarios.run_record.violation import Violation

# A worker with several threads may read the list more often for a moment.
_SECONDS = 2


@dataclass(frozen=True, slots=True)
class NoBusyPolling(Rule):
    """If a list does not change, the worker must not read it more than `most` times a second.

    The rule counts during two seconds. Each report of the worker starts the count again.
    """

    id: ClassVar[str] = "no-busy-polling"
    why: ClassVar[str] = phrase("An idle worker that asks all the time causes as much load as a busy worker.")
    careful: ClassVar[str] = phrase(
        "waits one second or longer before it reads a list without new tasks again"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker did not read the list twice")

    most: Positive = 10

    def check(self, run: Run) -> list[Violation]:
        latest: deque[TaskPage] = deque()
        for page in _unchanged_pages(run):
            if page is None:
                latest.clear()
                continue
            latest.append(page)
            while page.exchange.began - latest[0].exchange.began >= _SECONDS:
                latest.popleft()
            if len(latest) > self.most * _SECONDS:
                return self.summarize([_breach(run, tuple(latest))])
        return []

    def had_occasion(self, run: Run) -> bool:
        return len(run.pages) > 1


def _unchanged_pages(run: Run) -> Iterator[TaskPage | None]:
    """Returns the pages that did not change since the previous request with the same query.

    Also returns a None for each report of the worker. All are in the order of time.
    """
    pages = {page.exchange.number: page for page in run.pages}
    last_answers: dict[str, bytes] = {}
    for exchange in run.timed_exchanges:
        if exchange.number in run.tasks_by_exchange:
            yield None
        elif exchange.number in pages:
            if last_answers.get(exchange.query) == exchange.answer_body:
                yield pages[exchange.number]
            last_answers[exchange.query] = exchange.answer_body


def _breach(run: Run, pages: tuple[TaskPage, ...]) -> Breach:
    first, last = pages[0].exchange, pages[-1].exchange
    return Breach(
        phrase(
            "The worker read the same unchanged list {pages_count} times within {seconds:.3f} s, "
            "from {first_exchange} to {last_exchange}.",
            pages_count=len(pages),
            seconds=last.began - first.began,
            first_exchange=run.describe(first),
            last_exchange=run.describe(last),
        ),
        tuple(page.exchange.number for page in pages),
    )
