"""`python -m benchmarks.fleet.thousand_servers`: a fleet behind nginx. Writes thousand_servers.md.

Starts two mocks, nginx with the configuration of examples/fleet, and Locust with a master and two workers.
Then does the same with fewer servers and with one lost update, which the fleet has to find. Takes two
minutes.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from tests.contracts.fleet.balanced_mocks import NGINX, balanced_mocks
from tests.contracts.fleet.locust_processes import LocustRun, run_locust
from tests.contracts.fleet.lost_update import lost_update

_PATH = Path(__file__).with_suffix(".md")
_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_SMALL_FLEET = (40, "20s")
_TASKS = 40


@click.command()
@click.option("--servers", default=1000, show_default=True, help="How many servers are simulated.")
@click.option("--worlds", default=20, show_default=True, help="In how many worlds.")
@click.option("--run-time", default="60s", show_default=True, help="How long, without the begin and the end.")
def main(servers: int, worlds: int, run_time: str) -> None:
    """Runs both fleets, prints the figures, and writes them to thousand_servers.md."""
    if NGINX is None:
        raise click.UsageError("nginx is not installed")
    machine = Machine()
    run, misplaced, placed = _run_fleet(servers, worlds, run_time)
    broken_run = _run_with_lost_update(worlds)
    goals = _goals(run, misplaced, broken_run, servers)
    text = _page(run, placed, goals, worlds, machine.description())
    _PATH.write_text(text, "utf-8")
    click.echo(text)
    if not all(goal.is_met for goal in goals):
        click.echo(run.output + broken_run.output, err=True)
        sys.exit(1)


def _run_fleet(servers: int, worlds: int, run_time: str) -> tuple[LocustRun, int, Counter[str]]:
    """The run, the number of requests that went to the wrong mock, and the number of worlds of each mock."""
    with tempfile.TemporaryDirectory() as folder, balanced_mocks(Path(folder)) as mocks:
        arguments = _arguments(mocks.base_url, servers, worlds, run_time)
        run = run_locust(Path(folder), *arguments, workers=2, locustfile=_LOCUSTFILE)
        placed = Counter(
            max(counts, key=lambda mock: counts[mock]) for counts in mocks.requests_by_mock().values()
        )
        return run, mocks.misplaced(), placed


def _run_with_lost_update(worlds: int) -> LocustRun:
    servers, run_time = _SMALL_FLEET
    with tempfile.TemporaryDirectory() as folder, balanced_mocks(Path(folder)) as mocks:
        arguments = _arguments(mocks.base_url, servers, worlds, run_time)
        with lost_update(mocks.mock_urls[0]):
            return run_locust(Path(folder), *arguments, workers=2, locustfile=_LOCUSTFILE)


def _arguments(base_url: str, servers: int, worlds: int, run_time: str) -> list[str]:
    fleet = ["--users", str(servers), "--spawn-rate", str(max(20, servers // 20)), "--run-time", run_time]
    return ["--host", base_url, *fleet, "--worlds", str(worlds), "--tasks", str(_TASKS)]


def _goals(run: LocustRun, misplaced: int, broken_run: LocustRun, servers: int) -> list[Goal]:
    tasks, broken_tasks = run.report["tasks"], broken_run.report["tasks"]
    return [
        Goal("simulated servers, judged to the end", run.report["servers"], "", servers, at_least=True),
        Goal("requests that Locust counts as failed", run.failures, "", 0),
        Goal("answers that broke a rule of the API page", len(run.report["broken"]), "", 0),
        Goal("requests to the wrong mock", misplaced, "", 0),
        Goal("lost tasks", tasks["lost"], "", 0),
        Goal("doubled tasks", tasks["doubled"], "", 0),
        Goal("with one lost update: tasks told as lost", broken_tasks["lost"], "", 1, at_least=True),
        Goal("with one lost update: other findings", _other_findings(broken_run), "", 0),
    ]


def _other_findings(run: LocustRun) -> int:
    tasks = run.report["tasks"]
    return int(tasks["lost"] - 1 + tasks["doubled"] + len(run.report["broken"]) + run.failures)


def _page(run: LocustRun, placed: Counter[str], goals: list[Goal], worlds: int, machine: str) -> str:
    rows = [
        ["requests", f"{run.report['requests']:,}"],
        ["requests per second", f"{_rate(run):.0f}"],
        ["answer time, median", f"{_percentile(run, 0.5):.0f} ms"],
        ["answer time, 95th percentile", f"{_percentile(run, 0.95):.0f} ms"],
        ["tasks with a confirmed result", f"{run.report['tasks']['reported']:,}"],
        ["worlds on the two mocks", " and ".join(map(str, placed.values()))],
    ]
    return (
        "# A fleet behind nginx\n\n"
        "Locust, with a master and two workers, simulates careful workers. Each works as a server of its "
        f"own. The servers are in {worlds} worlds. nginx sends the requests of a world to one of two mocks, "
        "by the prefix of its keys. Locust checks each answer by the rules of the API page. At the end it "
        "checks the state of all tasks. Everything runs on this machine.\n\n"
        f"{markdown(['', 'measured'], rows)}\n\n{goal_table(goals)}\n\n{machine}\n"
    )


def _rate(run: LocustRun) -> float:
    begin = min(float(entry["start_time"]) for entry in run.stats)
    end = max(float(entry["last_request_timestamp"]) for entry in run.stats)
    return float(run.report["requests"]) / (end - begin)


def _percentile(run: LocustRun, share: float) -> float:
    """The time in which this share of the answers came, in milliseconds."""
    times: Counter[float] = Counter()
    for entry in run.stats:
        times.update({float(time): int(count) for time, count in entry["response_times"].items()})
    left = share * times.total()
    for time in sorted(times):
        left -= times[time]
        if left <= 0:
            return time
    return 0.0


if __name__ == "__main__":
    main()
