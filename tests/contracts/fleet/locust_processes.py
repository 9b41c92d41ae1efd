"""Locust with a master and workers, each in its own process."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contracts.fleet.balanced_mocks import running
from tests.contracts.fleet.free_port import free_port

LOCUSTFILE = Path(__file__).parents[3] / "examples" / "fleet" / "locustfile.py"
_LOCUST = [sys.executable, "-m", "locust"]
_LONGEST_RUN = 300.0


@dataclass(frozen=True, slots=True)
class LocustRun:
    """A run that has ended.

    exit_code: the exit code of the master, or of Locust without a master.
    output: what it printed.
    report: the report of the fleet.
    stats: what Locust counted: a list with an entry for each operation.
    """

    exit_code: int
    output: str
    report: dict[str, Any]
    stats: list[dict[str, Any]]

    @property
    def failures(self) -> int:
        """How many requests Locust counts as failed."""
        return sum(int(entry["num_failures"]) for entry in self.stats)


def run_locust(folder: Path, *arguments: str, workers: int = 0, locustfile: Path = LOCUSTFILE) -> LocustRun:
    """Runs Locust until it ends by itself. With `workers`, it has a master and these workers."""
    port = free_port()
    report, stats, log = folder / "report.json", folder / "stats.json", folder / "locust.log"
    common = [*_LOCUST, "-f", str(locustfile)]
    command = [
        *common,
        *("--headless", "--only-summary", "--report", str(report), "--json-file", str(stats.with_suffix(""))),
        *arguments,
    ]
    if workers:
        place = ["--master-bind-host", "127.0.0.1", "--master-bind-port", str(port)]
        command += ["--master", "--expect-workers", str(workers), *place]
    with ExitStack() as stack:
        master = stack.enter_context(running(command, log))
        for number in range(workers):
            worker = [*common, "--worker", "--master-host", "127.0.0.1", "--master-port", str(port)]
            stack.enter_context(running(worker, folder / f"worker-{number}.log"))
        exit_code = master.wait(_LONGEST_RUN)
    # Locust adds the suffix.
    return LocustRun(exit_code, log.read_text("utf-8"), _json(report) or {}, _json(stats) or [])


def _json(file: Path) -> Any:
    return json.loads(file.read_text("utf-8")) if file.exists() else None
