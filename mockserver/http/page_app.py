"""What the pages of the mock share: strict headers, and JSON errors for unknown paths and wrong methods."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workerkit.mockserver.http.answer import json_answer

# Scripts, styles and requests only from the mock itself. Pictures may also be inside the style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_CODES = {404: "not_found", 405: "method_not_allowed"}


def page_app(routes: Sequence[Route]) -> Starlette:
    """Returns an application with these routes. Its pages answer GET and HEAD only."""
    app = Starlette(routes=list(routes), exception_handlers={HTTPException: _refuse})
    app.router.redirect_slashes = False
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    """Answers a request with an unknown path (404) or a wrong method (405)."""
    assert isinstance(error, HTTPException)
    status, path = error.status_code, request.scope["path"]
    body = {"success": False, "error": _CODES[status], "message": f"{request.method} {path}: {error.detail}"}
    headers = {**PAGE_HEADERS, "Allow": "GET, HEAD"} if status == 405 else PAGE_HEADERS
    return Response(json_answer(body).body, status, headers, media_type="application/json")
