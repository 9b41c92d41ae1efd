"""`python -m benchmarks.endurance.looking`: does looking at the mock slow its requests? Writes looking.md.

The same load goes to `workerkit serve` while nobody looks and its output goes to a file, while it prints its
lines on a terminal, while a program reads its events, and while the inspector is open in a browser.
"""

from __future__ import annotations

import multiprocessing
import os
import pty
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

import click
import psutil

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from benchmarks.peers.calls import SEED, calls, headers
from benchmarks.peers.load import Load, load
from benchmarks.peers.measured_server import API_PATH
from benchmarks.running import Running, free_port, on_core
from tests.mockserver.docs_page.browser import CHROMIUM, browser_page

LEAST_SHARE = 0.8
_SECONDS_TO_LISTEN = 60.0
_BROWSER_NICE = 10
_SERVER_CORE, _OTHER_CORE = 0, 1
_FILE, _TERMINAL = "output to a file", "lines on a terminal"
_READER, _INSPECTOR = "events read by a program", "inspector open"
_PATH = Path(__file__).with_suffix(".md")


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often each way of looking is measured.")
@click.option("--seconds", default=5.0, show_default=True, help="How long the load lasts each time.")
def main(rounds: int, seconds: float) -> None:
    """Measures the ways of looking in turn, prints the ratios, and writes them to looking.md."""
    if CHROMIUM is None:
        raise click.ClickException("there is no Chromium: install the package chromium")
    machine = Machine()
    ways = {_FILE: _to_file, _TERMINAL: _on_terminal, _READER: _with_reader, _INSPECTOR: _with_inspector}
    found: dict[str, list[Load]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, measure in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                found[way].append(measure(Path(folder), seconds))
    text = _page(found, rounds, seconds, machine.description())
    _PATH.write_text(text, "utf-8")
    click.echo(text)


def _to_file(folder: Path, seconds: float) -> Load:
    with served(folder / "log") as running:
        return load_of(running, seconds)


def _on_terminal(folder: Path, seconds: float) -> Load:
    """Measures with a terminal that reads as fast as it can."""
    reading_end, terminal = pty.openpty()
    reader = threading.Thread(target=_read_to_the_end, args=(reading_end,))
    reader.start()
    try:
        with served(Path(os.ttyname(terminal))) as running:
            return load_of(running, seconds)
    finally:
        os.close(terminal)
        reader.join()
        os.close(reading_end)


def _with_reader(folder: Path, seconds: float) -> Load:
    """Measures with a process that only reads the events, as `curl -N` does."""
    processes = multiprocessing.get_context("spawn")
    is_listening = processes.Event()
    with served(folder / "log") as running, on_core(_OTHER_CORE):
        reader = processes.Process(target=_read_events, args=(running.port, is_listening))
        reader.start()
        try:
            if not is_listening.wait(_SECONDS_TO_LISTEN):
                raise click.ClickException("the mock did not send its events")
            return load_of(running, seconds)
        finally:
            reader.kill()
            reader.join()


def _read_events(port: int, is_listening: Event) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while connection.recv(65536):
            is_listening.set()


def _with_inspector(folder: Path, seconds: float) -> Load:
    with served(folder / "log") as running, on_core(_OTHER_CORE), browser_page(folder / "browser") as page:
        _yield_to_the_load()
        page.open(f"http://127.0.0.1:{running.port}/_mock/ui", width=1280)
        page.wait_for("document.querySelector('#connection')?.textContent === 'live'")
        measured = load_of(running, seconds)
        page.wait_for("document.querySelectorAll('.row').length > 0")
        return measured


def _yield_to_the_load() -> None:
    """Lets the browser have only the time of its core that the load does not need.

    Otherwise it would slow the load, and the mock would have less to do.
    """
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if process.name().startswith("chrom"):
                for thread in process.threads():
                    os.sched_setscheduler(thread.id, os.SCHED_OTHER, os.sched_param(0))
                    os.setpriority(os.PRIO_PROCESS, thread.id, _BROWSER_NICE)


@contextmanager
def served(output: Path, *options: str) -> Iterator[Running]:
    """Runs `workerkit serve` with options on a core of its own. `output`: a file or a terminal."""
    port, program = free_port(), str(Path(sys.executable).with_name("workerkit"))
    command = [program, "serve", "--port", str(port), "--seed", str(SEED), *options]
    target, body = calls()[0].requests[0]
    first = (API_PATH + target, body, headers(body))
    with Running(command, {}, port=port, core=_SERVER_CORE, first=first, log=output) as running:
        yield running


def load_of(running: Running, seconds: float) -> Load:
    with on_core(_OTHER_CORE):
        heartbeats = calls()[0].request_bytes(API_PATH)
        return load(running.port, heartbeats, seconds=seconds, cpu=running.cpu)


def _read_to_the_end(file: int) -> None:
    try:
        while os.read(file, 65536):
            pass
    except OSError:
        return  # no process has the terminal open any more


def _page(found: dict[str, list[Load]], rounds: int, seconds: float, machine: str) -> str:
    speed = {way: median(1 / one.cpu for one in loads) for way, loads in found.items()}
    goals = [
        Goal(f"{way}, compared to {_FILE}", speed[way] / speed[_FILE], "x", LEAST_SHARE, at_least=True)
        for way in (_TERMINAL, _READER, _INSPECTOR)
    ]
    rows = [[way, f"{speed[way]:.0f}", f"{median(one.rate for one in found[way]):.0f}"] for way in found]
    return (
        "# Looking at the mock\n\n"
        f"Heartbeats at full rate, {rounds} times {seconds:g} s for each way, in turn. The ratios compare "
        "answers for each second of CPU time of the mock. Events may take a share of the real time. So they "
        "weigh more if other programs keep the mock from its core. The mock has one core. The load and the "
        f"browser share the other one, and the load goes first.\n\n{goal_table(goals)}\n\n"
        f"{markdown(['', 'answers per CPU second', 'answers per second'], rows)}\n\n{machine}\n"
    )


if __name__ == "__main__":
    main()
