"""`python -m benchmarks.packages.plugins`: the fixture beside other plugins of pytest.

A small project with the fixture, a scenario and several worlds runs beside each plugin alone, and beside all
of them. The tests pass, and the report of a failed test stays the same.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.packages.uv_environment import ROOT, CommandFailedError, install, new_environment, run

FOLDER = ROOT / "build" / "plugins"
PROJECT = '''
import os
import sys
import urllib.request

import pytest

LIST = """
import os, urllib.request
headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
request = urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + "/tasks", headers=headers)
urllib.request.urlopen(request).read()
"""


@pytest.mark.parametrize("number", range(3))
def test_each_test_has_a_world_of_its_own(worker_api, number):
    assert len(worker_api.journal) == 0
    task = worker_api.add_task(status="pending")
    assert worker_api.run([sys.executable, "-c", LIST]).exit_code == 0
    assert [exchange.operation for exchange in worker_api.journal] == ["listTasks"]
    assert worker_api.task(task["id"])["status"] == "pending"


@pytest.mark.scenario("wrong-key")
def test_a_scenario_is_judged(worker_api):
    worker_api.run([sys.executable, "-c", LIST])
    assert not worker_api.verdict().passed


def test_without_the_fixture():
    pass


@pytest.mark.skipif("FAILS" not in os.environ, reason="Fails only when it is asked for.")
def test_that_fails(worker_api):
    worker_api.run([sys.executable, "-c", LIST])
    worker_api.verify("updateTask", times=1)
'''


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin of pytest.

    package: its package.
    module: the module or the entry point that pytest loads.
    options: options that make the plugin do something.
    """

    package: str
    module: str
    options: tuple[str, ...] = ()


PLUGINS = (
    # Under this name, other plugins look for it.
    Plugin("pytest-xdist", "xdist", ("-n", "2")),
    Plugin("pytest-randomly", "pytest_randomly"),
    Plugin("pytest-random-order", "random_order.plugin", ("--random-order",)),
    Plugin("pytest-asyncio", "pytest_asyncio.plugin", ("--asyncio-mode", "auto")),
    Plugin("anyio", "anyio.pytest_plugin"),
    Plugin("pytest-cov", "pytest_cov.plugin", ("--cov", ".", "--cov-report", "term")),
    Plugin("pytest-timeout", "pytest_timeout", ("--timeout", "300")),
    Plugin("pytest-mock", "pytest_mock"),
    Plugin("pytest-rerunfailures", "pytest_rerunfailures", ("--reruns", "1")),
    Plugin("pytest-repeat", "pytest_repeat", ("--count", "2")),
    Plugin("pytest-httpserver", "pytest_httpserver.pytest_plugin"),
    Plugin("pytest-benchmark", "pytest_benchmark.plugin", ("--benchmark-disable",)),
    Plugin("pytest-subprocess", "pytest_subprocess.fixtures"),
    Plugin("pytest-order", "pytest_order.plugin"),
    Plugin("pytest-html", "pytest_html.plugin", ("-p", "pytest_metadata.plugin", "--html", "report.html")),
    Plugin("pytest-sugar", "pytest_sugar"),
    Plugin("pytest-env", "pytest_env.plugin"),
)
# pytest loads only the plugins that are named.
_ONLY_CHOSEN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_FAILING = {**_ONLY_CHOSEN, "FAILS": "1"}
NAMES = [plugin.package for plugin in PLUGINS]


@click.command()
@click.argument("names", metavar="[PLUGIN]...", nargs=-1, type=click.Choice(NAMES))
def main(names: tuple[str, ...]) -> None:
    """Prints a line for each plugin. The exit code is 1 if there was a conflict."""
    python = _environment()
    chosen = [plugin for plugin in PLUGINS if plugin.package in (names or NAMES)]
    conflicts = [plugin.package for plugin in chosen if not _is_good(python, plugin.package, (plugin,))]
    # Two plugins that order tests, or repeat them, do not fit together; this is no matter of the kit.
    together = [plugin for plugin in chosen if plugin.package not in ("pytest-random-order", "pytest-repeat")]
    if not _is_good(python, "all", tuple(together)):
        conflicts.append("all")
    click.echo(f"\nconflicts: {', '.join(conflicts) or 'none'}")
    sys.exit(bool(conflicts))


def _environment() -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", FOLDER / "wheel")
    (wheel,) = (FOLDER / "wheel").glob("*.whl")
    programs = new_environment(FOLDER / "environment", f"{sys.version_info.major}.{sys.version_info.minor}")
    install(FOLDER / "environment", f"likepion-workerkit[pytest] @ {wheel.as_uri()}", *NAMES)
    return programs / "python"


def _is_good(python: Path, name: str, plugins: tuple[Plugin, ...]) -> bool:
    project = FOLDER / "project"
    project.mkdir(exist_ok=True)
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_project.py").write_text(PROJECT)
    loaded = [word for plugin in plugins for word in ("-p", plugin.module)]
    options = [word for plugin in plugins for word in plugin.options]
    start = (python, "-m", "pytest", "-p", "workerkit.mockserver.pytest_plugin.plugin")
    try:
        output = run(*start, *loaded, *options, "-q", "-rA", cwd=project, env=_ONLY_CHOSEN)
        _check_failure(run(*start, *loaded, *options, cwd=project, codes=(1,), env=_FAILING))
    except CommandFailedError as error:
        click.echo(f"{name}: CONFLICT\n{error}")
        return False
    click.echo(f"{name}: {_counts(output)}")
    return True


def _check_failure(output: str) -> None:
    """Raises CommandFailedError if the report lacks the exchanges or the sentence of the failed test."""
    for needed in ("listTasks", "updateTask", "GET /api/v1/worker/tasks"):
        if needed not in output:
            raise CommandFailedError(f"{needed} is missing in the report:\n{output[-3000:]}")


def _counts(output: str) -> str:
    return next(line.strip("= ") for line in reversed(output.splitlines()) if " passed" in line)


if __name__ == "__main__":
    main()
