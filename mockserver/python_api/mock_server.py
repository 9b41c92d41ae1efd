"""A running mock that makes worlds, for unittest and other test runners."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from workerkit.mockserver.mutation.mutated_process import mutate_process
from workerkit.mockserver.python_api.worker_api import WorkerApi
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.tls import temporary_certificate
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.fields.duration import parse_duration
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario


class MockServer:
    """A mock of the Worker API in this process. It runs during a `with` block.

    host: the address to listen on.
    port: the port; 0 chooses a free one.
    token: the control token, with at least 16 characters; None if the control plane needs no token.
    tls: whether the mock uses https, with a certificate that is made for it. Then `env` of a world also has
        variables with which a worker trusts this certificate. Needs the extra `tls` of the package.

    The start of the `with` block raises CannotListenError if the address cannot be used, UnfitTokenError for
    a bad token, and TokenNeededError if other machines could reach the control plane without a token.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, token: str | None = None, tls: bool = False
    ) -> None:
        self._host, self._port, self._token, self._has_tls = host, port, token, tls
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        mutate_process()
        with ExitStack() as stack:
            files = stack.enter_context(temporary_certificate(self._host)) if self._has_tls else None
            self._server = WorldServer(
                Worlds(), host=self._host, port=self._port, token=self._token, tls=files
            )
            stack.enter_context(self._server)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def base_url(self) -> str:
        """The URL of the Worker API. It ends in `/api/v1/worker`."""
        return self._server.base_url

    @property
    def control_url(self) -> str:
        """The URL of the control plane. It ends in `/_mock`."""
        return self._server.control_url

    def new_world(
        self,
        scenario: Scenario | str | None = None,
        *,
        heartbeat: str | None = None,
        with_capsule: bool = False,
    ) -> WorkerApi:
        """A new world. All worlds of a mock have the same URL; the API key decides which one gets a request.

        scenario: what happens in the world: a scenario, the name of one, or the path of its file. Without a
            scenario, the world has three servers and no tasks.
        heartbeat: how often the worker sends heartbeats, as a duration such as `30s`. Without it, the times
            of heartbeats are not judged.
        with_capsule: True if `capsule()` of the world has to return a capsule.

        Raises DurationError for a wrong duration, NoSuchScenarioError for an unknown scenario, and
        InvalidInputError for a file with a mistake.
        """
        chosen = library.find(scenario) if isinstance(scenario, str) else scenario
        interval = None if heartbeat is None else parse_duration(heartbeat)
        return WorkerApi(self._server, chosen, heartbeat_interval=interval, with_capsule=with_capsule)
