"""The links that a worker reported, and the links of the tasks that it completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport

LINK_FIELDS = ("link_profile", "link_post")


def reported_links(run: Run) -> Iterator[tuple[TaskReport, str]]:
    """Returns each link that the worker reported, with its report."""
    for report in run.reports:
        for name in LINK_FIELDS:
            link = report.fields.get(name)
            if isinstance(link, str) and link:
                yield report, link


def completed_tasks(run: Run) -> Iterator[tuple[TaskReport, Mapping[str, Any]]]:
    """Returns each task that is completed at the end of the run because the worker completed it.

    Each task comes with the worker's last completion that the server accepted.
    """
    for task in run.own_tasks():
        reports = run.reports_by_task.get(task["id"].lower(), ())
        completions = [
            report for report in reports if report.status == "completed" and report.outcome == "accepted"
        ]
        if task["status"] == "completed" and completions:
            yield completions[-1], task


def links_of(task: Mapping[str, Any]) -> dict[str, str]:
    """Returns the links of a task by the names of their fields. Blank links are left out."""
    links = {name: task.get(name) for name in LINK_FIELDS}
    return {name: link for name, link in links.items() if isinstance(link, str) and link.strip()}
