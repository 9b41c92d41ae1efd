"""`python -m benchmarks.peers.peers`: compares mocks. Writes results.md and results.svg."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import click

from benchmarks.machine import Machine
from benchmarks.peers.calls import calls
from benchmarks.peers.chart import chart
from benchmarks.peers.comparison import Comparison, Timing
from benchmarks.peers.measured_server import MissingProgramError, Setup, Workspace
from benchmarks.peers.servers.baselines import bare_socket, empty_app
from benchmarks.peers.servers.mock import mock
from benchmarks.peers.servers.mockoon import mockoon
from benchmarks.peers.servers.mountebank import mountebank
from benchmarks.peers.servers.prism import prism
from benchmarks.peers.servers.wiremock import wiremock
from benchmarks.peers.table import table

SETUPS: tuple[Setup, ...] = (mock, wiremock, prism, mountebank, mockoon, empty_app, bare_socket)
_FOLDER = Path(__file__).parent
_PACE = Timing()


@click.command()
@click.option("--rounds", default=_PACE.rounds, show_default=True, help="Rounds for each call and server.")
@click.option("--seconds", default=_PACE.seconds, show_default=True, help="Length of each round.")
@click.option(
    "--warm-up",
    default=_PACE.warm_up,
    show_default=True,
    help="Seconds before the first round, for each call and server.",
)
@click.option(
    "--starts", default=_PACE.starts, show_default=True, help="How many times each server is started."
)
def main(rounds: int, seconds: float, warm_up: float, starts: int) -> None:
    """Measures all servers in one run, and writes the tables and the picture."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped, too
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise click.ClickException("the server and the load need two cores, and this machine has one")
    all_calls, timing, machine = calls(), Timing(starts, warm_up, rounds, seconds), Machine()
    with tempfile.TemporaryDirectory(prefix="workerkit-bench-") as name:
        folder = Path(name)
        setups, skipped = _possible(Workspace(0, folder / "tried", all_calls))
        measurements = Comparison(all_calls, folder, (cores[0], cores[1]), click.echo).run(setups, timing)
    page = table(measurements, all_calls, timing, skipped, machine.description()) + "\n"
    (_FOLDER / "results.md").write_text(page, "utf-8")
    (_FOLDER / "results.svg").write_text(chart(measurements, all_calls), "utf-8")
    click.echo(page)


def _possible(workspace: Workspace) -> tuple[list[Setup], list[str]]:
    """Returns the servers that this machine can run, and for each other server a line with the reason."""
    possible, skipped = [], []
    for setup in SETUPS:
        try:
            setup(workspace)
        except MissingProgramError as error:
            skipped.append(f"{setup.__name__}: {error}")
            click.echo(f"left out: {skipped[-1]}")
        else:
            possible.append(setup)
    return possible, skipped


if __name__ == "__main__":
    main()
