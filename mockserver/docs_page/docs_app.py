"""The pages `/` and `/docs`, and the spec as YAML and JSON, as a Starlette application."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workerkit.mockserver.docs_page.page import ASSET_TYPES, asset, index_text, page_text
from workerkit.mockserver.docs_page.page_key import PageKey
from workerkit.mockserver.docs_page.spec_text import base_url_of, cached_spec_text, dialect_now
from workerkit.mockserver.http.page_app import PAGE_HEADERS, page_app
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.published import FORMATS, SpecFormat

INDEX_PATH = "/"
PAGE_PATH = "/docs"
_SPEC_PATHS: dict[str, SpecFormat] = {f"/openapi.{spec_format}": spec_format for spec_format in FORMATS}


def is_docs_path(path: str) -> bool:
    """Whether `docs_app` answers the requests with this path."""
    return path in _SPEC_PATHS or path in (INDEX_PATH, PAGE_PATH) or path.startswith(f"{PAGE_PATH}/")


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
        return Response(text, headers=PAGE_HEADERS, media_type=f"application/{spec_format}")

    async def page(request: Request) -> Response:
        return Response(
            page_text(page_key.for_request(request.scope)), headers=PAGE_HEADERS, media_type="text/html"
        )

    return page_app(
        [
            Route(INDEX_PATH, _index),
            *(Route(path, spec) for path in _SPEC_PATHS),
            *(Route(path, page) for path in (PAGE_PATH, f"{PAGE_PATH}/")),
            *(Route(f"{PAGE_PATH}/{name}", _asset) for name in ASSET_TYPES),
        ]
    )


async def _index(request: Request) -> Response:
    return Response(index_text(), headers=PAGE_HEADERS, media_type="text/html")


async def _asset(request: Request) -> Response:
    name = request.scope["path"].removeprefix(f"{PAGE_PATH}/")
    return Response(asset(name), headers=PAGE_HEADERS, media_type=ASSET_TYPES[name])
