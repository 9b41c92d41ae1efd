"""The mock as one ASGI application: the Worker API, and the control plane beside it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from workerkit.mockserver.control.access import AccessControl
from workerkit.mockserver.control.control_app import control_app
from workerkit.mockserver.observers.event_stream import Events
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.api import control_api, worker_api


class MockApp:
    """Sends each request to the control plane or to the Worker API, by its path alone.

    `host` is the address that the mock is bound to; with a `token` the control plane needs it. Close its
    `events` before the server stops, which waits for streams to end. `worker` is the Worker API alone.

    Raises UnfitTokenError.
    """

    def __init__(self, worlds: Worlds, *, host: str, token: str | None = None) -> None:
        control, worker_path = control_api(), worker_api().base_path
        self._control_path = control.base_path
        self.events = Events(worlds)
        plane = control_app(control, worlds, worker_path, self.events)
        self._control: ASGIApp = AccessControl(plane, host=host, token=token)
        self.worker = WorkerApp(worlds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(self._control_path) and path[len(self._control_path) :][:1] in ("", "/"):
            await self._control(scope, receive, send)
        else:
            await self.worker(scope, receive, send)
