"""Rule links-differ: do not report one link for two tasks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.results.links import completed_tasks, links_of
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class LinksDiffer(Rule):
    """Two tasks that the worker completed must not have the same link.

    Two tasks may have the same `link_profile` if they have the same account on the same site. The rule is not
    general, because the API page does not say that links differ.
    """

    id: ClassVar[str] = "links-differ"
    why: ClassVar[str] = phrase("The customer pays for two links and gets one.")
    careful: ClassVar[str] = phrase("reports for each task the link that it made for this task")
    general: ClassVar[bool] = False
    no_occasion: ClassVar[str] = phrase("the worker completed fewer than two tasks")

    def check(self, run: Run) -> list[Violation]:
        firsts: dict[tuple[str, str], tuple[TaskReport, Mapping[str, Any]]] = {}
        breaches = []
        for report, task in completed_tasks(run):
            for name, link in links_of(task).items():
                first_report, first = firsts.setdefault((name, link), (report, task))
                if first is not task and not (name == "link_profile" and _login(first) == _login(task)):
                    breaches.append(_breach(run, first_report, report, link))
        return self.summarize(breaches)

    def had_occasion(self, run: Run) -> bool:
        return len(list(completed_tasks(run))) > 1


def _login(task: Mapping[str, Any]) -> Hashable:
    """Returns the site of a task and the username there."""
    return task.get("site_name"), task.get("username")


def _breach(run: Run, first: TaskReport, second: TaskReport, link: str) -> Breach:
    return Breach(
        phrase(
            "The link {link} was reported for task {task} in {first_exchange}, and also for task "
            "{task_2} in {second_exchange}.",
            link=link,
            task=first.task,
            first_exchange=run.describe(first.exchange),
            task_2=second.task,
            second_exchange=run.describe(second.exchange),
        ),
        (first.number, second.number),
    )
