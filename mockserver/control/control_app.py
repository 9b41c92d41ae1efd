"""The control plane as a Starlette application. It finds the call of each request and answers in JSON."""

from __future__ import annotations

from collections.abc import Iterable
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
from workerkit.mockserver.http.request import MAX_BODY_BYTES, ClientGoneError, Request, receive_request
from workerkit.mockserver.http.stepwise_answer import StepwiseAnswer, Turns
from workerkit.mockserver.metrics.request_figures import RequestFigures
from workerkit.mockserver.observers.event_stream import EventPublisher
from workerkit.mockserver.world.refusal import InvalidRequestError, RefusalError
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.mockserver.worlds.worlds_mask import WorldsMask
from workerkit.openapi.formats.json_parts import is_lazy
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Call, Operation

# A snapshot of a world with many tasks is larger than other bodies.
_MAX_BYTES_BY_CALL = {"restoreWorld": 2**28}


@dataclass(frozen=True, slots=True)
class _ControlPlane:
    worlds: Worlds
    events: EventPublisher
    figures: RequestFigures
    worker_path: str
    mask: WorldsMask
    turns: Turns


def control_app(
    api: Api,
    worlds: Worlds,
    worker_path: str,
    events: EventPublisher | None = None,
    figures: RequestFigures | None = None,
) -> Starlette:
    """Returns the application.

    api: the API of the control plane.
    worlds: the worlds that the calls read and change.
    worker_path: the base path of the Worker API.
    events: publishes the events of the worlds. With None, the application makes its own publisher, which the
        caller cannot close.
    figures: the figures of the Worker API. With None, no requests are counted.

    Raises ValueError if `api` has other calls than this package.
    """
    implemented = {*CONTROL_CALLS, *CONTROL_STREAMS}
    if set(api.operations) != implemented:
        difference = set(api.operations) ^ implemented
        raise ValueError(f"these calls are in the spec only or in the code only: {difference}")
    plane = _ControlPlane(
        worlds,
        EventPublisher(worlds) if events is None else events,
        RequestFigures() if figures is None else figures,
        worker_path,
        WorldsMask(worlds),
        Turns(),
    )
    app = Starlette(
        routes=[_route(path, operations, plane) for path, operations in _operations_by_path(api)],
        exception_handlers={
            HTTPException: partial(_answer_without_route, plane),
            ClientGoneError: _client_gone,
        },
    )
    app.router.redirect_slashes = False
    return app


def _operations_by_path(api: Api) -> Iterable[tuple[str, dict[str, Operation]]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in api.operations.values():
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths.items()


def _route(path: str, operations: dict[str, Operation], plane: _ControlPlane) -> Route:
    async def endpoint(http_request: StarletteRequest) -> Response:
        operation = operations[http_request.method]
        max_bytes = _MAX_BYTES_BY_CALL.get(operation.id, MAX_BODY_BYTES)
        request = await receive_request(http_request.scope, http_request.receive, max_bytes=max_bytes)
        try:
            call = _parse_call(operation, http_request.path_params, request, max_bytes)
            base_url = f"{http_request.url.scheme}://{http_request.headers['host']}{plane.worker_path}"
            return await _answer(
                ControlRequest(plane.worlds, plane.events, plane.figures, call, base_url), plane.turns
            )
        except RefusalError as refusal:
            steps = plane.mask.text_in_steps(refusal.why, _json_of(request))
            message = await plane.turns.finish(steps)
            return _response(_error(_CODES[refusal.status], message), refusal.status)

    route = Route(path, endpoint, methods=list(operations))
    # Starlette adds HEAD to GET, and the control plane has no HEAD.
    route.methods = set(operations)
    return route


async def _answer(request: ControlRequest, turns: Turns) -> Response:
    operation = request.call.operation.id
    if operation in CONTROL_STREAMS:
        return CONTROL_STREAMS[operation](request)
    result = CONTROL_CALLS[operation](request)
    status, answer = result if isinstance(result, tuple) else await turns.finish(result)
    if request.call.operation.method != "GET" and "world" in request.parameters:
        request.worlds.report_call(request.world_name, operation)
    return StepwiseAnswer(answer, status, turns) if is_lazy(answer) else _response(answer, status)


def _parse_call(operation: Operation, path_values: dict[str, str], request: Request, max_bytes: int) -> Call:
    if request.is_too_large:
        raise InvalidRequestError(f"the body has more than {max_bytes} bytes")
    if operation.body_validator is not None and not request.headers.is_json:
        raise InvalidRequestError("send JSON, with the header content-type: application/json")
    try:
        return operation.parse_request(path_values, request.query, request.body)
    except FlawError as flaw:
        raise InvalidRequestError(str(flaw)) from None


def _response(value: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    answer = json_answer(value, status)
    return Response(answer.body, status, headers, media_type="application/json")


def _json_of(request: Request) -> Any:
    """Returns the body as JSON. None if it is not JSON.

    The caller looks for secrets in the body, and keeps them out of the error message.
    """
    try:
        return parse(request.body)
    except MalformedJsonError:
        return None


async def _answer_without_route(
    plane: _ControlPlane, request: StarletteRequest, error: Exception
) -> Response:
    """Answers a request with an unknown path (404) or a wrong method (405)."""
    assert isinstance(error, HTTPException)
    path = await plane.turns.finish(plane.mask.text_in_steps(request.url.path))
    message = f"{request.method} {path}: {error.detail}"
    return _response(_error(_CODES[error.status_code], message), error.status_code, dict(error.headers or {}))


async def _client_gone(request: StarletteRequest, error: Exception) -> Response:
    return Response()


_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 409: "conflict", 507: "no_room"}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"success": False, "error": code, "message": message}
