"""`python -m benchmarks.endurance.traces`: what do traces of OpenTelemetry cost? Writes traces.md.

Measures the CPU time of a heartbeat with and without `--otel`, in turn. A receiver of this process takes the
spans. The code of a request is the same in both cases: without `--otel`, nobody listens to the exchanges.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import click

from benchmarks.endurance.looking import load_of, served
from benchmarks.goal import Goal, goal_table
from benchmarks.machine import Machine
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

_PATH = Path(__file__).with_suffix(".md")
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often both are measured.")
@click.option("--seconds", default=4.0, show_default=True, help="How long the load lasts each time.")
def main(rounds: int, seconds: float) -> None:
    """Measures both in turn, prints the figures, and writes them to traces.md."""
    machine = Machine()
    off, on = list[float](), list[float]()
    with _receiver() as address:
        os.environ[_ENDPOINT] = address
        for _ in range(rounds):
            off.append(_seconds_of_a_request(seconds))
            on.append(_seconds_of_a_request(seconds, "--otel"))
    text = _page(off, on, machine.description())
    _PATH.write_text(text, "utf-8")
    click.echo(text)
    sys.exit(0 if _listeners_without_traces() == 0 else 1)


def _seconds_of_a_request(seconds: float, *options: str) -> float:
    """CPU seconds of the mock for each request. With traces, also for sending its span."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "log", *options) as running:
        return load_of(running, seconds).cpu


def _listeners_without_traces() -> int:
    """How many functions a world calls for each exchange if nobody looks, and without traces."""
    worlds = Worlds()
    return len(worlds.add(DEFAULT, WorldBuilder()).world.journal._listeners)


@contextmanager
def _receiver() -> Iterator[str]:
    """A receiver of OTLP over HTTP that drops what it gets. Returns its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Prints nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _page(off: list[float], on: list[float], machine: str) -> str:
    goals = [
        Goal("functions called for an exchange without --otel", _listeners_without_traces(), "", 0),
    ]
    more = 100 * (median(on) / median(off) - 1)
    return (
        "# Traces of OpenTelemetry\n\n"
        f"Heartbeats at full rate, measured {len(off)} times in turn. Without `--otel`, a heartbeat takes "
        f"{median(off) * 1e6:.1f} µs of CPU time, and with `--otel` {median(on) * 1e6:.1f} µs, which is "
        f"{more:.0f} % more. A receiver of OTLP over HTTP takes the spans.\n\n"
        f"{goal_table(goals)}\n\n{machine}\n"
    )


if __name__ == "__main__":
    main()
