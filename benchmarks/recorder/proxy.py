"""`python -m benchmarks.recorder.proxy` writes proxy.md: what `workerkit record` and mitmproxy cost.

Both stand before a socket that answers at once, and both write down all that goes through. mitmproxy, in its
reverse mode, is looked for in `build/mitmproxy`, where `make bench` puts it.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from benchmarks.peers.calls import headers
from benchmarks.peers.contender import API_PATH
from benchmarks.peers.load import load
from benchmarks.recorder.case import Case, Round, cases, worker_round
from benchmarks.running import Running, free_port, on_core

_OTHER_CORE, _CORE = 0, 1
_MANY = 8
_DIRECT, _KIT, _OTHER = "no recorder", "workerkit", "mitmproxy"
_PAGE = Path(__file__).with_name("proxy.md")
_MITMDUMP = Path("build/mitmproxy/bin/mitmdump").resolve()


Way = tuple[str, tuple[str, ...], int]
Asked = Case | Round


@dataclass(frozen=True, slots=True)
class Cost:
    """A case on one way: ms to an answer on one connection; ms of CPU and answers a second on many."""

    wait: float
    cpu: float
    rate: float


Costs = dict[tuple[str, str], Cost]


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Times that each is measured, in turns.")
@click.option("--seconds", default=1.0, show_default=True, help="Of each measurement; there are two a case.")
def main(rounds: int, seconds: float) -> None:
    """Measures both recorders, says where the kit's is the dearer one and writes it down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers are ended then, too
    if not _MITMDUMP.exists():
        raise click.UsageError(f"{_MITMDUMP} is not there: `make bench` installs mitmproxy into build/")
    machine = Machine()
    asked: tuple[Asked, ...] = (worker_round(), *cases())
    costs = _middle([dict(_measured(asked, seconds)) for _ in range(rounds)])
    conditions = (
        f"Medians of {rounds} rounds of {seconds:g} s, each with fresh processes; recorders on one core, "
        f"load and server on the other. Waiting: on one connection; CPU and rate: on {_MANY}."
    )
    told = f"{conditions}\n\n{machine.described()}\n\n{_tables(asked, costs)}"
    page = f"# The recorder beside mitmproxy\n\n{told}\n"
    _PAGE.write_text(page, "utf-8")
    click.echo(page)


def _measured(asked: Sequence[Asked], seconds: float) -> Iterator[tuple[tuple[str, str], Cost]]:
    with tempfile.TemporaryDirectory(prefix="workerkit-bench-") as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        upstream = ("upstream", (sys.executable, "-m", "benchmarks.recorder.upstream", str(port)), port)
        server = stack.enter_context(_running(upstream, _OTHER_CORE, folder))
        stack.enter_context(on_core(_OTHER_CORE))
        for case in asked:
            yield (_DIRECT, case.title), _cost(case, server, seconds)
        for way in _ways(port, folder):
            with _running(way, _CORE, folder) as recorder:
                for case in asked:
                    yield (way[0], case.title), _cost(case, recorder, seconds)


def _cost(case: Asked, running: Running, seconds: float) -> Cost:
    requests = case.requests()
    one = load(running.port, requests, seconds=seconds, cpu=running.cpu, connections=1)
    many = load(running.port, requests, seconds=seconds, cpu=running.cpu, connections=_MANY)
    return Cost(1e3 / one.rate, many.cpu * 1e3, many.rate)


def _ways(port: int, folder: Path) -> Iterator[Way]:
    own = free_port()
    command = str(Path(sys.executable).with_name("workerkit"))
    url, out = f"http://127.0.0.1:{port}{API_PATH}", str(folder / "capsule.yaml")
    yield _KIT, (command, "record", "--upstream", url, "--out", out, "--port", str(own)), own
    own, mode = free_port(), f"reverse:http://127.0.0.1:{port}"
    flows = str(folder / "flows")
    yield _OTHER, (str(_MITMDUMP), "-q", "--mode", mode, "-p", str(own), "-w", flows), own


def _running(way: Way, core: int, folder: Path) -> Running:
    name, words, port = way
    # They run in the folder of their logs, from where the module of the server would not be found.
    path = {"PYTHONPATH": os.getcwd()}
    first = API_PATH + "/health", b"{}", headers(b"{}")
    return Running(words, path, port=port, core=core, first=first, log=folder / f"{name}.log")


def _middle(rounds: Sequence[Costs]) -> Costs:
    return {
        each: Cost(*(median(getattr(costs[each], name) for costs in rounds) for name in Cost.__slots__))
        for each in rounds[0]
    }


def _tables(asked: Sequence[Asked], costs: Costs) -> str:
    head = ["", "waiting, ms", "of mitmproxy's", "CPU, ms", "of mitmproxy's", "answers/s", "to mitmproxy's"]
    rows = [_row(case.title, way, costs) for case in asked for way in (_DIRECT, _KIT, _OTHER)]
    return f"{markdown(head, rows)}\n\n## Goals\n\n{goal_table(_goals(asked, costs))}"


def _row(title: str, way: str, costs: Costs) -> list[str]:
    own, other = costs[way, title], costs[_OTHER, title]
    pairs = ((own.wait, other.wait, ".3f"), (own.cpu, other.cpu, ".3f"), (own.rate, other.rate, ".0f"))
    told = ((f"{mine:{form}}", f"{mine / its:.2f}x") for mine, its, form in pairs)
    return [f"{title}, {way}", *(word for pair in told for word in pair)]


def _goals(asked: Sequence[Asked], costs: Costs) -> Iterator[Goal]:
    for case in asked:
        own, other = costs[_KIT, case.title], costs[_OTHER, case.title]
        yield Goal(f"{case.title}: waiting, of mitmproxy's", own.wait / other.wait, "x", 1)
        yield Goal(f"{case.title}: CPU, of mitmproxy's", own.cpu / other.cpu, "x", 1)


if __name__ == "__main__":
    main()
