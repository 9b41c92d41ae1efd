"""The control plane: how a test looks into the mock and changes what it holds. JSON, on Starlette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workerkit.mockserver.answer import json_answer
from workerkit.mockserver.control_calls import CONTROL_CALLS, Asked
from workerkit.mockserver.incoming import MOST_BYTES, Gone, Incoming, receive_request
from workerkit.mockserver.refusal import Invalid, Refusal
from workerkit.mockserver.worlds import Worlds
from workerkit.openapi.api import Api
from workerkit.openapi.flaw import Flaw
from workerkit.openapi.operation import Call, Operation

Endpoint = Callable[[Request], Awaitable[Response]]


def control_app(api: Api, worlds: Worlds, worker_path: str) -> Starlette:
    """The control plane of these worlds; `worker_path` is the Worker API's base path."""
    if set(api.operations) != set(CONTROL_CALLS):
        raise ValueError(
            f"the spec and the control plane differ in {set(api.operations) ^ set(CONTROL_CALLS)}"
        )
    app = Starlette(
        routes=[_route(path, methods, worlds, worker_path) for path, methods in _by_path(api)],
        exception_handlers={Refusal: _refused, HTTPException: _unrouted, Gone: _gone},
    )
    app.router.redirect_slashes = False
    return app


def _by_path(api: Api) -> Iterable[tuple[str, dict[str, Operation]]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in api.operations.values():
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths.items()


def _route(path: str, operations: dict[str, Operation], worlds: Worlds, worker_path: str) -> Route:
    async def endpoint(request: Request) -> Response:
        operation = operations[request.method]
        incoming = await receive_request(request.scope, request.receive)
        call = _read(operation, request.path_params, incoming)
        base_url = f"http://{request.headers['host']}{worker_path}"
        status, answer = CONTROL_CALLS[operation.id](Asked(worlds, call, base_url))
        return _response(answer, status)

    route = Route(path, endpoint, methods=list(operations))
    route.methods = set(operations)
    return route


def _read(operation: Operation, path_values: dict[str, str], incoming: Incoming) -> Call:
    if incoming.oversize:
        raise Invalid(f"the body has more than {MOST_BYTES} bytes")
    content_type = (incoming.header("content-type") or "").partition(";")[0].strip().lower()
    if operation.body is not None and content_type != "application/json":
        raise Invalid("send JSON, with the header content-type: application/json")
    try:
        return operation.read(path_values, incoming.query, incoming.body)
    except Flaw as flaw:
        raise Invalid(str(flaw)) from None


def _response(value: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    answer = json_answer(value, status)
    return Response(answer.body, status, headers, media_type="application/json")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _response(_error(_CODES[error.status], error.why), error.status)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES[error.status_code]
    message = f"{request.method} {request.url.path}: {error.detail}"
    return _response(_error(code, message), error.status_code, dict(error.headers or {}))


async def _gone(request: Request, error: Exception) -> Response:
    return Response()


_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 409: "conflict"}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"success": False, "error": code, "message": message}
