"""`python -m benchmarks.endurance.scale`: compares worlds of 1,000 and 200,000 tasks. Writes scale.md."""

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

from benchmarks.endurance.pages import LIMIT, Sample, build_world, compare, compare_updates
from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from benchmarks.peers.calls import calls, headers
from benchmarks.peers.measured_server import API_PATH, Workspace
from benchmarks.peers.servers.mock import mock
from benchmarks.running import Running, free_port
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

T = TypeVar("T")
FEW, MANY = 1_000, 200_000
_WORLD_FILE = f"""
servers:
  - name: server-01
    status: online
    key: {EXAMPLE_KEY}
tasks:
  - server: server-01
    count: 500000
"""
_FOLDER = Path(__file__).parent
_WORLDS, _MANY_WORLDS = 50, 10_000
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How many times the large world is built.")
@click.option("--starts", default=5, show_default=True, help="How many times `workerkit serve` is started.")
def main(rounds: int, starts: int) -> None:
    """Measures worlds and pages, prints the results, and writes them to scale.md."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server is stopped, too
    machine = Machine()
    built = [_in_new_process(_build_large_world) for _ in range(rounds)]
    pages, update = _in_new_process(_samples)
    worlds_memory = _in_new_process(_many_worlds)
    served = [_serve() for _ in range(starts)]
    file_seconds, file_memory = _serve(_WORLD_FILE)
    goals = [
        Goal(f"{MANY:,} tasks, ready", median(seconds for seconds, _ in built), " s", 5),
        Goal(f"{MANY:,} tasks, memory of the process", median(memory for _, memory in built), " MB", 600),
        *(Goal(f"{page.title}, compared to {FEW:,} tasks", page.ratio, "x", 2) for page in pages),
        Goal(f"{_MANY_WORLDS:,} default worlds, memory of the process", worlds_memory, " MB", 2_500),
        Goal("building the default world", _in_new_process(_default_world_milliseconds), " ms", 5),
        Goal("`workerkit serve --world` with 500,000 tasks, ready", file_seconds, " s", 12),
        Goal("`workerkit serve --world` with 500,000 tasks, memory", file_memory, " MB", 600),
        Goal("`workerkit serve`, ready", median(seconds for seconds, _ in served), " s", 0.7),
        Goal("`workerkit serve`, idle memory", median(memory for _, memory in served), " MB", 90),
    ]
    text = _page(goals, [*pages, update], rounds, starts, machine.description())
    (_FOLDER / "scale.md").write_text(text, "utf-8")
    click.echo(text)


def _page(goals: Sequence[Goal], samples: Sequence[Sample], rounds: int, starts: int, machine: str) -> str:
    head = ["microseconds", f"{FEW:,} tasks", f"{MANY:,} tasks"]
    rows = [[sample.title, f"{sample.few:.0f}", f"{sample.many:.0f}"] for sample in samples]
    return (
        "# Scale\n\n"
        f"Two worlds, with {FEW:,} and {MANY:,} tasks. All tasks belong to one server. They are in all six "
        f"statuses and all three service types. A page has {LIMIT} tasks. The times are medians, without the "
        f"time on the socket. The large world was built {rounds} times, `workerkit serve` was started "
        f"{starts} times."
        f"\n\n{machine}\n\n"
        f"{goal_table(goals)}\n\n{markdown(head, rows)}\n"
    )


def _in_new_process(measure: Callable[[], T]) -> T:
    """Runs a function in a new process. Returns its result."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure).result()


def _build_large_world() -> tuple[float, float]:
    """Builds the large world. Returns the seconds, and the memory of the process in MB."""
    begin = time.perf_counter()
    world = build_world(MANY)
    seconds = time.perf_counter() - begin
    assert len(world.tasks) == MANY
    return seconds, _memory()


def _many_worlds() -> float:
    """Builds many default worlds. Returns the memory of the process in MB."""
    worlds = Worlds(_MANY_WORLDS)
    for seed in range(_MANY_WORLDS):
        worlds.add(worlds.new_name(), WorldBuilder(seed=seed))
    return _memory()


def _memory() -> float:
    """Returns the memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * _PAGE_MB


def _samples() -> tuple[list[Sample], Sample]:
    few, many = build_world(FEW), build_world(MANY)
    return compare(few, many), compare_updates(few, many)


def _default_world_milliseconds() -> float:
    """Returns the milliseconds to build a default world, if the process has built one before."""
    WorldBuilder()(DEFAULT)
    return median(_timed(lambda: WorldBuilder()(DEFAULT)) for _ in range(_WORLDS)) * 1e3


def _serve(world: str | None = None) -> tuple[float, float]:
    """Starts `workerkit serve`. Returns the seconds until its first answer, and its memory then in MB.

    world: the content of a file for `--world`.
    """
    all_calls, port = calls(), free_port()
    body = all_calls[0].requests[0][1]
    with tempfile.TemporaryDirectory(prefix="workerkit-bench-") as name:
        command = [*mock(Workspace(port, Path(name), all_calls)).command]
        if world is not None:
            file = Path(name) / "large-world.yaml"
            file.write_text(world, "utf-8")
            command += ["--world", str(file)]
        first = (API_PATH + all_calls[0].path, body, headers(body))
        core = min(os.sched_getaffinity(0))
        with Running(command, {}, port=port, core=core, first=first, log=Path(name) / "log") as running:
            return running.seconds_to_ready, running.memory()


def _timed(measured: Callable[[], object]) -> float:
    begin = time.perf_counter()
    measured()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
