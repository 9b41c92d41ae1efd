"""The result of a fleet: in words, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workerkit.contracts.fleet.process_tally import ProcessTally
from workerkit.contracts.fleet.task_ledger import DOUBLED, LOST, TaskFinding
from workerkit.openapi.formats.visible_text import visible_line

_MOST_LINES = 10


@dataclass(frozen=True, slots=True)
class FleetReport:
    """The result of a run.

    tally: the sums of all simulated servers.
    findings: lost and doubled tasks, with what the worlds of the mock show.
    missing: why results are missing, for example of a process of Locust that ended early.
    """

    tally: ProcessTally
    findings: Sequence[TaskFinding]
    missing: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """True if no task was lost or doubled, no answer broke a rule, and all results are there."""
        return not (self.findings or self.tally.broken or self.tally.ended_early or self.missing)

    def count(self, kind: str) -> int:
        """How many tasks were lost, or doubled."""
        return sum(finding.kind == kind for finding in self.findings)

    def lines(self) -> Iterator[str]:
        """The report in lines for a terminal."""
        tally = self.tally
        yield f"Fleet: {tally.servers} servers sent {tally.requests} requests."
        yield f"Broken rules: {tally.broken.total() or 'none'}"
        yield from _first(f"{count} times {visible_line(text)}" for text, count in tally.broken.most_common())
        yield (
            f"Tasks: {tally.assigned} listed, {tally.reported} with a confirmed result, "
            f"{self.count(LOST)} lost, {self.count(DOUBLED)} doubled"
        )
        yield from _first(visible_line(str(finding)) for finding in self.findings)
        for text, count in tally.ended_early.most_common():
            yield f"Servers that were not judged to the end: {count}, because {visible_line(text)}"
        yield from map(visible_line, (*self.missing, *tally.notes[:_MOST_LINES]))
        yield f"fleet verdict: {'pass' if self.passed else 'fail'}"

    def as_json(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "verdict": "pass" if self.passed else "fail",
            "servers": self.tally.servers,
            "requests": self.tally.requests,
            "broken": [{"message": text, "times": times} for text, times in self.tally.broken.most_common()],
            "tasks": {
                "listed": self.tally.assigned,
                "reported": self.tally.reported,
                LOST: self.count(LOST),
                DOUBLED: self.count(DOUBLED),
            },
            "findings": [
                {"kind": finding.kind, "task": finding.task, "why": finding.why} for finding in self.findings
            ],
            "not_judged": dict(self.tally.ended_early),
            "missing": list(self.missing),
            "notes": self.tally.notes,
        }


def report_of(tally: ProcessTally, in_worlds: Sequence[TaskFinding], missing: Sequence[str]) -> FleetReport:
    """The report of a run. A task that two servers have reported is doubled.

    in_worlds: what the worlds of the mock show.
    """
    twice = [
        TaskFinding(DOUBLED, task_id, f"{count} servers had a result of it confirmed")
        for task_id, count in tally.results.items()
        if count > 1
    ]
    return FleetReport(tally, [*tally.findings, *twice, *in_worlds], missing)


def _first(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == _MOST_LINES:
            yield "  ..."
            return
        yield f"  {line}"
