"""Says whether a recording shows that a request which is not recorded has changed a task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.reconstruction.counted_list import CountedList
from workerkit.mockserver.capsules.reconstruction.reconstruct import counted_lists
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import statuses_set
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect


def shows_unrecorded_change(capsule: Capsule, dialect: Dialect) -> bool:
    """Whether lists show a change of a task that no recorded request explains.

    A status that the task had earlier in the recording is explained: the server may have lost an update.
    """
    exchanges = [recorded.exchange for recorded in capsule.recorded]
    lists = counted_lists(capsule, dialect)
    return _has_unknown_status(exchanges, lists) or _has_other_total(lists)


def _has_unknown_status(exchanges: Sequence[Exchange], lists: Iterable[CountedList]) -> bool:
    """Whether a list shows that a task has none of the statuses that it had in the recording."""
    lists_by_number = {task_list.number: task_list for task_list in lists}
    statuses: dict[str, set[str]] = {}
    owners: dict[str, str] = {}
    for exchange in exchanges:
        for task_id, status in statuses_set(exchange).items():
            statuses.setdefault(task_id, set()).add(status)
        task_list = lists_by_number.get(exchange.number)
        if task_list is None:
            continue
        shown = {str(task["id"]).lower(): str(task.get("status")) for task in task_list.page}
        if any(status not in statuses.get(task_id, {status}) for task_id, status in shown.items()):
            return True
        own = (task_id for task_id, owner in owners.items() if owner == task_list.owner)
        absent = (task_id for task_id in own if task_id not in shown)
        if task_list.is_complete and any(statuses[task_id] <= {*task_list.statuses} for task_id in absent):
            return True
        for task_id, status in shown.items():
            statuses.setdefault(task_id, set()).update(_with_next(status))
            owners.setdefault(task_id, task_list.owner)
    return False


def _with_next(status: str) -> set[str]:
    """The status, and the one that a server itself may set after it."""
    pending, queued, *_ = worker_api().statuses_in("waiting")
    return {status, queued} if status == pending else {status}


def _has_other_total(lists: Sequence[CountedList]) -> bool:
    """Whether two pages of one list have different totals, with no change of a status between them."""
    totals: dict[object, int] = {}
    for task_list in lists:
        if task_list.cursor is None:
            state = task_list.filter, tuple(sorted(task_list.changed_statuses.items()))
            if totals.setdefault(state, task_list.total) != task_list.total:
                return True
    return False
