"""The pytest plugin: the fixture `worker_api` and the mark `scenario`; for other tests it starts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.pytest_plugin.worker_api import WorkerApi
from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario

_NO_FIXTURE = (
    "the mark scenario does nothing without the fixture worker_api: let the test take worker_api as an "
    "argument, or remove the mark"
)
_FOLDER = "--worker-api-capsules"
_in_use = pytest.StashKey[WorkerApi]()
_shelf = pytest.StashKey[CapsuleFolder]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option for a folder of capsules."""
    group = parser.getgroup("workerkit")
    told = "Write a capsule of each test with worker_api that failed."
    group.addoption(_FOLDER, metavar="DIR", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Makes the mark known, and the folder for capsules, if one is asked for."""
    config.addinivalue_line(
        "markers", "scenario(name_or_file): begin the world of worker_api in this scenario of workerkit"
    )
    folder = config.getoption(_FOLDER)
    if folder is not None:
        try:
            config.stash[_shelf] = CapsuleFolder(Path(folder))
        except CannotWriteError as error:
            raise pytest.UsageError(f"{_FOLDER}: {error}") from None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuses the mark on a test that does not use the fixture: it would do nothing."""
    marked = any(mark.name == "scenario" for mark in item.own_markers)
    if marked and "worker_api" not in getattr(item, "fixturenames", ()):
        pytest.fail(_NO_FIXTURE, pytrace=False)


@pytest.fixture(scope="session")
def _workerkit_mock() -> Iterator[MockServer]:
    with MockServer(Worlds()) as mock:
        yield mock


@pytest.fixture
def worker_api(request: pytest.FixtureRequest, _workerkit_mock: MockServer) -> Iterator[WorkerApi]:
    """A fresh world of the LIKEPION Worker API, on a mock that the whole session shares."""
    wanted = _shelf in request.config.stash
    api = WorkerApi(_workerkit_mock, _marked_scenario(request.node), with_capsule=wanted)
    request.node.stash[_in_use] = api
    yield api
    del request.node.stash[_in_use]
    api.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Adds the exchanges, and what else there is to know, to the report of a test that failed."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # a wrapper is sent the result
    api = item.stash.get(_in_use, None)
    if api is not None and report.when == "call" and report.failed:
        report.sections.extend((title, legal(text)) for title, text in api.sections())
        report.sections.extend(_shelved(item, api.capsule()))
    return report  # type: ignore[return-value]


def _shelved(item: pytest.Item, capsule: Capsule | None) -> Iterator[tuple[str, str]]:
    """Writes a test's capsule, if there is one; a section that says where it is."""
    if capsule is not None:
        yield "capsule", item.config.stash[_shelf].put(item.nodeid, capsule)


def _marked_scenario(node: pytest.Item) -> Scenario | None:
    mark = node.get_closest_marker("scenario")
    if mark is None:
        return None
    if len(mark.args) != 1 or mark.kwargs:
        pytest.fail('write the mark as @pytest.mark.scenario("key-revoked")', pytrace=False)
    try:
        return library.find(str(mark.args[0]))
    except (library.NoSuchScenarioError, InvalidInputError) as error:
        why = str(error)
    pytest.fail(why, pytrace=False)
