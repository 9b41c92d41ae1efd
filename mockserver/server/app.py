"""The ASGI application of the mock: the Worker API, the control plane and the pages for browsers."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from workerkit.mockserver.control.access import AccessControl
from workerkit.mockserver.control.control_app import control_app
from workerkit.mockserver.docs_page.docs_app import docs_app, is_docs_path
from workerkit.mockserver.inspector.inspector_app import inspector_app, is_inspector_path
from workerkit.mockserver.observers.event_stream import EventPublisher
from workerkit.mockserver.server.cors import with_cors
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.api import control_api, worker_api


class MockApp:
    """Passes each request to the control plane, to the Worker API or to the pages. Only the path decides.

    The Worker API also gets the paths that nobody has.

    host: the address that the mock listens on.
    token: the control token that requests to the control plane need; None for no token.
    origins: web pages of these origins may use the Worker API.
    events: the event streams. Close them before the server stops, because the server waits for open streams.
    worker_app: the Worker API without the control plane.

    Raises UnfitTokenError and BadOriginError.
    """

    def __init__(
        self, worlds: Worlds, *, host: str, token: str | None = None, origins: Sequence[str] = ()
    ) -> None:
        control, worker_path = control_api(), worker_api().base_path
        self._control_path, self._worker_path = control.base_path, worker_path
        self.events = EventPublisher(worlds)
        self.worker_app = WorkerApp(worlds, answers_origins=bool(origins))
        plane = control_app(control, worlds, worker_path, self.events, self.worker_app.figures)
        self._control: ASGIApp = AccessControl(plane, host=host, token=token)
        self._worker: ASGIApp = with_cors(self.worker_app, origins)
        self._inspector: ASGIApp = inspector_app()
        self._docs: ASGIApp = docs_app(worlds, host=host, token=token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if is_inspector_path(path):
            await self._inspector(scope, receive, send)
        elif path.startswith(self._control_path) and path[len(self._control_path) :][:1] in ("", "/"):
            await self._control(scope, receive, send)
        elif not path.startswith(self._worker_path) and is_docs_path(path):
            await self._docs(scope, receive, send)
        else:
            await self._worker(scope, receive, send)
