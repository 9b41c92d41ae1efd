"""`python -m benchmarks.peers.peers`: the mock beside other mocks, into results.md and results.svg."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import click

from benchmarks.machine import Machine
from benchmarks.peers.bare import bare_socket, empty_app
from benchmarks.peers.calls import calls
from benchmarks.peers.chart import chart
from benchmarks.peers.contender import Missing, Setup, Site
from benchmarks.peers.mock import mock
from benchmarks.peers.mockoon import mockoon
from benchmarks.peers.mountebank import mountebank
from benchmarks.peers.prism import prism
from benchmarks.peers.race import Pace, Race
from benchmarks.peers.table import table
from benchmarks.peers.wiremock import wiremock

SETUPS: tuple[Setup, ...] = (mock, wiremock, prism, mountebank, mockoon, empty_app, bare_socket)
_FOLDER = Path(__file__).parent
_PACE = Pace()


@click.command()
@click.option("--rounds", default=_PACE.rounds, show_default=True, help="Of each call and server.")
@click.option("--seconds", default=_PACE.seconds, show_default=True, help="Of each round.")
@click.option("--warm-up", default=_PACE.warm_up, show_default=True, help="Seconds of each call and server.")
@click.option("--starts", default=_PACE.starts, show_default=True, help="Of each server.")
def main(rounds: int, seconds: float, warm_up: float, starts: int) -> None:
    """Measures all servers in one run and writes the table and the picture."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers are ended then, too
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise click.ClickException("the server and the load need a core each: there is one")
    asked, pace, machine = calls(), Pace(starts, warm_up, rounds, seconds), Machine()
    with tempfile.TemporaryDirectory(prefix="workerkit-bench-") as name:
        folder = Path(name)
        setups, skipped = _possible(Site(0, folder / "tried", asked))
        scores = Race(asked, folder, (cores[0], cores[1]), click.echo).run(setups, pace)
    page = table(scores, asked, pace, skipped, machine.described()) + "\n"
    (_FOLDER / "results.md").write_text(page, "utf-8")
    (_FOLDER / "results.svg").write_text(chart(scores, asked), "utf-8")
    click.echo(page)


def _possible(site: Site) -> tuple[list[Setup], list[str]]:
    """Which of the servers this machine has what they need for; a line for each of the others."""
    possible, skipped = [], []
    for setup in SETUPS:
        try:
            setup(site)
        except Missing as error:
            skipped.append(f"{setup.__name__}: {error}")
            click.echo(f"left out: {skipped[-1]}")
        else:
            possible.append(setup)
    return possible, skipped


if __name__ == "__main__":
    main()
