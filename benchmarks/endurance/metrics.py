"""`python -m benchmarks.endurance.metrics`: what do the figures of /_mock/metrics cost? Writes metrics.md.

Measures the CPU time of a request to `workerkit serve`, and the CPU time of counting one request, in turn. So
the machine is about equally busy for both, and the ratio changes little.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import click

from benchmarks.endurance.looking import load_of, served
from benchmarks.goal import Goal, goal_table
from benchmarks.machine import Machine
from workerkit.mockserver.metrics.request_figures import RequestFigures

MOST_SHARE = 3.0
_COUNTED = 200_000
_SECONDS_BETWEEN_READINGS = 1.0
_PATH = Path(__file__).with_suffix(".md")


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often both are measured.")
@click.option("--seconds", default=4.0, show_default=True, help="How long the load lasts each time.")
def main(rounds: int, seconds: float) -> None:
    """Measures both costs in turn, prints the share, and writes it to metrics.md."""
    machine, requests, counts = Machine(), [], []
    for _ in range(rounds):
        requests.append(_seconds_of_a_request(seconds))
        counts.append(_seconds_of_a_count())
    text = _page(requests, counts, machine.description())
    _PATH.write_text(text, "utf-8")
    click.echo(text)
    share = 100 * median(map(_share, requests, counts))
    sys.exit(0 if share <= MOST_SHARE else 1)


def _share(request: float, count: float) -> float:
    return count / request


def _seconds_of_a_request(seconds: float) -> float:
    """CPU seconds of the mock for each request, while the figures are read every second."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "log") as running,
        _reading(running.port),
    ):
        return load_of(running, seconds).cpu


def _seconds_of_a_count() -> float:
    """CPU seconds to count one request, with the two readings of the clock that counting needs."""
    figures, clock = RequestFigures(), time.perf_counter
    began = time.process_time()
    for _ in range(_COUNTED):
        arrived = clock()
        figures.add_request("heartbeat", 200, clock() - arrived)
    return (time.process_time() - began) / _COUNTED


@contextmanager
def _reading(port: int) -> Iterator[None]:
    """Reads the figures of a mock every second, as Prometheus does."""
    end = threading.Event()

    def read() -> None:
        while not end.wait(_SECONDS_BETWEEN_READINGS):
            with urlopen(f"http://127.0.0.1:{port}/_mock/metrics") as answer:
                answer.read()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        end.set()
        reader.join()


def _page(requests: list[float], counts: list[float], machine: str) -> str:
    shares = [100 * _share(request, count) for request, count in zip(requests, counts, strict=True)]
    goal = Goal("CPU time of counting, of the CPU time of a heartbeat", median(shares), " %", MOST_SHARE)
    return (
        "# Figures for Prometheus\n\n"
        f"Measured {len(shares)} times in turn, while the figures are read every second. A heartbeat takes "
        f"{median(requests) * 1e6:.1f} µs of CPU time, and counting it {median(counts) * 1e9:.0f} ns.\n\n"
        f"{goal_table([goal])}\n\n{machine}\n"
    )


if __name__ == "__main__":
    main()
