"""Makes a capsule from a finding: earlier exchanges of its tasks, then its own exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import parse_qs

from workerkit.contracts.page.rules import RULES
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.saved.task_lists import TaskList, names_task
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.record.recording_pseudonyms import RecordingPseudonyms
from workerkit.openapi.exchange import Exchange

_SOURCES = {rule.id: rule.source for rule in RULES}


def capsule_texts(
    findings: Sequence[Finding], exchanges: Sequence[Exchange], lists: Sequence[TaskList], upstream: str
) -> Iterator[str]:
    """The text of a capsule file for each finding, without secrets.

    exchanges: all exchanges of the run.
    lists: all task lists of the run.
    upstream: the base URL of the target.

    A correct server does not reproduce the finding. The mock usually does not reproduce it either. There is
    one exception, because the mock gets its tasks and keys from the capsule. If the target wrongly accepted
    an unknown task id or key, the mock accepts it too, and reproduces the finding.
    """
    pseudonyms = RecordingPseudonyms()
    for exchange in exchanges if findings else ():
        pseudonyms.without_secrets(RecordedExchange.of(exchange))
    for finding in findings:
        before = _earlier_exchanges(finding, exchanges, lists)
        by_number = {exchange.number: exchange for exchange in (*before, *finding.exchanges)}
        ordered = [replace(by_number[old], number=new) for new, old in enumerate(sorted(by_number), 1)]
        recorded = tuple(pseudonyms.without_secrets(RecordedExchange.of(exchange)) for exchange in ordered)
        yield capsule_text(
            Capsule(
                min(exchange.began for exchange in ordered),
                recorded,
                upstream=upstream,
                expected=_SOURCES[finding.rule],
                notes=(pseudonyms.text(f"{finding.rule}: {finding.message}"),),
            )
        )


def _earlier_exchanges(
    finding: Finding, exchanges: Sequence[Exchange], lists: Sequence[TaskList]
) -> Iterator[Exchange]:
    """The earlier exchanges that a replay of the finding needs.

    For each task that the finding names: its last list before the finding, and all later writes that name it.
    A list with a cursor counts only for a task that no other list has: it needs the task of the cursor, too.
    """
    first = min((exchange.number for exchange in finding.exchanges), default=0)
    with_cursor = {exchange.number for exchange in exchanges if _has_cursor(exchange)}
    earlier_lists = [task_list for task_list in lists if task_list.number < first]
    # The last list of a task wins.
    earlier_lists.sort(key=lambda task_list: (task_list.number not in with_cursor, task_list.number))
    last_lists = {task.id: task_list.number for task_list in earlier_lists for task in task_list.tasks}
    named_tasks = {
        task_id: number
        for task_id, number in last_lists.items()
        if any(names_task(exchange, task_id) for exchange in finding.exchanges)
    }
    needed_lists = set(named_tasks.values())
    for exchange in exchanges:
        is_needed = exchange.number in needed_lists or _is_later_write(exchange, named_tasks)
        if exchange.number < first and is_needed:
            yield exchange


def _has_cursor(exchange: Exchange) -> bool:
    return "after" in parse_qs(exchange.query)


def _is_later_write(exchange: Exchange, list_numbers: dict[str, int]) -> bool:
    """True if the exchange is a write that names a task, and came later than the last list with this task.

    list_numbers: for each task id the number of the last list with this task.
    """
    return exchange.method != "GET" and any(
        number < exchange.number and names_task(exchange, task_id) for task_id, number in list_numbers.items()
    )
