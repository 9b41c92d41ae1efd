"""The screen of `workerkit watch` in front of a real mock."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import requests
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from tests.cli.conftest import PATIENCE
from tests.cli.watch.conftest import MockProcess, Serve
from workerkit.cli.watch.control_client import ControlClient
from workerkit.cli.watch.watch_app import WatchApp
from workerkit.cli.watch.watched_world import WatchedWorld

Script = Callable[[WatchApp, Pilot[None]], Awaitable[None]]


def watch(mock: MockProcess, script: Script, size: tuple[int, int] = (60, 20)) -> None:
    """Runs the screen in front of a mock, and the script with it."""

    async def drive() -> None:
        client = ControlClient(mock.origin, None)
        with WatchedWorld(client, None) as watched:
            app = WatchApp(watched, client.address)
            async with app.run_test(size=size) as pilot:
                await until(pilot, lambda: "live" in text_of(app, "summary"))
                await script(app, pilot)

    asyncio.run(drive())


async def until(pilot: Pilot[None], condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, text_of(pilot.app, "summary")
        await pilot.pause(0.05)


def text_of(app: Any, name: str) -> str:
    return str(app.query_one(f"#{name}", Static).content)


def rows_of(app: WatchApp, name: str) -> list[list[str]]:
    table: DataTable[Any] = app.query_one(f"#{name}-table", DataTable)
    return [[str(cell) for cell in table.get_row_at(index)] for index in range(table.row_count)]


def send(mock: MockProcess, method: str, path: str, **others: Any) -> Any:
    url = f"{mock.addresses['base_url']}{path}"
    return requests.request(method, url, headers={"X-API-Key": mock.key}, timeout=PATIENCE, **others).json()


def test_requests_tasks_and_verdict_are_shown_live_in_a_narrow_terminal(serve: Serve) -> None:
    mock = serve("--scenario", "quiet-day")

    async def script(app: WatchApp, pilot: Pilot[None]) -> None:
        (task, *_) = await asyncio.to_thread(lambda: send(mock, "GET", "/tasks")["data"])
        await asyncio.to_thread(send, mock, "PUT", f"/tasks/{task['id']}", json={"status": "running"})
        await asyncio.to_thread(send, mock, "GET", "/tasks?limit=0")
        await until(pilot, lambda: len(rows_of(app, "request")) == 3)
        assert [row[1:3] for row in rows_of(app, "request")] == [
            *(["200", "listTasks"], ["200", "updateTask"], ["400", "listTasks"]),
        ]
        # The last request is chosen.
        await until(pilot, lambda: "Why: query/limit: 0 is less than" in text_of(app, "details"))
        await pilot.press("up")
        await until(pilot, lambda: 'Sent: {"status": "running"}'.replace('"', "'") in text_of(app, "details"))
        await pilot.press("2")
        await until(pilot, lambda: rows_of(app, "task")[0][:3] == ["running", task["id"], "pending, running"])
        await pilot.press("3")
        await until(pilot, lambda: "documented-requests" in text_of(app, "judgement"))
        assert "quiet-day: fail so far" in text_of(app, "summary")
        assert "1 running" in text_of(app, "summary")
        assert app.query_one("#judgement").region.right <= 60

    watch(mock, script)


@pytest.mark.long
def test_it_shows_what_was_before_and_follows_a_mock_that_starts_again(serve: Serve) -> None:
    mock = serve()
    send(mock, "GET", "/tasks")

    async def script(app: WatchApp, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: len(rows_of(app, "request")) == 1)
        await asyncio.to_thread(mock.stop)
        await until(pilot, lambda: "not connected, trying again: no mock answers" in text_of(app, "summary"))
        again = await asyncio.to_thread(serve, "--port", mock.origin.rpartition(":")[2])
        await until(pilot, lambda: "live" in text_of(app, "summary") and not rows_of(app, "request"))
        await asyncio.to_thread(send, again, "GET", "/tasks")
        await until(pilot, lambda: len(rows_of(app, "request")) == 1)
        await pilot.press("3")
        await until(pilot, lambda: "no scenario" in text_of(app, "judgement"))

    watch(mock, script)


def test_hostile_texts_do_not_act(serve: Serve) -> None:
    mock = serve()

    async def script(app: WatchApp, pilot: Pilot[None]) -> None:
        body = {"status": "[bold]\x1b[31m\u202e"}
        await asyncio.to_thread(send, mock, "PUT", "/tasks/11111111-1111-4111-8111-111111111111", json=body)
        await until(pilot, lambda: "Sent: " in text_of(app, "details"))
        shown = text_of(app, "details") + str(rows_of(app, "request"))
        assert "[bold]" in shown
        assert not {"\u202e", "\x1b"} & set(shown)

    watch(mock, script)


@pytest.mark.long
def test_it_works_in_a_real_terminal_of_60_columns_until_q(serve: Serve, script: str) -> None:
    fcntl, pty, termios = map(pytest.importorskip, ("fcntl", "pty", "termios"))
    mock = serve()
    send(mock, "GET", "/tasks?limit=0")
    process, terminal = pty.fork()
    if process == 0:
        os.execve(script, [script, "watch", mock.origin], {**os.environ, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 60, 0, 0))
    printed, is_done = b"", False
    with suppress(OSError):
        while part := os.read(terminal, 65536):
            printed += part
            if b"listTasks" in printed and b"live" in printed and not is_done:
                is_done = True
                os.write(terminal, b"q")
    os.close(terminal)
    assert is_done, printed
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
