"""Fixture: a page of the browser, for the reports that are opened from disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mockserver.docs_page.browser import Page, browser_page


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser_page(tmp_path_factory.mktemp("browser")) as opened:
        yield opened
