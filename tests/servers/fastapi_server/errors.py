"""Errors of the API and how they are answered."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from .answers import ApiResponse, format_time
from .faults import fault
from .models import utc_now
from .variants import variant


class ApiError(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message or code.replace("_", " ").capitalize()


def bad_request(code: str, message: str = "") -> ApiError:
    return ApiError(400, code, message)


def not_found(what: str) -> ApiError:
    return ApiError(404, f"{what}_not_found")


def not_your_task() -> ApiError:
    return ApiError(403, "not_your_task", "The task belongs to another server")


def error_response(error: ApiError, details: list[dict[str, Any]] | None = None) -> Response:
    body: dict[str, Any] = {"success": False, "error": error.code}
    media_type = None
    if variant("error-more-fields"):
        body |= {"message": error.message, "details": details or [], "timestamp": format_time(utc_now())}
    elif variant("error-nested"):
        body = {"success": False, "error": {"code": error.code, "message": error.message}}
    elif variant("error-detail"):
        body = {"detail": error.code}
    elif variant("error-problem"):
        body = {"type": "about:blank", "title": HTTPStatus(error.status).phrase, "status": error.status,
                "detail": error.message, "error": error.code}
        media_type = "application/problem+json"
    status = 200 if fault("errors-as-200") and error.status < 500 else error.status
    headers = {}
    if error.status == 401 and variant("www-authenticate"):
        headers["WWW-Authenticate"] = 'ApiKey realm="worker"'
    return ApiResponse(body, status_code=status, headers=headers, media_type=media_type)


async def on_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error)


async def on_invalid(request: Request, error: Exception) -> Response:
    """The page answers 400 to a bad request, where FastAPI would answer 422."""
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if fault("surrogate-500"):
        for problem in problems:
            str(problem.get("input")).encode("utf-8")
    if fault("bad-json-500") and any(problem["type"] == "json_invalid" for problem in problems):
        raise RuntimeError("malformed JSON")
    if fault("bad-page-500") and any(problem["loc"][:2] in (("query", "page"), ("query", "limit")) for problem in problems):
        raise ValueError("invalid literal for int()")
    status = 422 if fault("validation-422") else 400
    details = [{"field": ".".join(map(str, problem["loc"][1:])), "message": problem["msg"]} for problem in problems]
    message = "; ".join(f"{item['field']}: {item['message']}" for item in details)
    return error_response(ApiError(status, "invalid_request", message), details)


async def on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "error")
    response = error_response(ApiError(error.status_code, code, str(error.detail)))
    response.headers.update(error.headers or {})
    return response


async def on_crash(_request: Request, _error: Exception) -> Response:
    return error_response(ApiError(500, "internal_error"))


def install(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, on_api_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_crash)
