"""The control plane: how a test looks into the mock and changes what it holds. JSON, on Starlette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.routing import Route

from workerkit.mockserver.control.control_calls import CONTROL_CALLS, CONTROL_STREAMS, ControlRequest
from workerkit.mockserver.http.answer import json_answer
from workerkit.mockserver.http.request import MOST_BYTES, ClientGoneError, Request, receive_request
from workerkit.mockserver.observers.event_stream import Events
from workerkit.mockserver.world.refusal import InvalidRequestError, RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of_all
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Call, Operation

Endpoint = Callable[[StarletteRequest], Awaitable[Response]]
# Whoever may call at all may also bring a large world back.
_MOST_BYTES = {"restoreWorld": 2**28}


@dataclass(frozen=True, slots=True)
class _Within:
    """What the control plane works on."""

    worlds: Worlds
    events: Events
    worker_path: str


def control_app(api: Api, worlds: Worlds, worker_path: str, events: Events | None = None) -> Starlette:
    """The control plane of these worlds; `worker_path` is the Worker API's base path.

    `events` are those that it tells of; whoever wants to end them at some time gives them.
    """
    known = {*CONTROL_CALLS, *CONTROL_STREAMS}
    if set(api.operations) != known:
        raise ValueError(f"the spec and the control plane differ in {set(api.operations) ^ known}")
    within = _Within(worlds, Events(worlds) if events is None else events, worker_path)
    app = Starlette(
        routes=[_route(path, methods, within) for path, methods in _by_path(api)],
        exception_handlers={HTTPException: partial(_unrouted, within), ClientGoneError: _gone},
    )
    app.router.redirect_slashes = False
    return app


def _by_path(api: Api) -> Iterable[tuple[str, dict[str, Operation]]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in api.operations.values():
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths.items()


def _route(path: str, operations: dict[str, Operation], within: _Within) -> Route:
    async def endpoint(received: StarletteRequest) -> Response:
        operation = operations[received.method]
        most = _MOST_BYTES.get(operation.id, MOST_BYTES)
        request = await receive_request(received.scope, received.receive, most=most)
        try:
            call = _read(operation, received.path_params, request, most)
            base_url = f"http://{received.headers['host']}{within.worker_path}"
            return _answered(ControlRequest(within.worlds, within.events, call, base_url))
        except RefusalError as refusal:
            message = mask_of_all(_all(within.worlds), _told(request)).text(refusal.why)
            return _response(_error(_CODES[refusal.status], message), refusal.status)

    route = Route(path, endpoint, methods=list(operations))
    route.methods = set(operations)
    return route


def _answered(asked: ControlRequest) -> Response:
    operation = asked.call.operation.id
    if operation in CONTROL_STREAMS:
        return CONTROL_STREAMS[operation](asked)
    status, answer = CONTROL_CALLS[operation](asked)
    if asked.call.operation.method != "GET" and "world" in asked.parameters:
        asked.worlds.called(asked.name, operation)
    return _response(answer, status)


def _read(operation: Operation, path_values: dict[str, str], request: Request, most: int) -> Call:
    if request.oversize:
        raise InvalidRequestError(f"the body has more than {most} bytes")
    if operation.body is not None and not request.headers.is_json:
        raise InvalidRequestError("send JSON, with the header content-type: application/json")
    try:
        return operation.read(path_values, request.query, request.body)
    except FlawError as flaw:
        raise InvalidRequestError(str(flaw)) from None


def _response(value: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    answer = json_answer(value, status)
    return Response(answer.body, status, headers, media_type="application/json")


def _told(request: Request) -> Any:
    """The JSON of a call, whose secrets an error must not repeat; None where it is none."""
    try:
        return parse(request.body)
    except MalformedJsonError:
        return None


def _all(worlds: Worlds) -> list[World]:
    return [worlds.world(name) for name in worlds.names()]


async def _unrouted(within: _Within, request: StarletteRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES[error.status_code]
    path = mask_of_all(_all(within.worlds)).text(request.url.path)
    message = f"{request.method} {path}: {error.detail}"
    return _response(_error(code, message), error.status_code, dict(error.headers or {}))


async def _gone(request: StarletteRequest, error: Exception) -> Response:
    return Response()


_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 409: "conflict"}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"success": False, "error": code, "message": message}
