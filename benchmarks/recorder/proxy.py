"""`python -m benchmarks.recorder.proxy`: compares `workerkit record` with mitmproxy. Writes proxy.md.

Both are proxies of a server that answers at once, and both save all exchanges. mitmproxy runs in its reverse
mode. `make bench` installs it in `build/mitmproxy`.
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
from benchmarks.peers.load import load
from benchmarks.peers.measured_server import API_PATH
from benchmarks.recorder.case import Case, Round, cases, worker_round
from benchmarks.running import Running, free_port, on_core

_OTHER_CORE, _CORE = 0, 1
_MANY = 8
_DIRECT, _KIT, _OTHER = "no recorder", "workerkit", "mitmproxy"
_PAGE = Path(__file__).with_name("proxy.md")
_MITMDUMP = Path("build/mitmproxy/bin/mitmdump").resolve()


# Name, command and port.
Proxy = tuple[str, tuple[str, ...], int]
MeasuredCase = Case | Round


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a case through one proxy.

    wait: milliseconds to an answer, with one connection.
    cpu: CPU milliseconds of the proxy for one answer, with many connections.
    rate: answers per second, with many connections.
    """

    wait: float
    cpu: float
    rate: float


Costs = dict[tuple[str, str], Cost]


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How many times each case is measured.")
@click.option(
    "--seconds", default=1.0, show_default=True, help="Seconds for each of the two measurements of a case."
)
def main(rounds: int, seconds: float) -> None:
    """Measures both recorders, prints the results, and writes them to proxy.md."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped, too
    if not _MITMDUMP.exists():
        raise click.UsageError(f"{_MITMDUMP} does not exist; `make bench` installs mitmproxy in build/")
    machine = Machine()
    measured_cases: tuple[MeasuredCase, ...] = (worker_round(), *cases())
    costs = _medians([dict(_measure(measured_cases, seconds)) for _ in range(rounds)])
    conditions = (
        f"Medians of {rounds} rounds of {seconds:g} s, each with new processes. The recorder runs on one "
        f"core, the load and the server on another. `waiting` is measured with one connection, the CPU time "
        f"and the rate with {_MANY} connections. `x` is the number divided by mitmproxy's number."
    )
    text = f"{conditions}\n\n{machine.description()}\n\n{_tables(measured_cases, costs)}"
    page = f"# The recorder compared with mitmproxy\n\n{text}\n"
    _PAGE.write_text(page, "utf-8")
    click.echo(page)


def _measure(
    measured_cases: Sequence[MeasuredCase], seconds: float
) -> Iterator[tuple[tuple[str, str], Cost]]:
    with tempfile.TemporaryDirectory(prefix="workerkit-bench-") as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        upstream = ("upstream", (sys.executable, "-m", "benchmarks.recorder.upstream", str(port)), port)
        server = stack.enter_context(_running(upstream, _OTHER_CORE, folder))
        stack.enter_context(on_core(_OTHER_CORE))
        for case in measured_cases:
            yield (_DIRECT, case.title), _cost(case, server, seconds)
        for proxy in _proxies(port, folder):
            with _running(proxy, _CORE, folder) as recorder:
                for case in measured_cases:
                    yield (proxy[0], case.title), _cost(case, recorder, seconds)


def _cost(case: MeasuredCase, running: Running, seconds: float) -> Cost:
    requests = case.requests()
    one = load(running.port, requests, seconds=seconds, cpu=running.cpu, connections=1)
    many = load(running.port, requests, seconds=seconds, cpu=running.cpu, connections=_MANY)
    return Cost(1e3 / one.rate, many.cpu * 1e3, many.rate)


def _proxies(port: int, folder: Path) -> Iterator[Proxy]:
    own = free_port()
    command = str(Path(sys.executable).with_name("workerkit"))
    url, out = f"http://127.0.0.1:{port}{API_PATH}", str(folder / "capsule.yaml")
    yield _KIT, (command, "record", "--upstream", url, "--out", out, "--port", str(own)), own
    own, mode = free_port(), f"reverse:http://127.0.0.1:{port}"
    flows = str(folder / "flows")
    yield _OTHER, (str(_MITMDUMP), "-q", "--mode", mode, "-p", str(own), "-w", flows), own


def _running(proxy: Proxy, core: int, folder: Path) -> Running:
    name, command, port = proxy
    # The processes run in another folder. Without PYTHONPATH, Python would not find the server's module.
    environment = {"PYTHONPATH": os.getcwd()}
    first = API_PATH + "/health", b"{}", headers(b"{}")
    return Running(command, environment, port=port, core=core, first=first, log=folder / f"{name}.log")


def _medians(rounds: Sequence[Costs]) -> Costs:
    return {
        key: Cost(*(median(getattr(costs[key], name) for costs in rounds) for name in Cost.__slots__))
        for key in rounds[0]
    }


def _tables(measured_cases: Sequence[MeasuredCase], costs: Costs) -> str:
    head = ["", "waiting, ms", "x", "CPU, ms", "x", "answers/s", "x"]
    rows = [_row(case.title, proxy, costs) for case in measured_cases for proxy in (_DIRECT, _KIT, _OTHER)]
    return f"{markdown(head, rows)}\n\n## Goals\n\n{goal_table(_goals(measured_cases, costs))}"


def _row(title: str, proxy: str, costs: Costs) -> list[str]:
    own, other = costs[proxy, title], costs[_OTHER, title]
    pairs = ((own.wait, other.wait, ".3f"), (own.cpu, other.cpu, ".3f"), (own.rate, other.rate, ".0f"))
    cells = ((f"{mine:{form}}", f"{mine / its:.2f}x") for mine, its, form in pairs)
    return [f"{title}, {proxy}", *(cell for pair in cells for cell in pair)]


def _goals(measured_cases: Sequence[MeasuredCase], costs: Costs) -> Iterator[Goal]:
    for case in measured_cases:
        own, other = costs[_KIT, case.title], costs[_OTHER, case.title]
        yield Goal(f"{case.title}: waiting, compared to mitmproxy", own.wait / other.wait, "x", 1)
        yield Goal(f"{case.title}: CPU, compared to mitmproxy", own.cpu / other.cpu, "x", 1)


if __name__ == "__main__":
    main()
