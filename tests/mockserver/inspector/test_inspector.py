"""The inspector in a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.mockserver.docs_page.axe import axe_findings
from tests.mockserver.docs_page.browser import CHROMIUM, SECONDS, Page
from workerkit.mockserver.capsules.file.reader import parse_capsule
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


def choose(page: Page, name: str, value: str) -> None:
    """Chooses a value of the list with this name."""
    field = f"document.querySelector('select[name={name}]')"
    page.value(f"{field}.value = '{value}', {field}.dispatchEvent(new Event('change', {{bubbles: true}}))")


def press(page: Page, key: str, code: int) -> None:
    """Presses a key, as a person does. `code`: its number in the DevTools protocol."""
    text = {"text": "\r"} if key == "Enter" else {}
    for kind in ("keyDown", "keyUp"):
        page.command(
            "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
        )
        text = {}


def press_until(page: Page, key: str, code: int, expression: str) -> None:
    """Presses a key until an expression is true. It stops after 100 times."""
    for _ in range(100):
        press(page, key, code)
        if page.value(expression):
            return
    raise AssertionError(f"{expression} was never true")


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


@pytest.mark.parametrize("width", [360, 768, 1440], ids=["phone", "tablet", "desktop"])
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
        page.wait_for("document.querySelector('article button') !== null")
        page.value("document.querySelector('article button').click()")
        wait_for_text(page, "Exchange 2: GET")
        assert page.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(page: Page, scheme: str) -> None:
    with WorldServer(worlds_in("key-revoked")) as mock:
        task = state(mock)["tasks"][0]["id"]
        url = f"{mock.base_url}/tasks/{task}"
        requests.put(url, json={"status": "running"}, headers=KEY, timeout=120)
        requests.get(f"{mock.base_url}/tasks?limit=0", headers=KEY, timeout=120)
        open_inspector(page, mock)
        page.command(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        wait_for_text(page, "2 of 2 requests")
        page.value("document.querySelector('.row button.refused').click()")
        wait_for_text(page, "Why: query/limit")
        for view, text in zip(
            VIEWS, ("Exchange 2", task, "created links", "Kept so far", "Only call number"), strict=True
        ):
            show_view(page, view)
            wait_for_text(page, text)
            assert axe_findings(page) == [], (scheme, view)


def test_the_actions_change_the_world(page: Page, mock: WorldServer) -> None:
    open_inspector(page, mock)
    show_view(page, "Actions")
    page.wait_for("document.querySelector('select[name=server]').options.length === 3")
    before = state(mock)
    submit(page, "Add tasks", server="server-02", status="queued", count="3")
    wait_for_text(page, "3 tasks were added.")
    submit(page, "Change a server", server="server-01", change="revoke")
    wait_for_text(page, "server-01 was changed.")
    page.wait_for("document.querySelector('select[name=fault]').options.length > 5")
    choose(page, "fault", "status")
    submit(page, "Add a fault", status="429", operation='"heartbeat"', times="2", calls="3..7")
    wait_for_text(page, "The fault status was added.")
    submit(page, "Add a fault", calls="nonsense")
    wait_for_text(page, "body/calls")
    submit(page, "Advance the clock", advance="1h")
    wait_for_text(page, "It is now")
    after = state(mock)
    assert len(after["tasks"]) == len(before["tasks"]) + 3
    assert after["servers"][0]["revoked"]
    assert after["time"] > before["time"]
    (fault,) = after["faults"]
    asked = {"fault": "status", "status": 429, "operation": "heartbeat", "times": 2, "calls": "3..7"}
    assert {name: fault[name] for name in asked} == asked
    submit(page, "Stop the clock")
    wait_for_text(page, "The clock stands at")
    assert state(mock)["time"] == state(mock)["time"]
    submit(page, "Start the clock")
    wait_for_text(page, "The clock runs from")
    stood = state(mock)["time"]
    deadline = time.monotonic() + SECONDS
    while state(mock)["time"] == stood:
        assert time.monotonic() < deadline
    submit(page, "Remove all faults")
    wait_for_text(page, "1 faults were removed.")
    submit(page, "Reset the world")
    wait_for_text(page, "as it was at its start")
    assert state(mock)["tasks"] == before["tasks"]
    page.wait_for("document.querySelector('select[name=scenario]').options.length > 5")
    submit(page, "Make a world with a scenario", scenario="key-revoked")
    wait_for_text(page, "The world w1 was made. Its worker uses the key server-01-key-w1")
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


def test_a_refused_request_shows_what_it_was_meant_to_be(page: Page, mock: WorldServer) -> None:
    task = state(mock)["tasks"][0]["id"]
    requests.put(f"{mock.base_url}/task/{task}", json={"status": "running"}, headers=KEY, timeout=120)
    requests.put(f"{mock.base_url}/tasks/{task}", json={"staus": "running"}, headers=KEY, timeout=120)
    open_inspector(page, mock)
    wait_for_text(page, "2 of 2 requests")
    page.value("document.querySelectorAll('.row button')[1].click()")
    wait_for_text(page, "Nearest operation: updateTask, PUT /api/v1/worker/tasks/{id}")
    page.value("document.querySelectorAll('.row button')[0].click()")
    wait_for_text(page, 'the body has a field "staus", and updateTask has a field "status"')


def test_a_scenario_shows_what_has_happened_and_what_is_to_come(page: Page) -> None:
    with WorldServer(worlds_in("key-revoked")) as mock:
        open_inspector(page, mock)
        show_view(page, "Scenario")
        wait_for_text(page, library.find("key-revoked").about[:40])
        asked = requests.get(f"{mock.control_url}/worlds/default/scenario", timeout=120).json()
        assert {happening["happened_at"] for happening in asked["happenings"]} == {None}
        parts = "document.querySelector('section[aria-label=Scenario]').innerText.split('Still to come')"
        assert "Nothing yet." in page.value(f"{parts}[0]")
        first = asked["happenings"][0]["when"]
        assert first in page.value(f"{parts}[1]")
        for _ in range(20):
            requests.get(f"{mock.base_url}/tasks?limit=0", headers=KEY, timeout=120)
        page.wait_for(f"{parts}[0].includes({json.dumps(first)})")
        wait_for_text(page, "Broken: the worker cannot keep these rules any more")
        wait_for_text(page, "Kept so far")


def test_a_capsule_is_saved(page: Page, mock: WorldServer, tmp_path: Path) -> None:
    requests.get(f"{mock.base_url}/tasks", headers=KEY, timeout=120)
    open_inspector(page, mock)
    page.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    show_view(page, "Actions")
    submit(page, "Save a capsule")
    wait_for_text(page, "The capsule default.yaml was saved.")
    saved = tmp_path / "default.yaml"
    deadline = time.monotonic() + SECONDS
    while not saved.exists():
        assert time.monotonic() < deadline, list(tmp_path.iterdir())
        page.value("1")
    (recorded,) = parse_capsule(saved.read_text("utf-8"), name="saved").recorded
    assert recorded.exchange.path.endswith("/tasks")
    assert "server-01-key" not in saved.read_text("utf-8")


def test_the_keyboard_alone_is_enough(page: Page, mock: WorldServer) -> None:
    for path in ("/tasks", "/tasks?limit=0", "/unknown"):
        requests.get(mock.base_url + path, headers=KEY, timeout=120)
    open_inspector(page, mock)
    wait_for_text(page, "3 of 3 requests")
    press_until(page, "Tab", 9, "document.activeElement.className === 'list'")
    press(page, "ArrowDown", 40)
    wait_for_text(page, "Exchange 3")
    press(page, "ArrowDown", 40)
    wait_for_text(page, "Why: query/limit: 0 is less than the minimum of 1")
    press(page, "ArrowUp", 38)
    wait_for_text(page, "Exchange 3")
    page.value("document.querySelector('#world').focus()")
    press_until(page, "Tab", 9, "document.activeElement.textContent === 'Actions'")
    press(page, "Enter", 13)
    wait_for_text(page, "Add tasks")
    press_until(page, "Tab", 9, "document.activeElement.textContent === 'Stop the clock'")
    press(page, "Enter", 13)
    wait_for_text(page, "The clock stands at")


def test_ten_thousand_requests_draw_only_the_rows_that_can_be_seen(page: Page, mock: WorldServer) -> None:
    open_inspector(page, mock)
    requests.get(f"{mock.base_url}/tasks?limit=1", headers=KEY, timeout=120)
    wait_for_text(page, "1 of 1 requests")
    journal = requests.get(f"{mock.control_url}/worlds/default/journal", timeout=120).json()
    page.value(f"window.sample = {json.dumps(journal['exchanges'][0])}")
    many = "[...Array(12000).keys()].map(index => ({...window.sample, number: index + 1}))"
    page.value("import('/_mock/ui/requests.js').then(part => window.part = part)")
    page.wait_for("window.part !== undefined")
    page.value("import('/_mock/ui/store.js').then(part => window.stores = part)")
    page.wait_for("window.stores !== undefined")
    page.value("window.store = new stores.Store(() => null, () => null)")
    page.value(f"{many}.forEach(exchange => store.add(exchange))")
    assert page.value("store.exchanges.length") == 10000
    page.value("window.list = new part.RequestsView(store)")
    page.value("document.querySelector('#view').replaceChildren(list.root)")
    page.value("list.update()")
    assert page.value("document.querySelectorAll('.row').length") < 100
    assert page.value("document.querySelector('.row button').dataset.number") == "12000"
    page.value("list.list.scrollTop = 1e9")
    page.wait_for("document.querySelector('.row:last-child button').dataset.number === '2001'")
    assert page.value("document.querySelectorAll('.row').length") < 100


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
