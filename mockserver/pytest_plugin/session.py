"""What all uses of the fixture `worker_api` share in one pytest run: the mock, and the folder for capsules.

The plugin imports this file when a test uses the fixture for the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.python_api.mock_server import MockServer
from workerkit.mockserver.python_api.worker_api import WorkerApi
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.fields.duration import DurationError
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario

_MARK = (
    'write the mark as @pytest.mark.scenario("key-revoked") or as '
    '@pytest.mark.scenario("quiet-day", heartbeat="30s")'
)


class PluginSession:
    """The mock of one pytest run, and the worlds of its tests.

    folder: tests that fail leave their capsules here. None: no capsules.
    heartbeat: how often the worker sends heartbeats, as a duration. None if this was not stated.
    """

    def __init__(self, mock: MockServer, folder: str | None, heartbeat: str | None) -> None:
        self._mock = mock
        self._heartbeat = heartbeat
        self._capsules = None if folder is None else CapsuleFolder(Path(folder))

    @contextmanager
    def world_for(self, test: pytest.Item) -> Iterator[WorkerApi]:
        """A new world for a test, in the scenario of its mark. It is removed after the `with` block."""
        scenario, heartbeat = _marked_scenario(test)
        try:
            world = self._mock.new_world(
                scenario, heartbeat=heartbeat or self._heartbeat, with_capsule=self._capsules is not None
            )
        except DurationError as error:
            message = f"heartbeat: {error}"
        else:
            with world as api:
                yield api
            return
        pytest.fail(message, pytrace=False)

    def report_sections(self, test: pytest.Item, api: WorkerApi) -> Iterator[tuple[str, str]]:
        """The sections for the report of a failed test: title and text. Writes the test's capsule."""
        for title, text in api.sections():
            yield title, visible_text(text)
        capsule = api.capsule()
        if self._capsules is not None and capsule is not None:
            yield "capsule", self._capsules.save(test.nodeid, capsule)


@contextmanager
def running_session(folder: str | None, heartbeat: str | None) -> Iterator[PluginSession]:
    """Runs the mock during the `with` block."""
    with MockServer() as mock:
        yield PluginSession(mock, folder, heartbeat)


def _marked_scenario(test: pytest.Item) -> tuple[Scenario | None, str | None]:
    """Returns the scenario of a test's mark and the worker's heartbeat interval as text. None if missing."""
    mark = test.get_closest_marker("scenario")
    if mark is None:
        return None, None
    if len(mark.args) != 1 or not mark.kwargs.keys() <= {"heartbeat"}:
        pytest.fail(_MARK, pytrace=False)
    heartbeat = mark.kwargs.get("heartbeat")
    try:
        return library.find(str(mark.args[0])), None if heartbeat is None else str(heartbeat)
    except (library.NoSuchScenarioError, InvalidInputError) as error:
        message = str(error)
    pytest.fail(message, pytrace=False)
