"""The pytest plugin: the fixture `worker_api`, the mark `scenario`, and the option `--conform`.

pytest loads this file in each of its runs, also where no test uses the fixture. So the file imports the rest
of the kit only when a test uses the fixture for the first time. Then the mock starts, too. With `--conform`,
pytest loads a second plugin, by its name. If the variable WORKERKIT_MUTANT has the id of a mutant, the mocks
of the pytest run break one promise of the API page. `workerkit mutate` sets this variable.
"""

from __future__ import annotations

import importlib
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from workerkit.mockserver.pytest_plugin.session import PluginSession
    from workerkit.mockserver.python_api.worker_api import WorkerApi

_NO_FIXTURE = (
    "the mark scenario does nothing without the fixture worker_api: add the argument worker_api to the test, "
    "or remove the mark"
)
_CAPSULES_OPTION = "--worker-api-capsules"
_HEARTBEAT_OPTION, _HEARTBEAT_SETTING = "--worker-api-heartbeat", "worker_api_heartbeat"
_CONFORM_PLUGIN = "workerkit.cli.pytest_conform.plugin"
_CONFORM_PACKAGES = ("schemathesis", "hypothesis", "requests")
_CONFORM_OPTIONS = Path(__file__).with_name("conform_options.json")
# Also in mockserver/mutation/suite_notes.py, which is imported only if one of them is set.
_MUTANT, _MUTATION_NOTES = "WORKERKIT_MUTANT", "WORKERKIT_MUTATION_NOTES"
_report_sections = pytest.StashKey[Callable[[], Iterable[tuple[str, str]]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("workerkit")
    help_text = "For each test with worker_api that fails, write a capsule to this folder."
    group.addoption(_CAPSULES_OPTION, metavar="DIR", help=help_text)
    help_text = "How often the worker sends heartbeats, for example 30s. Needed to judge them."
    group.addoption(_HEARTBEAT_OPTION, metavar="TIME", help=help_text)
    parser.addini(_HEARTBEAT_SETTING, help_text)
    help_text = "Test the server at URL, the base URL of the API: one test for each rule of the API page."
    group.addoption("--conform", metavar="URL", help=help_text)
    for option in json.loads(_CONFORM_OPTIONS.read_text("utf-8")):
        group.addoption(
            f"--conform-{option['name']}",
            action="append" if option["is_repeatable"] else "store",
            metavar=option["metavar"],
            help=option["help"].replace("%", "%%"),
        )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the mark. Creates the folder for capsules, and loads the plugin of `--conform`, if given."""
    config.addinivalue_line(
        "markers",
        "scenario(name_or_file, heartbeat=None): the world of worker_api starts with this scenario of "
        "workerkit. heartbeat: how often the worker sends heartbeats, for example 30s",
    )
    folder = config.getoption(_CAPSULES_OPTION)
    if folder is not None:
        _create_folder(folder)
    if config.getoption("--conform") is not None:
        _load_conform_plugin(config)
    _prepare_mutation(config, os.environ.get(_MUTANT), os.environ.get(_MUTATION_NOTES))


def _prepare_mutation(config: pytest.Config, mutant: str | None, notes: str | None) -> None:
    """Makes the mocks a mutant, and takes notes for `workerkit mutate`, if its variables are set."""
    if not (mutant or notes):
        return
    with warnings.catch_warnings():
        # In a project where warnings are errors, a warning of our imports must not end pytest.
        warnings.simplefilter("ignore")
        from workerkit.mockserver.pytest_plugin.mutated_session import FailureNotes, mutate_session
    mutate_session()
    if notes:
        config.pluginmanager.register(FailureNotes(Path(notes)), "workerkit-mutation")
    if mutant and notes:
        config.option.maxfail = 1  # the first test that fails is enough


def _create_folder(folder: str) -> None:
    from workerkit.mockserver.atomic_file import CannotWriteError, make_folder

    try:
        make_folder(folder)
    except CannotWriteError as error:
        raise pytest.UsageError(f"{_CAPSULES_OPTION}: {error}") from None


def _load_conform_plugin(config: pytest.Config) -> None:
    try:
        with warnings.catch_warnings():
            # In a project where warnings are errors, a warning of our imports must not end pytest.
            warnings.simplefilter("ignore")
            plugin = importlib.import_module(_CONFORM_PLUGIN)
    except ImportError as error:
        from workerkit.openapi.missing_package import missing_package_text

        message = missing_package_text("--conform", error, _CONFORM_PACKAGES, "contracts")
        if message is None:
            raise
        raise pytest.UsageError(message) from None
    config.pluginmanager.register(plugin, _CONFORM_PLUGIN)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fails a test that has the mark but not the fixture. The mark would do nothing there."""
    has_mark = any(mark.name == "scenario" for mark in item.own_markers)
    if has_mark and "worker_api" not in getattr(item, "fixturenames", ()):
        pytest.fail(_NO_FIXTURE, pytrace=False)


@pytest.fixture(scope="session")
def _workerkit_session(request: pytest.FixtureRequest) -> Iterator[PluginSession]:
    with warnings.catch_warnings():
        # In a project where warnings are errors, a warning of our imports must not fail a test.
        warnings.simplefilter("ignore")
        from workerkit.mockserver.pytest_plugin.session import running_session
    config = request.config
    heartbeat = config.getoption(_HEARTBEAT_OPTION) or config.getini(_HEARTBEAT_SETTING) or None
    with running_session(config.getoption(_CAPSULES_OPTION), heartbeat) as session:
        yield session


@pytest.fixture
def worker_api(request: pytest.FixtureRequest, _workerkit_session: PluginSession) -> Iterator[WorkerApi]:
    """A new world of the LIKEPION Worker API, for this test only. All tests use one mock."""
    test = request.node
    with _workerkit_session.world_for(test) as api:
        test.stash[_report_sections] = partial(_workerkit_session.report_sections, test, api)
        yield api
        del test.stash[_report_sections]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Adds sections about the worker to the report of a failed test."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pytest sends the result into the wrapper
    sections = item.stash.get(_report_sections, None)
    if sections is not None and report.when == "call" and report.failed:
        report.sections.extend(sections())
    return report  # type: ignore[return-value]
