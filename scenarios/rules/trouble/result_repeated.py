"""Rule result-repeated: report a result again if it did not arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.unfinished_work import work_requests
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class ResultRepeated(Rule):
    """If a result did not arrive because of a temporary failure, the worker must report the result again.

    A worker that exits must do this before it exits. Other workers must do it within `patience` after the
    failure. The worker's longest pause between requests, up to 2 seconds, is subtracted from this time. A
    busy machine may have caused the pause. The rule is checked only if the server accepted a request after
    the failure.
    """

    id: ClassVar[str] = "result-repeated"
    why: ClassVar[str] = phrase(
        "The work was done, but nobody knows. The task is done a second time, or it stays open forever."
    )
    careful: ClassVar[str] = phrase(
        "keeps a result until the answer is 2xx and has the documented form, and sends it again after a pause"
    )
    general: ClassVar[bool] = True
    can_be_mended: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no report of a result failed")

    patience: Seconds = 15.0

    def check(self, run: Run) -> list[Violation]:
        accepted = [
            exchange
            for exchange in work_requests(run)
            if exchange.accepted and exchange.number not in run.unreadable
        ]
        if not accepted:
            return []
        lost = [report for report in _lost_results(run) if self._had_time(run, report, accepted[-1])]
        return self.summarize([_breach(run, report) for report in lost])

    def had_occasion(self, run: Run) -> bool:
        return any(report.is_result and _did_not_arrive(report) for report in run.reports)

    def _had_time(self, run: Run, lost: TaskReport, last_accepted: Exchange) -> bool:
        if last_accepted.number <= lost.number or last_accepted.began < lost.exchange.ended:
            return False
        if run.exited_normally:
            return True
        return run.seconds_to_act(lost.exchange.ended, last_accepted.began) >= self.patience


def _lost_results(run: Run) -> list[TaskReport]:
    """Returns the results that did not arrive, if their task is open and has no later report."""
    open_tasks = [
        task["id"].lower() for task in run.own_tasks() if task["status"] not in run.api.statuses_in("ended")
    ]
    last_reports = [run.reports_by_task[task][-1] for task in open_tasks if task in run.reports_by_task]
    return [
        report
        for report in last_reports
        if report.is_result
        and _did_not_arrive(report)
        and not run.history.changed_in_exchange(report.task, report.number)
    ]


def _did_not_arrive(report: TaskReport) -> bool:
    """Whether the outcome is a temporary failure, or an unclear answer with a 2xx status."""
    is_unclear = report.outcome == "unclear" and report.exchange.accepted
    return report.outcome == "temporary-failure" or is_unclear


def _breach(run: Run, lost: TaskReport) -> Breach:
    answer = (
        phrase("was answered {status}", status=lost.exchange.status)
        if lost.exchange.status
        else phrase("got no answer")
    )
    answer += phrase(", but not as documented") if lost.exchange.accepted else ""
    return Breach(
        phrase(
            "In {lost_exchange} the worker reported task {task} as {status} and {answer}. The "
            "worker went on with other requests and never reported this result again.",
            lost_exchange=run.describe(lost.exchange),
            task=lost.task,
            status=lost.status,
            answer=answer,
        ),
        (lost.number,),
    )
