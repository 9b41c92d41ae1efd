"""The page in a real browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.mockserver.docs_page.browser import CHROMIUM, Page
from workerkit.mockserver.server.server import WorldServer
from workerkit.openapi.spec.api import worker_api

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: install the package chromium")
WIDTHS = pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
# The published spec has HEAD, too.
OPERATIONS = {*worker_api().operations, "listTasksHead"}
LIST_TASKS = "document.querySelector('#operations-tasks-listTasks')"


def open_page(page: Page, mock: WorldServer, width: int = 1280) -> None:
    """Opens the page and waits until it shows all operations."""
    page.open(f"{mock.origin}/docs", width=width)
    page.wait_for(f"document.querySelectorAll('.opblock').length === {len(OPERATIONS)}")


def execute_list_tasks(page: Page) -> Any:
    """Opens the operation, presses Execute and returns the status that the page shows."""
    page.value(f"{LIST_TASKS}.querySelector('.opblock-summary-control').click()")
    # Swagger UI knows the values of `status` when it has resolved the references of the operation.
    page.wait_for(f"{LIST_TASKS}.querySelector('option[value=pending]') !== null")
    page.value(f"{LIST_TASKS}.querySelector('.execute').click()")
    return page.wait_for(
        f"{LIST_TASKS}.querySelector('.live-responses-table .response .response-col_status')?.innerText"
    )


def journal(mock: WorldServer) -> Any:
    return requests.get(f"{mock.control_url}/worlds/default/journal", timeout=120).json()["exchanges"]


@WIDTHS
def test_the_list_operation_can_be_tried_with_the_key_that_is_filled_in(
    page: Page, default_mock: WorldServer, width: int
) -> None:
    open_page(page, default_mock, width)
    shown = page.value("[...document.querySelectorAll('.opblock')].map(block => block.id.split('-').at(-1))")
    assert set(shown) == OPERATIONS
    assert execute_list_tasks(page).split()[0] == "200"
    assert page.value("document.documentElement.scrollWidth") <= width
    (exchange,) = journal(default_mock)
    assert (exchange["operation"], exchange["status"], exchange["query"]) == (
        "listTasks",
        200,
        "page=1&limit=100&status=pending,queued",
    )
    assert page.errors == []
    hosts = {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")}
    assert hosts == {f"{default_mock.host}:{default_mock.port}"}


def test_a_page_of_a_mock_without_an_active_server_has_no_key(page: Page, default_mock: WorldServer) -> None:
    for name in ("server-01", "server-02"):
        url = f"{default_mock.control_url}/worlds/default/servers/{name}"
        requests.patch(url, json={"status": "offline"}, timeout=120)
    open_page(page, default_mock)
    assert "Press Authorize" in page.value("document.querySelector('.hint').innerText")
    assert execute_list_tasks(page).split()[0] == "401"


def test_the_policy_stops_what_is_not_of_the_mock(page: Page, default_mock: WorldServer) -> None:
    open_page(page, default_mock)
    page.value(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    page.value("fetch('http://other.localhost:1/').catch(() => window.stopped = 1)")
    page.wait_for("window.stopped")
    assert page.value("window.ran") is None
    assert len(page.errors) >= 2
    assert all("Content Security Policy" in error for error in page.errors)
