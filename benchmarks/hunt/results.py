"""The page with the results of the benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.hunt.apart_bugs import APART_BUGS
from benchmarks.hunt.slice_row import SliceRow
from benchmarks.hunt.subtle_bugs import SUBTLE_BUGS
from tests.workers.mutants import Mutant

_TEXT = (
    "Each worker with a bug is a careful worker with one mistake, which shows only if two troubles meet. The "
    "schedule that shows it is in `schedules/`, written by hand. A hunt has its default 300 trials, and each "
    "number is the trial that found the bug. Bugs written apart were not looked at while the hunt was made. "
    "The seconds include what the hunt repeats, and depend on what else the machine does. A dash: "
    "not measured yet. A bug counts as found only if the written scenario fails ten times of ten."
)


def results_page(rows: Sequence[SliceRow], machine: str) -> str:
    """Returns the page as Markdown. What was not measured yet has a dash."""
    parts = ("# Hunts", _TEXT, machine, _goals(rows), *_tables(rows), "## Careful workers", _careful(rows))
    return "\n\n".join(parts) + "\n"


def _tables(rows: Sequence[SliceRow]) -> Iterable[str]:
    for title, bugs in (("Bugs of the search", SUBTLE_BUGS), ("Bugs written apart", APART_BUGS)):
        yield f"## {title}"
        head = [
            "bug",
            "rule",
            "schedule",
            "library",
            "trials",
            "seconds",
            "troubles",
            "fails",
            "passes without",
        ]
        yield markdown(head, [_bug_cells(bug, rows) for bug in bugs])


def _bug_cells(bug: Mutant, rows: Sequence[SliceRow]) -> list[str]:
    ours = [row for row in rows if row.name == bug.name]
    hunts = [row for row in ours if row.kind == "hunt"]
    found = [row for row in hunts if row.happenings]
    return [
        bug.name,
        bug.rule,
        _outcome(ours, "schedule", "shows it", "DOES NOT SHOW IT"),
        _outcome(ours, "library", "lets it pass", "finds it"),
        _joined(str(row.trials) if row.happenings else f"not in {row.trials}" for row in hunts),
        _joined(f"{row.seconds:.0f}" for row in hunts),
        _joined(str(row.happenings) for row in found),
        _joined(f"{row.with_bug} of 10" for row in found),
        _joined(f"{row.without_bug} of 10" for row in found),
    ]


def _outcome(rows: Iterable[SliceRow], kind: str, good: str, bad: str) -> str:
    return _joined(good if row.passed else bad for row in rows if row.kind == kind)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts) or "-"


def _goals(rows: Sequence[SliceRow]) -> str:
    apart = {bug.name for bug in APART_BUGS}
    hunts = [row for row in rows if row.kind == "hunt"]
    found = [row for row in hunts if row.passed]
    careful = [row for row in rows if row.kind.startswith("careful")]
    of_apart = [row for row in hunts if row.name in apart]
    return goal_table(
        (
            Goal("bugs found, of those hunted", _share(found, hunts), " %", 90, at_least=True),
            Goal(
                "of those written apart",
                _share([row for row in found if row.name in apart], of_apart),
                " %",
                70,
                at_least=True,
            ),
            Goal("most troubles in a scenario", max((row.happenings for row in found), default=0), "", 2),
            Goal("careful workers blamed", sum(not row.passed for row in careful), "", 0),
        )
    )


def _share(some: Sequence[SliceRow], every: Sequence[SliceRow]) -> float:
    return 100 * len(some) / len(every) if every else 0.0


def _careful(rows: Sequence[SliceRow]) -> str:
    return markdown(
        ["worker", "beside busy processes", "trials", "seconds", "result"],
        [
            [
                row.name,
                "yes" if row.kind == "careful-busy" else "no",
                str(row.trials),
                f"{row.seconds:.0f}",
                row.text.partition(":")[0] if row.passed else row.text,
            ]
            for row in rows
            if row.kind.startswith("careful")
        ],
    )
