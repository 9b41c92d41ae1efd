"""Makes the pictures of the documentation: the inspector, a failed report and `workerkit watch`.

`make pictures` runs it. It needs Chromium.
"""

from __future__ import annotations

import asyncio
import base64
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from tests.mockserver.docs_page.browser import CHROMIUM, Page, browser_page
from workerkit.cli.watch.control_client import ControlClient
from workerkit.cli.watch.watch_app import WatchApp
from workerkit.cli.watch.watched_world import WatchedWorld
from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.trials.trial import try_worker
from workerkit.mockserver.trials.trial_report import report_of
from workerkit.mockserver.workers.worker_run import run_command
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.library import library

_FOLDER = Path(__file__).parent
_WIDTH, _HEIGHT = 1040, 680
# The tasks over time stand above the exchanges.
_REPORT_HEIGHT = 960
_TASKS_OVER_TIME = "[...document.querySelectorAll('h3')].find(part => part.innerText === 'Tasks over time')"
_TERMINAL = (100, 26)
_QUALITY = 85
_SECONDS = 5.0
_SCENARIOS = ("key-revoked", "outage", "quiet-day", "canceled-while-waiting")
# A worker with three mistakes: no heartbeats, no report of `running`, and no pause after a 401.
_WORKER = """
import json, os, urllib.request
def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
    request = urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + path, data, headers, method=method)
    while True:
        try:
            return json.load(urllib.request.urlopen(request))
        except urllib.error.HTTPError as error:
            if error.code in (400, 404, 409):
                return {"data": []}
while tasks := call("GET", "/tasks")["data"]:
    for task in tasks:
        call("PUT", "/tasks/" + task["id"], {"status": "completed"})
"""
_COMMAND = [sys.executable, "-c", _WORKER]
# The pictures load no fonts from other hosts.
_FONTS = re.compile(r"@font-face \{[^}]*\}\s*")


def main() -> None:
    """Writes all pictures."""
    if CHROMIUM is None:
        sys.exit("The pictures need Chromium: install the package chromium.")
    with TemporaryDirectory() as folder, browser_page(Path(folder, "profile")) as page:
        _take_report(page, Path(folder, "report.html"))
        _take_world(page)


def _take_report(page: Page, file: Path) -> None:
    began = time()
    trials = [try_worker(library.find(name), _COMMAND, time_limit=_SECONDS) for name in _SCENARIOS]
    file.write_bytes(html_report(report_of(trials, began=began, seconds=time() - began)))
    page.open(f"{file.as_uri()}#case-0/4", width=_WIDTH, height=_REPORT_HEIGHT)
    page.command("Emulation.setScrollbarsHidden", hidden=True)
    page.wait_for("document.querySelector('.moment') !== null")
    page.value(f"{_TASKS_OVER_TIME}.scrollIntoView()")
    _save(page, "report.webp")


def _take_world(page: Page) -> None:
    """Takes the pictures of a mock whose worker breaks the rules of its scenario."""
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(library.find("key-revoked")))
    with WorldServer(worlds) as mock:
        run_command(mock, director, _COMMAND, time_limit=_SECONDS)
        page.open(mock.inspector_url, width=_WIDTH, height=_HEIGHT)
        page.wait_for("document.querySelector('.row') !== null")
        filters = "document.querySelector('.filters')"
        page.value(
            f"{filters}.elements.status.value = 'refused', {filters}.dispatchEvent(new Event('input'))"
        )
        page.wait_for("document.querySelector('.row button.refused') !== null")
        page.value("document.querySelector('.row button.refused').click()")
        page.wait_for("document.querySelector('.details').innerText.includes('Why')")
        _save(page, "inspector.webp")
        (_FOLDER / "watch.svg").write_text(asyncio.run(_terminal(mock.origin)))


def _save(page: Page, name: str) -> None:
    picture = page.command("Page.captureScreenshot", format="webp", quality=_QUALITY)
    (_FOLDER / name).write_bytes(base64.b64decode(picture["data"]))


async def _terminal(address: str) -> str:
    """The screen of `workerkit watch` as SVG."""
    with WatchedWorld(ControlClient(address, None), None) as watched:
        app = WatchApp(watched, "http://127.0.0.1:8080")
        async with app.run_test(size=_TERMINAL) as pilot:
            while watched.snapshot().verdict is None:
                await pilot.pause(0.1)
            app.draw()
            await pilot.pause()
            return _FONTS.sub("", app.export_screenshot(title="workerkit watch"))


if __name__ == "__main__":
    main()
