"""Rule result-of-its-own-task: report a result for the right task."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.results.links import reported_links
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ResultOfItsOwnTask(Rule):
    """A reported link must not belong to another task.

    A link belongs to another task if it contains the id of that task, but not the id of the task that it was
    reported for. It also belongs to another task if it is on the site of that task. Sites are checked only if
    most of the worker's links are on the site of the task that they were reported for.
    """

    id: ClassVar[str] = "result-of-its-own-task"
    why: ClassVar[str] = phrase("A customer sees, and pays for, a link that was made for somebody else.")
    careful: ClassVar[str] = phrase(
        "keeps each result with its task, by the task's id and not by its place in a list"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker reported no link")

    def check(self, run: Run) -> list[Violation]:
        tasks = {task["id"].lower(): task for task in run.tasks}
        links = [(report, link) for report, link in reported_links(run) if report.task in tasks]
        with_other_ids = [
            _breach(run, report, link) for report, link in links if _has_other_id(report, link, tasks)
        ]
        return self.summarize(with_other_ids or list(_on_other_sites(run, links, tasks)))

    def had_occasion(self, run: Run) -> bool:
        return any(reported_links(run))


def _has_other_id(report: TaskReport, link: str, tasks: Mapping[str, Any]) -> bool:
    ids = set(_ID.findall(link.lower()))
    return report.task not in ids and any(task_id in tasks for task_id in ids)


def _on_other_sites(
    run: Run, links: list[tuple[TaskReport, str]], tasks: Mapping[str, Mapping[str, Any]]
) -> Iterator[Breach]:
    sites = {task.get("site_name") for task in tasks.values()}
    on_own_site = [_site(link) == tasks[report.task].get("site_name") for report, link in links]
    if 2 * sum(on_own_site) <= len(on_own_site):
        return
    for (report, link), is_own in zip(links, on_own_site, strict=True):
        if not is_own and _site(link) in sites:
            yield _breach(run, report, link)


def _site(link: str) -> str | None:
    try:
        return urlsplit(link).hostname
    except ValueError:
        return None


def _breach(run: Run, report: TaskReport, link: str) -> Breach:
    return Breach(
        phrase(
            "In {report_exchange} the worker reported the link {link} for task {task}, but the "
            "link belongs to another task.",
            report_exchange=run.describe(report.exchange),
            link=link,
            task=report.task,
        ),
        (report.number,),
    )
