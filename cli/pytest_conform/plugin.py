"""The hooks of `pytest --conform URL`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import click
import pytest

from workerkit.cli.conform_run import ConformRun
from workerkit.cli.pytest_conform.options import options_in, with_pytest_names
from workerkit.cli.pytest_conform.rule_result import RunResults
from workerkit.cli.pytest_conform.rule_test import RuleTest, collect_rule_tests
from workerkit.cli.pytest_conform.shared_run import SharedRun, read_results
from workerkit.contracts.report.text import plan_text
from workerkit.openapi.errors import WorkerkitError

_WORKER_FOLDER = "workerkit_conform_folder"
_GROUP = "workerkit-conform"
_run = pytest.StashKey[SharedRun]()
_plan_text = pytest.StashKey[str]()
_folder = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Reads the options and the files, before any test begins. Raises pytest.UsageError.

    With --collect-only there is no run, so pytest lists the tests also without a key.
    """
    if config.getoption("--collect-only"):
        return
    try:
        run = ConformRun(options_in(config))
        with run.options.target() as target:
            plan = run.options.plan(target)
    except click.UsageError as error:
        raise pytest.UsageError(with_pytest_names(error.format_message())) from None
    except WorkerkitError as error:
        raise pytest.UsageError(with_pytest_names(str(error))) from None
    folder = getattr(config, "workerinput", {}).get(_WORKER_FOLDER)
    config.stash[_run] = SharedRun(run, target, plan, folder and Path(folder))
    config.stash[_plan_text] = plan_text(target, plan)


def pytest_report_header(config: pytest.Config) -> str | None:
    """What the run will do. Nothing is sent before the first test of a rule."""
    text = config.stash.get(_plan_text, None)
    return None if text is None else f"workerkit conform: {text}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Adds the tests of the rules, before -k, -m and --last-failed choose among all tests."""
    tests = collect_rule_tests(session)
    if config.pluginmanager.hasplugin("xdist"):
        # With --dist loadgroup, only one process waits for the results.
        for test in tests:
            test.add_marker(pytest.mark.xdist_group(_GROUP))
    items.extend(tests)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Does the run before the first test of a rule, so that a time limit for tests does not end the run."""
    if isinstance(item, RuleTest):
        results = item.config.stash[_run].results()
        if results.was_interrupted:
            raise KeyboardInterrupt
        item.use(results)
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Shows what belongs to the whole run: notes, the receipt of the sandbox, the baseline, the verdict."""
    results = _known_results(config)
    if results is not None and results.summary:
        terminalreporter.section("workerkit conform")
        for line in results.summary:
            terminalreporter.write_line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a process of pytest-xdist where the processes share the results."""
    stash = node.config.stash
    if _folder not in stash:
        stash[_folder] = Path(tempfile.mkdtemp(prefix="workerkit-"))
    node.workerinput[_WORKER_FOLDER] = str(stash[_folder])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes the shared results."""
    if _folder in config.stash:
        shutil.rmtree(config.stash[_folder], ignore_errors=True)


def _known_results(config: pytest.Config) -> RunResults | None:
    folder, run = config.stash.get(_folder, None), config.stash.get(_run, None)
    if folder is not None:
        return read_results(folder)
    return None if run is None else run.known_results()
