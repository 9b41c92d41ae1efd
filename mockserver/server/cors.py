"""Lets web pages of other origins use the Worker API."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from workerkit.openapi.errors import UsageError
from workerkit.openapi.spec.api import worker_api

_ORIGIN = re.compile(r"https?://[\w.-]+(:\d{1,5})?|https?://\[[0-9a-f:.]+\](:\d{1,5})?", re.ASCII)
_ALL = "*"


class BadOriginError(UsageError, ValueError):
    """A text is not an origin. The message shows examples."""


def checked_origin(origin: str) -> str:
    """Returns an origin as browsers send it, or `*` for all origins. Raises BadOriginError."""
    name = origin.lower()
    if name != _ALL and not _ORIGIN.fullmatch(name):
        raise BadOriginError(
            f"{origin!r} is not an origin: write scheme, host and port as in https://app.example or "
            "http://localhost:3000, without a path; * allows all origins"
        )
    return name


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The Worker API for web pages of the given origins. Without origins, the application does not change.

    Raises BadOriginError.
    """
    if not origins:
        return app
    methods = {operation.method for operation in worker_api().operations.values()} | {"HEAD"}
    return CORSMiddleware(
        app,
        allow_origins=[checked_origin(origin) for origin in origins],
        allow_methods=sorted(methods),
        allow_headers=[worker_api().key_header_name, "Content-Type"],
        expose_headers=["Allow", "Retry-After"],
    )
