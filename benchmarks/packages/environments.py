"""`python -m benchmarks.packages.environments`: the wheel in new environments.

For each version of Python, with the highest and with the lowest versions that pyproject.toml allows:
the commands of `make demo`, a test with the fixture, and `watch`. With the lowest versions, the fixture also
where only the extra `pytest` is installed. Then beside other versions of Hypothesis and Schemathesis:
everything but `conform` works, and `conform` says which package does not fit.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click

from benchmarks.packages.uv_environment import (
    ROOT,
    CommandFailedError,
    has_python,
    install,
    lowest_versions,
    new_environment,
    run,
)

FOLDER = ROOT / "build" / "environments"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ENDS = ("highest", "lowest", "lowest-pytest")
# What a project may have, and the package that `conform` then names.
OTHERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "beside-old-hypothesis": (
        ("hypothesis==6.112.0", "schemathesis==4.0.0", "requests"),
        "hypothesis 6.112.0",
    ),
    "beside-old-schemathesis": (
        ("hypothesis==6.150.0", "schemathesis==4.20.0", "requests"),
        "schemathesis 4.20.0",
    ),
}
NAMES = [f"{version}-{end}" for version in VERSIONS for end in ENDS] + list(OTHERS)
FIXTURE_TEST = """
import sys

def test_with_the_fixture(worker_api):
    worker_api.add_task(status="pending")
    assert worker_api.run([sys.executable, "-c", "raise SystemExit(3)"]).exit_code == 3
"""
# Opens each view of `workerkit watch`, then leaves it.
WATCH = """
from workerkit.cli.watch.control_client import ControlClient
from workerkit.cli.watch.watch_app import WatchApp
from workerkit.cli.watch.watched_world import WatchedWorld
from workerkit.mockserver import MockServer

async def look(pilot):
    await pilot.press("1", "2", "3", "q")

with MockServer() as mock, mock.new_world("quiet-day"):
    client = ControlClient(mock.control_url.removesuffix("/_mock"), None)
    with WatchedWorld(client, None) as watched:
        app = WatchApp(watched, client.address)
        app.run(headless=True, auto_pilot=look)
        assert app.return_code == 0, app.return_code
"""


@click.command()
@click.option("--jobs", default=2, show_default=True, help="How many scenarios run in parallel.")
@click.argument("names", metavar="[ENVIRONMENT]...", nargs=-1, type=click.Choice(NAMES))
def main(jobs: int, names: tuple[str, ...]) -> None:
    """Prints a line for each environment. The exit code is 1 if the kit failed in one of them."""
    wheel = _wheel()
    failed = [name for name in names or NAMES if not _is_good(name, wheel, jobs)]
    click.echo(f"\nfailed: {', '.join(failed) or 'none'}")
    sys.exit(bool(failed))


def _wheel() -> str:
    """Builds the wheel and returns its address."""
    folder = FOLDER / "wheel"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    return max(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime).as_uri()


def _is_good(name: str, wheel: str, jobs: int) -> bool:
    version, _, end = name.partition("-")
    if name not in OTHERS and not has_python(version):
        click.echo(f"{name}: left out, because this machine has no Python {version}")
        return True
    begin = time.perf_counter()
    try:
        text = _try_beside(name, wheel) if name in OTHERS else _try_end(version, end, wheel, jobs)
    except CommandFailedError as error:
        click.echo(f"{name}: FAILED\n{error}")
        return False
    click.echo(f"{name}: good, {text} ({time.perf_counter() - begin:.0f} s)")
    return True


def _try_end(version: str, end: str, wheel: str, jobs: int) -> str:
    folder = FOLDER / f"{version}-{end}"
    programs = new_environment(folder, version)
    extra = "pytest" if end == "lowest-pytest" else "all"
    constraints = None if end == "highest" else lowest_versions(folder, extra)
    install(folder, f"likepion-workerkit[{extra}] @ {wheel}", constraints=constraints)
    _try_fixture(folder)
    if extra == "pytest":
        return f"the fixture, {_tested_worker(programs, 'stopped-in-a-task', jobs)}"
    run(programs / "python", "-c", WATCH)
    return f"{_tested_worker(programs, 'all', jobs)}; {_tested_mock(programs, folder)}"


def _tested_worker(programs: Path, scenario: str, jobs: int) -> str:
    """The verdict on a careful worker, which is good. Raises CommandFailedError if it is not."""
    words = ("exec", "--scenario", scenario, "--jobs", str(jobs), "--", programs / "python")
    return run(programs / "workerkit", *words, "tests/examples/worker.py").splitlines()[-1]


def _tested_mock(programs: Path, folder: Path) -> str:
    """Tests the mock. Raises CommandFailedError if a rule is not kept or Schemathesis sent nothing."""
    file = folder / "report.json"
    output = run(programs / "workerkit", "conform", "--max-requests", "1500", "--json", file)
    report = json.loads(file.read_text())
    sent = {part["name"]: part["requests"] for part in report["parts"]}["requests of Schemathesis"]
    if sent == 0 or any(rule["status"] != "kept" for rule in report["rules"]):
        raise CommandFailedError(output)
    return f"{len(report['rules'])} rules kept, {sent} requests of Schemathesis"


def _try_fixture(folder: Path) -> None:
    test = folder / "test_with_the_fixture.py"
    test.write_text(FIXTURE_TEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    run(folder / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", test.name, cwd=folder)


def _try_beside(name: str, wheel: str) -> str:
    requirements, unfit = OTHERS[name]
    folder = FOLDER / name
    programs = new_environment(folder, "3.11")
    install(folder, f"likepion-workerkit[pytest] @ {wheel}", *requirements)
    _tested_worker(programs, "stopped-in-a-task", 1)
    _try_fixture(folder)
    output = run(programs / "workerkit", "conform", codes=(2,))
    sentence = output.splitlines()[-1]
    if f"conform cannot use {unfit}" not in sentence:
        raise CommandFailedError(output)
    return sentence


if __name__ == "__main__":
    main()
