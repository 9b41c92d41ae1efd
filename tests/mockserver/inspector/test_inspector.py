"""The inspector in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.mockserver.docs_page.browser import CHROMIUM, Page, browser_page
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.scenarios.library import library

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: install the package chromium")
KEY = {"X-API-Key": "server-01-key"}
TOKEN = "a-token-of-tests"
VIEWS = ("Requests", "Tasks", "Servers", "Scenario", "Actions")


def worlds_in(scenario: str | None = None) -> Worlds:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(library.find(scenario) if scenario else None, seed=7))
    return worlds


@pytest.fixture
def mock() -> Iterator[WorldServer]:
    with WorldServer(worlds_in()) as running:
        yield running


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser_page(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def open_inspector(page: Page, mock: WorldServer, width: int = 1280) -> None:
    """Opens the page and waits until it follows the world."""
    page.open(mock.inspector_url, width=width)
    page.wait_for("document.querySelector('#connection')?.textContent === 'live'")


def show_view(page: Page, view: str) -> None:
    page.value(
        f"[...document.querySelectorAll('nav button')].find(tab => tab.textContent === '{view}').click()"
    )


def wait_for_text(page: Page, text: str) -> None:
    page.wait_for(f"document.body.innerText.includes({json.dumps(text)})")


def submit(page: Page, title: str, **fields: str) -> None:
    """Fills a form of the actions in and sends it."""
    form = f"[...document.querySelectorAll('form')].find(form => form.innerText.startsWith('{title}'))"
    for name, value in fields.items():
        page.value(f"{form}.elements['{name}'].value = {json.dumps(value)}")
    page.value(f"{form}.querySelector('button').click()")


def state(mock: WorldServer) -> Any:
    return requests.get(f"{mock.control_url}/worlds/default", timeout=120).json()


def test_requests_come_live_and_each_shows_why_it_was_refused(page: Page, mock: WorldServer) -> None:
    requests.get(f"{mock.base_url}/tasks", headers=KEY, timeout=120)
    open_inspector(page, mock)
    wait_for_text(page, "1 of 1 requests")
    requests.get(f"{mock.base_url}/tasks?limit=0", headers=KEY, timeout=120)
    wait_for_text(page, "2 of 2 requests")
    page.value("document.querySelector('.row button.refused').click()")
    wait_for_text(page, "Why: query/limit: 0 is less than the minimum of 1")
    details = page.value("document.querySelector('.details').innerText")
    assert "server-01-key" not in details
    assert "x-api-key: <key " in details
    assert page.errors == []
    hosts = {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")}
    assert hosts == {f"{mock.host}:{mock.port}"}


def test_filters_choose_requests(page: Page, mock: WorldServer) -> None:
    for path in ("/tasks", "/tasks?limit=0", "/unknown"):
        requests.get(mock.base_url + path, headers=KEY, timeout=120)
    open_inspector(page, mock)
    wait_for_text(page, "3 of 3 requests")
    for name, value, count in (
        ("operation", "listTasks", 2),
        ("status", "refused", 1),
        ("operation", "", 2),
        ("text", "unknown", 1),
    ):
        field = f"document.querySelector('.filters').elements['{name}']"
        page.value(f"{field}.value = '{value}', {field}.dispatchEvent(new Event('input', {{bubbles: true}}))")
        wait_for_text(page, f"{count} of 3 requests")


@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_every_view_fits_the_screen_and_says_what_the_worker_did(page: Page, width: int) -> None:
    with WorldServer(worlds_in("quiet-day")) as mock:
        (task, *_) = state(mock)["tasks"]
        open_inspector(page, mock, width)
        url = f"{mock.base_url}/tasks/{task['id']}"
        assert requests.put(url, json={"status": "running"}, headers=KEY, timeout=120).status_code == 200
        requests.get(f"{mock.base_url}/tasks?limit=0", headers=KEY, timeout=120)
        texts = ("query/limit", task["id"], "created links", "documented-requests", "Add a fault")
        for view, text in zip(VIEWS, texts, strict=True):
            show_view(page, view)
            wait_for_text(page, text)
            assert page.value("document.documentElement.scrollWidth") <= width, view
        show_view(page, "Scenario")
        page.value("[...document.querySelectorAll('article button')].at(0).click()")
        wait_for_text(page, "Exchange 2: GET")
        assert page.errors == []


def test_the_actions_change_the_world(page: Page, mock: WorldServer) -> None:
    open_inspector(page, mock)
    show_view(page, "Actions")
    page.wait_for("document.querySelector('select[name=server]').options.length === 3")
    before = state(mock)
    submit(page, "Add tasks", server="server-02", status="queued", count="3")
    wait_for_text(page, "3 tasks were added.")
    submit(page, "Change a server", server="server-01", change="revoke")
    wait_for_text(page, "server-01 was changed.")
    submit(page, "Add a fault", fault='{"fault": "no-such"}')
    wait_for_text(page, "no-such")
    submit(page, "Advance the clock", advance="1h")
    wait_for_text(page, "It is now")
    after = state(mock)
    assert len(after["tasks"]) == len(before["tasks"]) + 3
    assert after["servers"][0]["revoked"]
    assert after["time"] > before["time"]
    submit(page, "Reset the world")
    wait_for_text(page, "as it was at its start")
    assert state(mock)["tasks"] == before["tasks"]
    submit(page, "Make a world with a scenario", scenario="key-revoked")
    wait_for_text(page, "The world w1 was made.")
    page.wait_for("document.querySelector('#world').value === 'w1'")


def test_looking_changes_nothing(page: Page, mock: WorldServer) -> None:
    before = state(mock)
    open_inspector(page, mock)
    for view in VIEWS:
        show_view(page, view)
    assert state(mock) == before


def test_the_token_is_typed_once(page: Page) -> None:
    with WorldServer(worlds_in(), token=TOKEN) as mock:
        page.open(mock.inspector_url, width=1280)
        page.wait_for("document.querySelector('#token')?.hidden === false")
        page.value(f"document.querySelector('#token input').value = '{TOKEN}'")
        page.value("document.querySelector('#token button').click()")
        page.wait_for("document.querySelector('#connection').textContent === 'live'")
        assert page.value("document.querySelector('#token').hidden")
        assert TOKEN not in page.value("JSON.stringify([localStorage, sessionStorage, document.cookie])")
        assert all(TOKEN not in url for url in page.requested)


def test_the_page_follows_a_mock_that_starts_again(page: Page) -> None:
    with WorldServer(worlds_in()) as mock:
        requests.get(f"{mock.base_url}/tasks", headers=KEY, timeout=120)
        open_inspector(page, mock)
        wait_for_text(page, "1 of 1 requests")
    wait_for_text(page, "not connected")
    with WorldServer(worlds_in(), port=mock.port) as again:
        page.wait_for("document.querySelector('#connection').textContent === 'live'")
        wait_for_text(page, "0 of 0 requests")
        requests.get(f"{again.base_url}/tasks", headers=KEY, timeout=120)
        wait_for_text(page, "1 of 1 requests")


def test_no_text_of_a_request_acts(page: Page, mock: WorldServer) -> None:
    open_inspector(page, mock)
    hostile = "<img src=x onerror=window.ran=1>\u202eevil"
    requests.get(f"{mock.base_url}/{hostile}", headers=KEY, timeout=120)
    wait_for_text(page, "1 of 1 requests")
    page.value("document.querySelector('.row button').click()")
    wait_for_text(page, "Exchange 1")
    assert page.value("document.querySelector('img')") is None
    assert page.value("window.ran") is None
    assert page.value("document.body.innerText.includes('\\u202e')") is False


def test_the_page_shows_texts_as_visible_text_does(page: Page, mock: WorldServer) -> None:
    """For each character that acts: the page and the kit show the same code."""
    open_inspector(page, mock)
    page.value("import('/_mock/ui/dom.js').then(dom => window.visibleText = dom.visibleText)")
    page.wait_for("typeof window.visibleText === 'function'")
    codes = [*range(0x20), *range(0x7E, 0x700), *range(0x1800, 0x2100), *range(0xFE00, 0x10000)]
    codes += [0xE0041, 0x1F600]
    codes.remove(0x1B)  # a terminal escape sequence is no danger in a page
    script = "map(code => window.visibleText('a' + String.fromCodePoint(code) + 'b'))"
    texts = page.value(f"{json.dumps(codes)}.{script}")
    assert texts == [visible_text(f"a{chr(code)}b") for code in codes]
