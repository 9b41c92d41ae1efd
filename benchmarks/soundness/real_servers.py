"""`python -m benchmarks.soundness.real_servers`: tests the servers of tests/servers. Writes real_servers.md.

It works in slices: each result goes to a file at once, and the next call goes on where the last one stopped.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from benchmarks.soundness.mutants import stock_finds
from tests.servers.running import running
from tests.servers.stacks import STACKS, Stack, stack
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import CannotRunError

_PAGE = Path(__file__).with_name("real_servers.md")
_RESULTS = Path("build", "real_servers.jsonl")
_DJANGO_PYTHON = Path("build", "django", "bin", "python")
_NODE = Path("build", "express")
_PROCESSES = 2
_SEEDS = 10
_MIXES = 20
# What `workerkit conform` does without --max-requests.
_MAX_REQUESTS = 3000
_BEFORE_THE_RUN = "refused before the run"


@dataclass(frozen=True)
class Job:
    """One conformance run.

    variants: the variants that are on, separated by commas.
    fault: the planted fault, or an empty text.
    """

    stack: str
    variants: str
    fault: str
    seed: int

    @property
    def name(self) -> str:
        """What is tested: the fault, the variants, or `correct`."""
        return self.fault or self.variants or "correct"


@dataclass(frozen=True)
class Result:
    """The result of one run.

    broken: the message of each broken rule, by its id.
    causes: the ids of the rules of the causes, the most important first.
    requests: the number of requests.
    seconds: the duration.
    stock: whether Schemathesis alone finds the fault. None if it was not asked.
    """

    job: Job
    broken: dict[str, str]
    causes: list[str]
    requests: int
    seconds: float
    stock: bool | None = None


@click.command()
@click.option("--stack", "stacks", multiple=True, type=click.Choice(STACKS), help="Only this server.")
@click.option("--minutes", default=0.0, help="Stop after this time. Default: go on to the end.")
@click.option("--seeds", default=_SEEDS, show_default=True, help="How many seeds.")
@click.option("--stock", is_flag=True, help="Also ask Schemathesis alone.")
@click.option("--fresh", is_flag=True, help="Forget the results of earlier calls.")
@click.argument("names", nargs=-1)
def main(
    stacks: tuple[str, ...], minutes: float, seeds: int, stock: bool, fresh: bool, names: tuple[str, ...]
) -> None:
    """Runs conform on the correct servers, on their variants alone and together, and on their faults.

    With NAMES only these variants and faults. The exit code is 1 if a correct server has a finding.
    """
    if fresh:
        _RESULTS.unlink(missing_ok=True)
    _RESULTS.parent.mkdir(exist_ok=True)
    known = {result.job: result for result in _known_results()}
    wanted = [job for job in _jobs(stacks or STACKS, seeds) if not names or job.name in names]
    for result in _run([known.get(job, job) for job in wanted], minutes, stock=stock):
        known[result.job] = result
    results = [known[job] for job in wanted if job in known]
    if not names and not stacks:
        _PAGE.write_text(_page(results, len(wanted), Machine().description()), "utf-8")
    blamed = [result for result in results if result.broken and not result.job.fault]
    for result in blamed:
        click.echo(f"blamed: {result.job.stack} {result.job.name} (seed {result.job.seed}): {result.broken}")
    missed = [f"{result.job.stack}/{result.job.name}" for result in results if _is_missed(result)]
    click.echo(f"{len(results)} of {len(wanted)} runs; blamed {len(blamed)}; missed {len(missed)}: {missed}")
    sys.exit(1 if blamed else 0)


def _jobs(stacks: tuple[str, ...], seeds: int) -> Iterator[Job]:
    """All runs, by seed. Correct servers come first, since a wrong finding is the worst result.

    The rest of the order is random, so that each slice is a fair sample.
    """
    for seed in range(1, seeds + 1):
        jobs = [job for name in stacks for job in _jobs_of(stack(name), seed)]
        Random(seed).shuffle(jobs)
        jobs.sort(key=lambda job: bool(job.fault))
        yield from jobs


def _jobs_of(server: Stack, seed: int) -> Iterator[Job]:
    yield Job(server.name, "", "", seed)
    for variants in (*server.variants, *_mixes(server, seed)):
        yield Job(server.name, variants, "", seed)
    if seed == 1:
        yield from (
            Job(server.name, "", fault.name, seed) for fault in server.faults.values() if fault.visible
        )


def _mixes(server: Stack, seed: int) -> Iterator[str]:
    """Sets of many variants that may be on together."""
    chance = Random(f"{server.name} {seed}")
    for _ in range(_MIXES // _SEEDS):
        chosen: list[str] = []
        for variant in chance.sample(list(server.variants), len(server.variants) // 2):
            excluded = {name for other in chosen for name in server.variants[other].excludes}
            if variant not in excluded and not set(server.variants[variant].excludes) & set(chosen):
                chosen.append(variant)
        yield ",".join(chosen)


def _run(wanted: list[Job | Result], minutes: float, *, stock: bool) -> Iterator[Result]:
    """Yields the results that are missing, or whose `stock` is missing."""
    todo = [item for item in wanted if isinstance(item, Job) or (stock and _stock_is_missing(item))]
    end = time.monotonic() + minutes * 60 if minutes else float("inf")
    with (
        _RESULTS.open("a", encoding="utf-8") as file,
        ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool,
    ):
        # A few jobs at a time, so that the time limit holds.
        for start in range(0, len(todo), _PROCESSES):
            if time.monotonic() >= end:
                return
            for result in pool.map(partial(_result, stock=stock), todo[start : start + _PROCESSES]):
                file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
                file.flush()
                click.echo(
                    f"{result.job.stack:8} {result.job.name[:60]:60} {', '.join(result.broken) or '-'}"
                )
                yield result


def _stock_is_missing(result: Result) -> bool:
    """Schemathesis alone is asked about each fault, and about the correct servers without variants."""
    return result.stock is None and not result.job.variants and result.job.seed == 1


def _result(wanted: Job | Result, *, stock: bool) -> Result:
    result = _own_result(wanted) if isinstance(wanted, Job) else wanted
    if not stock or not _stock_is_missing(result):
        return result
    with _serving(result.job) as target:
        return replace(result, stock=stock_finds(target))


def _own_result(job: Job) -> Result:
    with _serving(job) as target:
        try:
            report = conform(target, Plan(seed=job.seed, max_requests=_MAX_REQUESTS))
        except CannotRunError as error:
            # The run does not begin, for example because a key is refused. The message tells the owner why.
            return Result(job, {_BEFORE_THE_RUN: str(error)[:300]}, [_BEFORE_THE_RUN], 0, 0.0)
    broken = {rule.id: rule.why[:300] for rule in report.with_status(RuleStatus.BROKEN)}
    causes = [cause.rule for cause in report.causes]
    return Result(job, broken, causes, report.requests, round(report.seconds, 1))


def _serving(job: Job) -> AbstractContextManager[Target]:
    server, variants = stack(job.stack), job.variants.split(",") if job.variants else []
    python = str(_DJANGO_PYTHON.absolute()) if job.stack == "django" else sys.executable
    node_path = _NODE.absolute() if job.stack == "express" else None
    return running(server, variants, job.fault, python=python, node_path=node_path)


def _known_results() -> Iterator[Result]:
    if _RESULTS.exists():
        for line in _RESULTS.read_text("utf-8").splitlines():
            fields = json.loads(line)
            yield Result(**{**fields, "job": Job(**fields["job"])})


def _is_missed(result: Result) -> bool:
    return bool(result.job.fault) and not result.broken


def _page(results: list[Result], wanted: int, machine: str) -> str:
    correct = [result for result in results if not result.job.fault]
    faulty = [result for result in results if result.job.fault]
    blamed = [result for result in correct if result.broken]
    found = sum(1 for result in faulty if result.broken)
    goals = [
        Goal("correct servers that were blamed", len(blamed), "", 0),
        Goal("planted faults found", found, "", len(faulty), at_least=True),
        Goal("most requests of a run", max((result.requests for result in correct), default=0), "", 1000),
    ]
    text = (
        f"The servers of tests/servers were written from the API page alone. {len(results)} of {wanted} runs "
        f"are done. A run has all keys and the default options.{_stock_text(correct)}"
    )
    head = [
        "server",
        "fault",
        "rules of the causes, and other broken rules",
        "requests",
        "Schemathesis alone",
    ]
    rows = [_fault_cells(result) for result in faulty]
    blame = [[result.job.stack, result.job.name, ", ".join(result.broken)] for result in blamed]
    parts = ["# Servers that others wrote", text, machine, goal_table(goals)]
    parts += (
        ["## Correct servers with findings", markdown(["server", "variants", "rules"], blame)]
        if blame
        else []
    )
    return "\n\n".join([*parts, "## Planted faults", markdown(head, rows)]) + "\n"


def _stock_text(correct: list[Result]) -> str:
    """Says on which correct servers Schemathesis alone fails: there, that it finds a fault means little."""
    asked = [result for result in correct if result.stock is not None]
    failed = [result.job.stack for result in asked if result.stock]
    if not asked:
        return ""
    return (
        f" Schemathesis alone fails on {len(failed)} of {len(asked)} correct servers ({', '.join(failed)})."
    )


def _fault_cells(result: Result) -> list[str]:
    others = [rule for rule in result.broken if rule not in result.causes]
    rules = ", ".join([*(f"**{rule}**" for rule in dict.fromkeys(result.causes)), *others]) or "**missed**"
    stock = {None: "", True: "found", False: "-"}[result.stock]
    return [result.job.stack, result.job.fault, rules, str(result.requests), stock]


if __name__ == "__main__":
    main()
