"""The application."""

import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from . import callbacks, errors, routes
from .answers import ApiResponse
from .auth import authenticate
from .database import Database
from .faults import fault
from .variants import variant

BASE = "/api/v1/worker"
Next = Callable[[Request], Awaitable[Response]]


class EmptyBodyIsObject(Request):
    async def body(self) -> bytes:
        return await super().body() or b"{}"


class LenientRoute(APIRoute):
    """With the variant missing-body-is-empty."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def lenient(request: Request) -> Response:
            return await handler(EmptyBodyIsObject(request.scope, request.receive))

        return lenient


def _use_lenient_routes(router: APIRouter) -> None:
    """Routes are made when modules load, so they get the other class here."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.__class__ = LenientRoute


def create_app(database: Database) -> FastAPI:
    missing_body_ok = variant("missing-body-is-empty")
    app = FastAPI(
        title="Worker API",
        default_response_class=ApiResponse,
        redirect_slashes=not variant("slash-404"),
        strict_content_type=not (variant("content-type-optional") or missing_body_ok),
    )
    app.state.database = database
    errors.install(app)
    api = APIRouter(route_class=LenientRoute if missing_body_ok else APIRoute)
    if missing_body_ok:
        _use_lenient_routes(routes.router)
        _use_lenient_routes(callbacks.router)
    api.include_router(routes.router)
    if fault("callback-old-path"):
        app.include_router(callbacks.router, prefix="/api/v1")
    else:
        api.include_router(callbacks.router)
    app.include_router(api, prefix=BASE)
    _add_middleware(app)
    return app


def _add_middleware(app: FastAPI) -> None:
    if variant("auth-first"):
        app.middleware("http")(_auth_first)
    if variant("connection-close"):
        app.middleware("http")(_connection_close)
    if variant("request-id-header"):
        app.middleware("http")(_request_id)
    if variant("gzip"):
        app.add_middleware(GZipMiddleware, minimum_size=500)


async def _auth_first(request: Request, call_next: Next) -> Response:
    """Checks the key before the path and the body are looked at."""
    database: Database = request.app.state.database
    key = request.headers.get("X-API-Key")
    try:
        request.state.worker = await run_in_threadpool(authenticate, database, key, request.url.path)
    except errors.ApiError as error:
        return errors.error_response(error)
    return await call_next(request)


async def _connection_close(request: Request, call_next: Next) -> Response:
    response = await call_next(request)
    response.headers["Connection"] = "close"
    return response


async def _request_id(request: Request, call_next: Next) -> Response:
    response = await call_next(request)
    response.headers["X-Request-ID"] = request.headers.get("X-Request-ID") or str(uuid.uuid4())
    return response
