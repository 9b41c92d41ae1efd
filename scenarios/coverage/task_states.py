"""In which states the tasks were when a worker reported them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.coverage.judged_run import JudgedRun

_UNKNOWN = "no such task"


def reported_states(runs: Iterable[JudgedRun]) -> Counter[tuple[str, str]]:
    """Returns how often the worker reported a status for a task in a state.

    The keys are the reported status and the state of the task just before the report. The state is `no such
    task` for a task that the world does not have. Statuses that the API does not have are not counted.
    """
    statuses = worker_api().enumeration("TaskStatus")
    return Counter(
        (report.status, str(run.record.history.value_before(report.task, report.number) or _UNKNOWN))
        for run in runs
        for report in run.record.reports
        if report.status in statuses
    )
