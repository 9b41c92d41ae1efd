"""Says whether the exchanges of a complete recording prove a difference.

A reconstructed world has invented tasks where the recording does not show all tasks. A difference of two
lists is proof only if it does not depend on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.reconstruction.counted_list import CountedList
from workerkit.mockserver.capsules.reconstruction.reconstruct import counted_lists
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import key_of, listed_tasks, named_tasks, statuses_set
from workerkit.openapi.spec.dialect import Dialect

_LIST_PLACES = re.compile(r"answer/(total|next_cursor|data(/\d+)?)")
_BULK_REFUSAL = re.compile(r"answer/results/\d+/(success|error)")
_END = "the end of the list"


def is_proven(capsule: Capsule, difference: Difference, dialect: Dialect) -> bool:
    """Whether no other tasks on the server at the beginning explain the difference in this dialect."""
    exchanges = [recorded.exchange for recorded in capsule.recorded]
    exchange = exchanges[difference.number - 1]
    if exchange.operation != "listTasks":
        return not _depends_on_status(exchange, difference, dialect) or _shows_all(
            exchanges[: difference.number - 1], exchange
        )
    if not _LIST_PLACES.fullmatch(difference.place):
        return True
    lists = {task_list.number: task_list for task_list in counted_lists(capsule, dialect)}
    if difference.number not in lists:
        return True
    task_list = lists[difference.number]
    others = {
        number: other
        for number, other in lists.items()
        if number <= difference.end and number != difference.number and other.owner == task_list.owner
    }
    return (
        _contradicts_itself(task_list)
        or _is_determined(task_list, others, difference.number)
        or _contradicts_parts(task_list, [*others.values()])
        or any(_contradict(task_list, other) for other in others.values())
        or _contradicts_status(exchanges[: difference.number - 1], task_list, exchange, difference)
    )


def _depends_on_status(exchange: Exchange, difference: Difference, dialect: Dialect) -> bool:
    """Whether an answer to an update may have another reason: a status that the recording does not show.

    A server with a status flow refuses some updates. This proves that the task exists.
    """
    if difference.place == "status":
        return dialect["transitions"] != "lenient" or not exchange.accepted
    return _BULK_REFUSAL.fullmatch(difference.place) is not None and difference.recorded != "true"


def _shows_all(earlier: Sequence[Exchange], exchange: Exchange) -> bool:
    """Whether earlier exchanges show all tasks that a request names, so that their statuses are known."""
    shown = {str(task["id"]).lower() for other in earlier for task in listed_tasks(other) or ()}.union(
        *(statuses_set(other) for other in earlier)
    )
    return shown.issuperset(named_tasks(exchange))


def _contradicts_itself(task_list: CountedList) -> bool:
    """Whether a page alone shows that its total is wrong."""
    if task_list.cursor is not None:
        return False
    shown = task_list.tasks_before + len(task_list.page)
    is_end = not task_list.is_full and (task_list.page or not task_list.tasks_before)
    return task_list.total != shown if is_end else task_list.total < shown and bool(task_list.page)


def _contradicts_parts(task_list: CountedList, others: Sequence[CountedList]) -> bool:
    """Whether a list with several statuses and lists with one status each have totals that do not fit.

    The list is the one with several statuses, or one of the others.
    """
    lists = [other for other in (task_list, *others) if _has_same_time_and_type(task_list, other)]
    parts = {other.statuses[0]: other for other in reversed(lists) if len(other.statuses) == 1}
    return any(
        whole.total != sum(part.total for part in own_parts)
        for whole in lists
        for own_parts in [[parts[status] for status in whole.statuses if status in parts]]
        if len(own_parts) == len(whole.statuses) > 1 and task_list in (whole, *own_parts)
    )


def _has_same_time_and_type(first: CountedList, second: CountedList) -> bool:
    """Whether no status changed in between, and both lists count all tasks of the same service type."""
    is_same = first.changed_statuses == second.changed_statuses and first.service_type == second.service_type
    return is_same and second.cursor is None


def _is_determined(task_list: CountedList, others: dict[int, CountedList], number: int) -> bool:
    """Whether the other lists show all tasks in the statuses that the request asks for."""
    shown = {
        status
        for other_number, other in others.items()
        if other_number < number or other.changed_statuses == task_list.changed_statuses
        if other.is_complete
        for status in other.statuses
    }
    return shown.issuperset(task_list.statuses)


def _contradict(first: CountedList, second: CountedList) -> bool:
    """Whether two pages of one list, with no change of a status between them, contradict each other."""
    if first.filter != second.filter or first.changed_statuses != second.changed_statuses:
        return False
    if first.cursor is None and second.cursor is None:
        ranks = [dict(enumerate(_ids(page), page.tasks_before)) for page in (first, second)]
        places = [{task_id: rank for rank, task_id in by_rank.items()} for by_rank in ranks]
        if any(ranks[1].get(rank, task_id) != task_id for rank, task_id in ranks[0].items()):
            return True
        if any(places[1].get(task_id, rank) != rank for task_id, rank in places[0].items()):
            return True
        if first.total != second.total:
            return True
    pairs = [set(_neighbours(page)) for page in (first, second)]
    return _differ(dict(pairs[0]), dict(pairs[1])) or _differ(
        {behind: task_id for task_id, behind in pairs[0] if behind != _END},
        {behind: task_id for task_id, behind in pairs[1] if behind != _END},
    )


def _differ(first: dict[str, str], second: dict[str, str]) -> bool:
    return any(second.get(key, value) != value for key, value in first.items())


def _neighbours(page: CountedList) -> Iterator[tuple[str, str]]:
    """Which task of a list stands directly behind which other one."""
    ids = [*([page.cursor] if page.cursor is not None and page.page else []), *_ids(page)]
    yield from pairwise(ids)
    if ids and not page.is_full:
        yield ids[-1], _END


def _ids(page: CountedList) -> list[str]:
    return [str(task["id"]).lower() for task in page.page]


def _contradicts_status(
    earlier: Sequence[Exchange], task_list: CountedList, exchange: Exchange, difference: Difference
) -> bool:
    """Whether a known status of the task says that it must be in the list, or that it must not."""
    status = None
    for other in earlier:
        status = statuses_set(other).get(difference.task, status)
        shown = (task for task in listed_tasks(other) or () if str(task["id"]).lower() == difference.task)
        status = next((task.get("status") for task in shown if key_of(other) == key_of(exchange)), status)
    if status is None:
        return False
    is_listed = difference.recorded.startswith("task ")
    if is_listed:
        return status not in task_list.statuses
    return status in task_list.statuses and task_list.is_complete
