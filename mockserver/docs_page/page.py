"""The pages `/` and `/docs` as HTML, and the files that it loads."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib import resources
from string import Template

_FOLDER = resources.files("workerkit.mockserver.docs_page")
_WITH_KEY = "An API key of this mock is filled in: open an operation and press Execute."
_WITHOUT_KEY = "Press Authorize and enter an API key. Then open an operation and press Execute."
# The content types of the files below `/docs/`. Those of Swagger UI are as its package has them.
ASSET_TYPES = {
    "page.css": "text/css",
    "start.js": "text/javascript",
    "swagger_ui/swagger-ui.css": "text/css",
    "swagger_ui/swagger-ui-bundle.js": "text/javascript",
}


def page_text(key: str | None) -> str:
    """The HTML of the page. `key`: the API key to fill in, or None."""
    hint = _WITHOUT_KEY if key is None else _WITH_KEY
    return _template().substitute(key=escape(key or ""), hint=hint)


@cache
def index_text() -> bytes:
    """The HTML of the page `/`, which has links to everything that a browser can show."""
    return _FOLDER.joinpath("index.html").read_bytes()


@cache
def asset(name: str) -> bytes:
    """A file that the page loads. `name` is a key of `ASSET_TYPES`."""
    return _FOLDER.joinpath(name).read_bytes()


@cache
def _template() -> Template:
    return Template(_FOLDER.joinpath("page.html").read_text("utf-8"))
