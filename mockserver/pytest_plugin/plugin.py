"""The pytest plugin: the fixture `worker_api` and the mark `scenario`.

The mock starts only if a test uses the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.pytest_plugin.worker_api import WorkerApi
from workerkit.mockserver.reports.markup import clean_text
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario

_NO_FIXTURE = (
    "the mark scenario does nothing without the fixture worker_api: add the argument worker_api to the test, "
    "or remove the mark"
)
_CAPSULES_OPTION = "--worker-api-capsules"
_worker_api = pytest.StashKey[WorkerApi]()
_capsule_folder = pytest.StashKey[CapsuleFolder]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option `--worker-api-capsules`."""
    group = parser.getgroup("workerkit")
    help_text = "For each test with worker_api that fails, write a capsule to this folder."
    group.addoption(_CAPSULES_OPTION, metavar="DIR", help=help_text)


def pytest_configure(config: pytest.Config) -> None:
    """Registers the mark, and creates the folder for capsules if the option is given."""
    config.addinivalue_line(
        "markers", "scenario(name_or_file): the world of worker_api starts with this scenario of workerkit"
    )
    folder = config.getoption(_CAPSULES_OPTION)
    if folder is not None:
        try:
            config.stash[_capsule_folder] = CapsuleFolder(Path(folder))
        except CannotWriteError as error:
            raise pytest.UsageError(f"{_CAPSULES_OPTION}: {error}") from None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fails a test that has the mark but not the fixture. The mark would do nothing there."""
    has_mark = any(mark.name == "scenario" for mark in item.own_markers)
    if has_mark and "worker_api" not in getattr(item, "fixturenames", ()):
        pytest.fail(_NO_FIXTURE, pytrace=False)


@pytest.fixture(scope="session")
def _workerkit_mock() -> Iterator[MockServer]:
    with MockServer(Worlds()) as mock:
        yield mock


@pytest.fixture
def worker_api(request: pytest.FixtureRequest, _workerkit_mock: MockServer) -> Iterator[WorkerApi]:
    """A new world of the LIKEPION Worker API, for this test only. All tests use one mock."""
    with_capsule = _capsule_folder in request.config.stash
    api = WorkerApi(_workerkit_mock, _marked_scenario(request.node), with_capsule=with_capsule)
    request.node.stash[_worker_api] = api
    yield api
    del request.node.stash[_worker_api]
    api.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Adds sections about the worker to the report of a failed test."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pytest sends the result into the wrapper
    api = item.stash.get(_worker_api, None)
    if api is not None and report.when == "call" and report.failed:
        report.sections.extend((title, clean_text(text)) for title, text in api.sections())
        report.sections.extend(_capsule_section(item, api.capsule()))
    return report  # type: ignore[return-value]


def _capsule_section(item: pytest.Item, capsule: Capsule | None) -> Iterator[tuple[str, str]]:
    """Writes the capsule of a test, if there is one. Returns a section that names the file."""
    if capsule is not None:
        yield "capsule", item.config.stash[_capsule_folder].save(item.nodeid, capsule)


def _marked_scenario(node: pytest.Item) -> Scenario | None:
    mark = node.get_closest_marker("scenario")
    if mark is None:
        return None
    if len(mark.args) != 1 or mark.kwargs:
        pytest.fail('write the mark as @pytest.mark.scenario("key-revoked")', pytrace=False)
    try:
        return library.find(str(mark.args[0]))
    except (library.NoSuchScenarioError, InvalidInputError) as error:
        message = str(error)
    pytest.fail(message, pytrace=False)
