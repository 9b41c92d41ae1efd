"""The inspector at `/_mock/ui`, as a Starlette application.

It serves the files of the page, which have no secrets and need no token. The page calls the control plane,
which decides what the page may see.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workerkit.mockserver.http.page_app import PAGE_HEADERS, page_app
from workerkit.openapi.spec.api import control_api

INSPECTOR_PATH = f"{control_api().base_path}/ui"
_FOLDER = resources.files("workerkit.mockserver.inspector")
_PAGE = "page.html"
# The content types of the files below `/_mock/ui/`.
FILE_TYPES = {
    **dict.fromkeys(("page.css", "lanes.css"), "text/css"),
    **dict.fromkeys(
        (
            "start.js",
            "actions.js",
            "control.js",
            "dom.js",
            "fault_form.js",
            "lanes.js",
            "requests.js",
            "scenario.js",
            "servers.js",
            "store.js",
            "tasks.js",
        ),
        "text/javascript",
    ),
}


def is_inspector_path(path: str) -> bool:
    """Whether `inspector_app` answers the requests with this path."""
    return path == INSPECTOR_PATH or path.startswith(f"{INSPECTOR_PATH}/")


def inspector_app() -> Starlette:
    """Returns the application."""
    return page_app(
        [
            *(Route(path, _page) for path in (INSPECTOR_PATH, f"{INSPECTOR_PATH}/")),
            *(Route(f"{INSPECTOR_PATH}/{name}", _file) for name in FILE_TYPES),
        ]
    )


async def _page(request: Request) -> Response:
    return Response(_content(_PAGE), headers=PAGE_HEADERS, media_type="text/html")


async def _file(request: Request) -> Response:
    name = request.scope["path"].removeprefix(f"{INSPECTOR_PATH}/")
    return Response(_content(name), headers=PAGE_HEADERS, media_type=FILE_TYPES[name])


@cache
def _content(name: str) -> bytes:
    return _FOLDER.joinpath(name).read_bytes()
