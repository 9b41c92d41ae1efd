"""The built site in both languages, and a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mockserver.docs_page.browser import Page, browser_page

DOCS = Path(__file__).parents[2] / "docs"


def build(source: Path, site: Path, language: str) -> None:
    """Builds a folder of pages with the settings of our site, as `make docs` does."""
    command = ["sphinx.cmd.build", "--quiet", "--fail-on-warning", "-c", str(DOCS), "-d", f"{site}.trees"]
    subprocess.run(
        [sys.executable, "-m", *command, str(source), str(site)],
        env={**os.environ, "DOCS_LANGUAGE": language},
        check=True,
    )


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the site in English, `en`, and in Vietnamese, `vi`."""
    folder = tmp_path_factory.mktemp("sites")
    build(DOCS, folder / "en", "en")
    build(DOCS / "vi", folder / "vi", "vi")
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The browser of all tests. `open` makes a new page of it."""
    with browser_page(tmp_path_factory.mktemp("browser")) as opened:
        yield opened
