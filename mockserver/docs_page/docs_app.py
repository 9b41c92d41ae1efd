"""The spec at `/openapi.yaml` and `/openapi.json`, and the page `/docs`, as a Starlette application."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workerkit.mockserver.docs_page.page import ASSET_TYPES, asset, page_text
from workerkit.mockserver.docs_page.page_key import PageKey
from workerkit.mockserver.docs_page.spec_text import base_url_of, cached_spec_text, dialect_now
from workerkit.mockserver.http.answer import json_answer
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.published import FORMATS, SpecFormat

PAGE_PATH = "/docs"
_SPEC_PATHS: dict[str, SpecFormat] = {f"/openapi.{spec_format}": spec_format for spec_format in FORMATS}
# Scripts, styles and requests only from the mock itself. Pictures may also be inside the style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_CODES = {404: "not_found", 405: "method_not_allowed"}


def is_docs_path(path: str) -> bool:
    """Whether `docs_app` answers the requests with this path."""
    return path in _SPEC_PATHS or path == PAGE_PATH or path.startswith(f"{PAGE_PATH}/")


def docs_app(worlds: Worlds, *, host: str, token: str | None) -> Starlette:
    """Returns the application.

    worlds: the worlds of the mock. The spec and the API key are those of the default world.
    host: the address that the mock listens on.
    token: the control token, or None.
    """
    page_key = PageKey(worlds, host=host, token=token)

    async def spec(request: Request) -> Response:
        spec_format = _SPEC_PATHS[request.scope["path"]]
        # In another thread: the first text of a dialect takes longer than many requests of workers.
        text = await asyncio.to_thread(
            cached_spec_text, dialect_now(worlds), base_url_of(request.scope), spec_format
        )
        return Response(text, headers=_HEADERS, media_type=f"application/{spec_format}")

    async def page(request: Request) -> Response:
        return Response(
            page_text(page_key.for_request(request.scope)), headers=_HEADERS, media_type="text/html"
        )

    app = Starlette(
        routes=[
            *(Route(path, spec) for path in _SPEC_PATHS),
            *(Route(path, page) for path in (PAGE_PATH, f"{PAGE_PATH}/")),
            *(Route(f"{PAGE_PATH}/{name}", _asset) for name in ASSET_TYPES),
        ],
        exception_handlers={HTTPException: _refuse},
    )
    app.router.redirect_slashes = False
    return app


async def _asset(request: Request) -> Response:
    name = request.scope["path"].removeprefix(f"{PAGE_PATH}/")
    return Response(asset(name), headers=_HEADERS, media_type=ASSET_TYPES[name])


async def _refuse(request: Request, error: Exception) -> Response:
    """Answers a request with an unknown path (404) or a wrong method (405)."""
    assert isinstance(error, HTTPException)
    status, path = error.status_code, request.scope["path"]
    body = {"success": False, "error": _CODES[status], "message": f"{request.method} {path}: {error.detail}"}
    headers = {**_HEADERS, "Allow": "GET, HEAD"} if status == 405 else _HEADERS
    return Response(json_answer(body).body, status, headers, media_type="application/json")
