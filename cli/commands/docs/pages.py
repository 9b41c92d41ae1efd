"""The pages of the documentation. They are installed with the kit, to be read without the internet."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.yaml_nodes import did_you_mean

# In a wheel the folder is beside the rooms, as in the repository.
_FOLDER = Path(__file__).resolve().parents[3] / "docs"
# Texts from which pages are made, and no pages.
_SOURCES = "made_pages"
# Comments say what a test does with a block. Lists of pages are for Sphinx.
_NOT_FOR_READERS = re.compile(r"^ *<!--.*?-->\n|^```\{toctree\}.*?^```\n", re.MULTILINE | re.DOTALL)


@cache
def page_names() -> tuple[str, ...]:
    """The names of all pages, such as `how-to/containers`. Those in Vietnamese begin with `vi/`."""
    files = (file.relative_to(_FOLDER) for file in _FOLDER.rglob("*.md"))
    return tuple(sorted(file.with_suffix("").as_posix() for file in files if file.parts[0] != _SOURCES))


def page_text(name: str) -> str:
    """A page as Markdown. Raises UsageError if there is no such page."""
    if name not in page_names():
        hint = did_you_mean(name, page_names()) or ": `workerkit docs` lists all pages"
        raise UsageError(f"there is no page {name}{hint}")
    text = _FOLDER.joinpath(f"{name}.md").read_text("utf-8")
    return _NOT_FOR_READERS.sub("", text).strip() + "\n"


def page_title(name: str) -> str:
    """The words of a page's first heading."""
    return page_text(name).partition("\n")[0].lstrip("# ")
