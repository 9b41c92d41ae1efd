"""The results of replays of recordings, and the page first_differences.md about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.goal import Goal, goal_table, markdown
from tests.independent.faults import FAULTS
from workerkit.mockserver.capsules.comparison.difference import Difference

PAGE = Path(__file__).with_suffix(".md")
MAX_SMALL_EXCHANGES = 5
REPRODUCED = "reproduced"
# Why a small capsule cannot have fewer exchanges.
_WHY_LARGE = {
    "link-update-sets-running": "Only lists of 60 tasks or more show the task before its update. Six other "
    "requests changed tasks of the shortest one before the last list, so they are needed, too.",
}


@dataclass(frozen=True)
class Row:
    """The result of one replay.

    name: the scenario, mutant, variant or fault.
    kind: what `name` is the name of. A mutant and a fault may have the same name.
    exchanges: how many exchanges the recording has.
    verdict: `reproduced`, or the first difference.
    is_correct: whether both servers are correct: the recorded one, and the one that got the requests again.
    small: how many exchanges the small capsule has. None if there is none.
    lie: what is wrong with the small capsule. Empty if nothing is.
    """

    name: str
    exchanges: int
    verdict: str
    is_correct: bool
    small: int | None = None
    lie: str = ""
    kind: str = ""

    def text(self) -> str:
        """Returns the line of the table."""
        small = "" if self.small is None else f" | {self.small}"
        lie = f" | {self.lie}" if self.lie else ""
        return f"{self.name} | {self.exchanges} | {self.verdict}{small}{lie}"

    @property
    def is_accused(self) -> bool:
        """Whether a correct server is accused."""
        return self.is_correct and self.verdict != REPRODUCED

    @property
    def is_unseen(self) -> bool:
        """Whether the replay found nothing although a server is broken."""
        return not self.is_correct and self.verdict == REPRODUCED


def verdict(difference: Difference | None) -> str:
    """`reproduced`, or the difference in one line: the exchange, the place, both values and the reason."""
    if difference is None:
        return REPRODUCED
    values = f"{difference.recorded} -> {difference.now}"
    why = f". {difference.why}" if difference.why else ""
    return f"{difference.number}: {difference.operation} {difference.place}: {values}{why}"


def goals(rows: Sequence[Row]) -> list[Goal]:
    """What has to be true of all results."""
    correct = [row for row in rows if row.is_correct]
    small = [row for row in rows if row.small is not None]
    large = sum((row.small or 0) > MAX_SMALL_EXCHANGES for row in small)
    accused = Goal(f"accused, of {len(correct)} correct servers", sum(row.is_accused for row in rows), "", 0)
    return [
        *([accused] if correct else []),
        Goal(f"more than {MAX_SMALL_EXCHANGES} exchanges, of {len(small)} small capsules", large, "", 0),
        Goal("another difference, or a correct server accused", sum(bool(row.lie) for row in small), "", 0),
    ]


def page(rows: Sequence[Row], machine: str) -> str:
    """The page with all results."""
    broken = [row for row in rows if not row.is_correct]
    found = [row for row in broken if not row.is_unseen]
    count = sum(row.kind == "fault" for row in rows)
    total = sum(not fault.unseen for fault in FAULTS.values())
    unseen = ", ".join(row.name for row in broken if row.is_unseen) or "none"
    return (
        "# Planted bugs and the first differences of their recordings\n\n"
        "`benchmarks.soundness.capsules` records a server with one planted bug, and replays the recording. A "
        "fault is a bug in a server without code of the kit. Its small capsule is replayed, and its requests "
        "are also sent to a correct server. A mutant is a mock with a bug, which gets the requests of a "
        "correct recording. The first difference is the number of the exchange, the place, and the recorded "
        "value -> the new value. "
        f"The results have {count} of {total} faults; where the third column is empty, no small capsule was "
        f"made. {machine}\n\n{goal_table(goals(rows))}\n\n{_table(found)}\n\n"
        f"A recording alone does not show these bugs, so nothing was found: {unseen}.\n"
    )


def _table(rows: Iterable[Row]) -> str:
    head = ["planted bug", "first difference", "small", "note about the small capsule"]
    cells = (
        [
            f"{row.name} ({row.kind})",
            _in_cell(row.verdict),
            str(row.small or ""),
            _in_cell(row.lie or _WHY_LARGE.get(row.name, "")),
        ]
        for row in rows
    )
    return markdown(head, cells)


def _in_cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
