"""A page in a headless Chromium. It is driven through pipes, with the DevTools protocol and no library."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 120.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_COMMANDS_FD, _MESSAGES_FD = 3, 4  # the browser reads commands from 3 and writes messages to 4
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
)


class Page:
    """One page of a browser.

    requested: the URLs of all requests that the page sent.
    errors: what went wrong in the page: errors on its console, exceptions, refused or failed loads.
    """

    def __init__(self, commands: int, messages: int) -> None:
        self.requested: list[str] = []
        self.errors: list[str] = []
        self._commands, self._messages = commands, messages
        self._unread = b""
        self._number = 0
        self._session: str | None = None
        self._target: str | None = None

    def open(self, url: str, *, width: int, height: int = 900) -> None:
        """Opens a URL in a new page of this width, in CSS pixels, and closes the page before it.

        A narrow page is a phone.
        """
        self._session = None
        if self._target is not None:
            self.command("Target.closeTarget", targetId=self._target)
        self._target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=self._target, flatten=True)
        self.requested.clear()
        self.errors.clear()
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.command(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Waits until a JavaScript expression is true. Returns its value."""
        deadline = time.monotonic() + SECONDS
        while not (value := self.value(expression)):
            assert time.monotonic() < deadline, f"{expression} was never true; errors: {self.errors}"
        return value

    def screenshot(self, path: Path) -> None:
        """Writes a picture of the page, as PNG."""
        picture = self.command("Page.captureScreenshot", captureBeyondViewport=False)["data"]
        path.write_bytes(base64.b64decode(picture))

    def command(self, method: str, **parameters: Any) -> Any:
        """Sends a command of the DevTools protocol. Returns its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next_message()).get("id") != self._number:
            self._note_event(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _next_message(self) -> Any:
        while b"\0" not in self._unread:
            part = os.read(self._messages, 65536)
            assert part, "the browser has ended"
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def _note_event(self, event: Any) -> None:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])
        elif method == "Network.loadingFailed" and not parameters.get("canceled"):
            self.errors.append(parameters["errorText"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            self.errors.append(json.dumps(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(json.dumps(parameters["entry"]))


@contextmanager
def browser_page(profile: Path) -> Iterator[Page]:
    """Runs Chromium until the block ends. `profile`: an empty folder for its files."""
    assert CHROMIUM is not None
    commands_end, commands = os.pipe()
    messages, messages_end = os.pipe()
    script = f'exec {_COMMANDS_FD}<&"$1" {_MESSAGES_FD}>&"$2"; shift 2; exec "$@"'
    words = ["bash", "-c", script, "bash", str(commands_end), str(messages_end)]
    process = subprocess.Popen(
        [*words, CHROMIUM, *_OPTIONS, f"--user-data-dir={profile}"],
        pass_fds=(commands_end, messages_end),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands_end)
    os.close(messages_end)
    page = Page(commands, messages)
    try:
        yield page
    finally:
        os.close(commands)  # then the browser ends, with all its processes
        try:
            process.wait(SECONDS)
        finally:
            process.kill()
            os.close(messages)
