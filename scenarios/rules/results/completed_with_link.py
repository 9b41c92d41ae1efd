"""Rule completed-with-link: report a completed task with its link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.results.links import completed_tasks, links_of
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class CompletedWithLink(Rule):
    """A task that the worker completed must have a link at the end: `link_profile` or `link_post`.

    The rule is not general, because the API page does not demand a link.
    """

    id: ClassVar[str] = "completed-with-link"
    why: ClassVar[str] = phrase(
        "A customer pays for links. Nobody can find the result of a task without one."
    )
    careful: ClassVar[str] = phrase("sends the link of the profile or of the post with each completion")
    general: ClassVar[bool] = False
    no_occasion: ClassVar[str] = phrase("the worker completed no task")
    can_be_mended: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        return self.summarize(
            [_breach(run, report) for report, task in completed_tasks(run) if not links_of(task)]
        )

    def had_occasion(self, run: Run) -> bool:
        return any(completed_tasks(run))


def _breach(run: Run, completion: TaskReport) -> Breach:
    return Breach(
        phrase(
            "Task {task} was completed in {completion_exchange}, but it has no link.",
            task=completion.task,
            completion_exchange=run.describe(completion.exchange),
        ),
        (completion.number,),
    )
