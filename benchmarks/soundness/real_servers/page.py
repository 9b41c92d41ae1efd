"""The page of the benchmark: how many runs of each kind there are, and what they found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.soundness.real_servers.jobs import Job, Kind
from benchmarks.soundness.real_servers.results import Result
from tests.servers.stacks import STACKS, stack

_MOST_REQUESTS = 1000


def page(results: Sequence[Result], planned: Sequence[Job], machine: str) -> str:
    """Returns the page as Markdown.

    results: the results that are there, also if runs are missing.
    planned: all runs of the benchmark.
    machine: the description of the machine.
    """
    faulty = [result for result in results if result.job.kind is Kind.FAULT]
    parts = ["# Servers that others wrote", _text(results, planned), machine, _goals(results)]
    parts += ["## Runs", markdown(["server", *map(str, Kind), "seeds"], _run_rows(results, planned))]
    parts += _blamed_part([result for result in results if result.is_blamed])
    parts += _unreported_part([result for result in faulty if result.why_unreported])
    parts += ["## Planted faults", *_stock_text(results), _fault_table(faulty)]
    return "\n\n".join(parts) + "\n"


def _blamed_part(blamed: Sequence[Result]) -> Iterator[str]:
    if blamed:
        yield "## Correct servers with findings"
        rows = [
            [result.job.stack, result.job.name, str(result.job.seed), _found(result)] for result in blamed
        ]
        yield markdown(["server", "variants", "seed", "rules, or why the run ended"], rows)


def _unreported_part(unreported: Sequence[Result]) -> Iterator[str]:
    if unreported:
        yield "## Faults that an honest server could have"
        yield "A finding on one of these would blame honest servers, too. The goal does not count them."
        rows = [[result.job.stack, result.job.fault, result.why_unreported] for result in unreported]
        yield markdown(["server", "fault", "why"], rows)


def _text(results: Sequence[Result], planned: Sequence[Job]) -> str:
    missing = len(planned) - len(results)
    state = f"{missing} of them are missing on this page." if missing else "All of them are on this page."
    unseen = sum(not fault.visible for name in STACKS for fault in stack(name).faults.values())
    return (
        f"The servers of tests/servers were written from the API page alone. The benchmark has "
        f"{len(planned)} runs of `conform`, with all keys and the default options. {state} The seed is that "
        f"of the random requests; the faults run with seed 1. {unseen} more faults are planted that no "
        f"answer can show; they have no run. If a run was repeated, the page has the last result."
    )


def _goals(results: Sequence[Result]) -> str:
    correct = [result for result in results if result.job.kind is not Kind.FAULT]
    faulty = [result for result in results if result.job.kind is Kind.FAULT and not result.why_unreported]
    most = max((result.requests for result in correct), default=0)
    return goal_table(
        [
            Goal("correct servers that were blamed", sum(result.is_blamed for result in correct), "", 0),
            Goal(
                "planted faults found",
                sum(not result.is_missed for result in faulty),
                "",
                len(faulty),
                at_least=True,
            ),
            Goal("most requests of a run on a correct server", most, "", _MOST_REQUESTS),
        ]
    )


def _run_rows(results: Sequence[Result], planned: Iterable[Job]) -> list[list[str]]:
    """A row for each server: how many runs of each kind are done, and how many the benchmark has."""
    done = [result.job for result in results]
    planned = list(planned)
    rows = []
    for name in STACKS:
        counts = [f"{_count(done, name, kind)} of {_count(planned, name, kind)}" for kind in Kind]
        rows.append([name, *counts, _seeds(job.seed for job in done if job.stack == name)])
    return rows


def _count(jobs: Iterable[Job], name: str, kind: Kind) -> int:
    return sum(job.stack == name and job.kind is kind for job in jobs)


def _seeds(seeds: Iterable[int]) -> str:
    numbers = sorted(set(seeds))
    return f"{numbers[0]} to {numbers[-1]}" if numbers else "-"


def _asked(results: Iterable[Result]) -> list[Result]:
    """The results of runs about which Schemathesis alone was asked."""
    return [result for result in results if result.stock is not None]


def _stock_text(results: Sequence[Result]) -> Iterator[str]:
    """Says how often Schemathesis alone fails, also on the correct servers."""
    asked = _asked(results)
    if not asked:
        return
    faulty = [result for result in asked if result.job.kind is Kind.FAULT]
    correct = [result for result in asked if result.job.kind is Kind.CORRECT]
    failed = [result.job.stack for result in correct if result.stock]
    names = f" ({', '.join(failed)})" if failed else ""
    yield (
        f"Schemathesis alone was asked about {len(faulty)} faults and failed on {sum(map(_stock, faulty))}. "
        f"It also fails on {len(failed)} of {len(correct)} correct servers{names}: there, that it fails on a "
        f"fault says nothing."
    )


def _stock(result: Result) -> bool:
    return bool(result.stock)


def _fault_table(faulty: Iterable[Result]) -> str:
    rules = "rules of the causes, and other broken rules"
    head = ["server", "fault", rules, "requests", "Schemathesis alone"]
    return markdown(head, [_fault_cells(result) for result in faulty])


def _fault_cells(result: Result) -> list[str]:
    stock = {None: "", True: "found", False: "-"}[result.stock]
    return [
        result.job.stack,
        result.job.fault,
        _found(result) or ("-" if result.why_unreported else "**missed**"),
        str(result.requests),
        stock,
    ]


def _found(result: Result) -> str:
    """The rules of the causes in bold, the other broken rules, and why the run ended early."""
    others = [rule for rule in result.broken if rule not in result.causes]
    return ", ".join(
        [
            *(f"**{rule}**" for rule in dict.fromkeys(result.causes)),
            *others,
            *([result.end] if result.end else []),
        ]
    )
