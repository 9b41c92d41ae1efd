"""A worker with requests and the class Retry of urllib3. A timer starts it again and again.

It does the tasks one after another, reports each with `PUT /tasks/:id`, and exits when no task waits.
urllib3 repeats requests that fail with a 5xx or a 429. It does not know of keys that are refused for a
while, and of answers that end too early. The function `_send_until_answered` repeats these requests.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

Json = dict[str, Any]

BASE_URL = os.environ["LIKEPION_BASE_URL"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]
TIMEOUT = (3.05, 5)  # seconds to connect, and to wait for the next part of an answer
HEARTBEAT_EVERY = 5.0  # seconds
GIVE_UP_AFTER = 120.0  # seconds
LOGGER = logging.getLogger("worker")


class RefusedError(Exception):
    """The API refused a request for a reason that stays."""


def new_session() -> requests.Session:
    """Returns a session that repeats failed requests. A POST is repeated only if it did not arrive."""
    retry = Retry(
        total=6, backoff_factor=0.2, status_forcelist=[429, 500, 502, 503, 504], raise_on_status=False
    )
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=retry))
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.headers["X-API-Key"] = os.environ["LIKEPION_API_KEY"]
    return session


class Worker:
    """Does the tasks of one server, one after another."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self._ended: set[tuple[str, int]] = set()
        self._refused: set[str] = set()
        self._logs: list[Json] = []
        self._next_heartbeat = 0.0
        self.stopping = threading.Event()

    def run(self) -> None:
        """Finishes what an earlier run left, and does all waiting tasks."""
        self._heartbeat(active_tasks=0)
        for task in self._list("running"):
            self._do(task)
        while not self.stopping.is_set() and (tasks := self._waiting_tasks()):
            for task in tasks:
                if self.stopping.is_set():
                    break
                self._do(task)
            self._send_logs()
        self._send_logs()
        self._heartbeat(active_tasks=0)

    def _waiting_tasks(self) -> list[Json]:
        """Returns the first waiting tasks. A list may be old, so an empty one is read again after a while."""
        for seconds in (0.0, 0.5, 1.0):
            self.stopping.wait(seconds)
            tasks = [task for task in self._list("pending,queued") if self._is_open(task)]
            if tasks:
                break
        return tasks[:20]

    def _is_open(self, task: Json) -> bool:
        return (task["id"], task["retry_count"]) not in self._ended and task["id"] not in self._refused

    def _list(self, status: str) -> list[Json]:
        tasks: dict[str, Json] = {}
        params = {"status": status, "limit": "100"}
        while True:
            page = self._send_until_answered("GET", "/tasks", params=params)
            tasks.update((task["id"], task) for task in page["data"])
            if not page["data"] or not page.get("next_cursor"):
                return list(tasks.values())
            params["after"] = page["next_cursor"]

    def _do(self, task: Json) -> None:
        try:
            if task["status"] == "pending":
                self._update(task, status="queued")
            if task["status"] != "running":
                self._update(task, status="running")
            result = do_at_site(task)
            self._update(task, **result)
        except RefusedError as error:
            self._refused.add(task["id"])
            self._log("WARN", f"Task {task['id']} was refused: {error}")
            return
        self._ended.add((task["id"], task["retry_count"]))
        self._log("INFO", f"Task {task['id']} is {result['status']}")
        if time.monotonic() > self._next_heartbeat:
            self._heartbeat(active_tasks=1)

    def _update(self, task: Json, **fields: str) -> None:
        self._send_until_answered("PUT", f"/tasks/{task['id']}", json=fields)

    def _heartbeat(self, active_tasks: int) -> None:
        self._next_heartbeat = time.monotonic() + HEARTBEAT_EVERY
        usage = {"cpu_usage": 12.5, "ram_usage": 40.0, "disk_usage": 71.2, "active_threads": 1}
        self._post(
            "/health", {"server_name": SERVER_NAME, "ip": "10.0.0.7", **usage, "active_tasks": active_tasks}
        )

    def _log(self, level: str, message: str) -> None:
        self._logs.append({"level": level, "message": message})

    def _send_logs(self) -> None:
        batch, self._logs = self._logs[:500], self._logs[500:]
        if batch:
            self._post("/logs", {"logs": batch})

    def _post(self, path: str, body: Json) -> None:
        """Sends something that the work does not depend on."""
        try:
            self._session.post(BASE_URL + path, json=body, timeout=TIMEOUT).raise_for_status()
        except requests.RequestException as error:
            LOGGER.warning("%s: %s", path, error)

    def _send_until_answered(self, method: str, path: str, **fields: Any) -> Json:
        """Returns the answer. After a failure that can pass, it waits longer each time and asks again."""
        give_up_at = time.monotonic() + GIVE_UP_AFTER
        pause = 0.5
        while True:
            try:
                return self._send(method, path, **fields)
            except requests.RequestException as error:
                if time.monotonic() > give_up_at:
                    raise
                LOGGER.warning("%s %s: %s", method, path, error)
            time.sleep(pause)
            pause = min(pause * 2, 10)

    def _send(self, method: str, path: str, **fields: Any) -> Json:
        answer = self._session.request(method, BASE_URL + path, timeout=TIMEOUT, **fields)
        if answer.status_code in (400, 403, 404, 409, 415, 422):
            raise RefusedError(f"HTTP {answer.status_code}")
        answer.raise_for_status()
        content = answer.json()
        if not isinstance(content, dict):
            raise requests.RequestException("the answer is no JSON object")
        return content


def do_at_site(task: Json) -> dict[str, str]:
    """Stands for the post at the site. Returns the fields of the result."""
    try:
        settings = json.loads(task["config"] or "{}")
    except ValueError:
        settings = {}
    if isinstance(settings, dict) and settings.get("simulate") == "fail":
        return {"status": "failed", "error_message": "The site did not accept the post"}
    return {"status": "completed", "link_post": f"https://{task['site_name']}/posts/{task['id']}"}


def main() -> int:
    """Runs once. Returns the exit code."""
    logging.basicConfig(level=logging.WARNING)
    worker = Worker(new_session())

    def stop(number: int, frame: FrameType | None) -> None:
        worker.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    try:
        worker.run()
    except requests.RequestException as error:
        LOGGER.error("The API does not answer: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
