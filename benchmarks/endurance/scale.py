"""`python -m benchmarks.endurance.scale`: a world of 200,000 tasks beside one of 1,000, into scale.md."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TypeVar

import click

from benchmarks.endurance.pages import LIMIT, Sample, compare, compare_updates, found
from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from benchmarks.peers.calls import calls, headers
from benchmarks.peers.contender import API_PATH, Site
from benchmarks.peers.mock import mock
from benchmarks.running import Running, free_port
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT

T = TypeVar("T")
FEW, MANY = 1_000, 200_000
_FOLDER = Path(__file__).parent
_WORLDS = 50
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Times that the large world is founded.")
@click.option("--starts", default=5, show_default=True, help="Times that `workerkit serve` is started.")
def main(rounds: int, starts: int) -> None:
    """Measures worlds and pages, says where they fall short and writes it down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the server is ended then, too
    machine = Machine()
    founded = [_apart(_found_many) for _ in range(rounds)]
    pages, update = _apart(_samples)
    served = [_serve() for _ in range(starts)]
    goals = [
        Goal(f"{MANY:,} tasks, ready", median(each[0] for each in founded), " s", 5),
        Goal(f"{MANY:,} tasks, memory of the process", median(each[1] for each in founded), " MB", 600),
        *(Goal(f"{each.title}, times that among {FEW:,}", each.ratio, "x", 2) for each in pages),
        Goal("a fresh default world", _apart(_fresh_world), " ms", 5),
        Goal("`workerkit serve`, ready", median(each[0] for each in served), " s", 0.7),
        Goal("`workerkit serve`, idle memory", median(each[1] for each in served), " MB", 90),
    ]
    page = _page(goals, [*pages, update], rounds, starts, machine.described())
    (_FOLDER / "scale.md").write_text(page, "utf-8")
    click.echo(page)


def _page(goals: Sequence[Goal], samples: Sequence[Sample], rounds: int, starts: int, machine: str) -> str:
    head = ["microseconds", f"of {FEW:,}", f"of {MANY:,}"]
    rows = [[sample.title, f"{sample.few:.0f}", f"{sample.many:.0f}"] for sample in samples]
    return (
        "# Scale\n\n"
        f"Worlds of {FEW:,} and of {MANY:,} tasks, all of one server, in six statuses and three service "
        f"types; pages of {LIMIT}, by the whole way of a request but for the socket; medians. The large one "
        f"is founded {rounds} times, `workerkit serve` started {starts} times.\n\n{machine}\n\n"
        f"{goal_table(goals)}\n\n{markdown(head, rows)}\n"
    )


def _apart(measure: Callable[[], T]) -> T:
    """What a function returns in a fresh process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure).result()


def _found_many() -> tuple[float, float]:
    """Seconds to found the large world, and the memory of the process that holds it in MB."""
    begin = time.perf_counter()
    world = found(MANY)
    seconds = time.perf_counter() - begin
    assert len(world.tasks) == MANY
    return seconds, int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * _PAGE_MB


def _samples() -> tuple[list[Sample], Sample]:
    few, many = found(FEW), found(MANY)
    return compare(few, many), compare_updates(few, many)


def _fresh_world() -> float:
    """Milliseconds to found the default world once the process has founded one."""
    WorldBuilder()(DEFAULT)
    return median(_timed(lambda: WorldBuilder()(DEFAULT)) for _ in range(_WORLDS)) * 1e3


def _serve() -> tuple[float, float]:
    """Seconds until `workerkit serve` answers, and its memory then in MB."""
    asked, port = calls(), free_port()
    body = asked[0].requests[0][1]
    with tempfile.TemporaryDirectory(prefix="workerkit-bench-") as name:
        words = mock(Site(port, Path(name), asked)).words
        first = (API_PATH + asked[0].path, body, headers(body))
        core = min(os.sched_getaffinity(0))
        with Running(words, {}, port=port, core=core, first=first, log=Path(name) / "log") as running:
            return running.seconds_to_ready, running.memory()


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
