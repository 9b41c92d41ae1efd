"""A result belongs to the task that it is reported for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation

_LINKS = ("link_profile", "link_post")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ResultOfItsOwnTask(Rule):
    """No link names another task's id and not its own, or lies on another task's site.

    Sites are judged only where most of the worker's links lie on the site of their task.
    """

    id: ClassVar[str] = "result-of-its-own-task"
    why: ClassVar[str] = "A customer is shown, and pays for, a link that was made for somebody else."
    careful: ClassVar[str] = "keeps the result with its task, by the task's id and not by its place in a list"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        tasks = {task["id"].lower(): task for task in run.tasks}
        links = [link for link in _links(run) if link[0].task in tasks]
        foreign_ids = [
            _case(run, report, link) for report, link in links if _names_another(report, link, tasks)
        ]
        return self.found(foreign_ids or list(_on_other_sites(run, links, tasks)))


def _links(run: Run) -> Iterator[tuple[TaskReport, str]]:
    for report in run.reports:
        for name in _LINKS:
            link = report.fields.get(name)
            if isinstance(link, str) and link:
                yield report, link


def _names_another(report: TaskReport, link: str, tasks: Mapping[str, Any]) -> bool:
    named = set(_ID.findall(link.lower()))
    return report.task not in named and any(task in tasks for task in named)


def _on_other_sites(
    run: Run, links: list[tuple[TaskReport, str]], tasks: Mapping[str, Mapping[str, Any]]
) -> Iterator[Breach]:
    sites = {task.get("site_name") for task in tasks.values()}
    own = [_site(link) == tasks[report.task].get("site_name") for report, link in links]
    if 2 * sum(own) <= len(own):
        return
    for (report, link), is_own in zip(links, own, strict=True):
        if not is_own and _site(link) in sites:
            yield _case(run, report, link)


def _site(link: str) -> str | None:
    try:
        return urlsplit(link).hostname
    except ValueError:
        return None


def _case(run: Run, report: TaskReport, link: str) -> Breach:
    return Breach(
        f"In {run.named(report.exchange)} task {report.task} was given the link {link}, which is another "
        "task's.",
        (report.number,),
    )
