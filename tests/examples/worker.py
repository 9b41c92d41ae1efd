r"""A careful worker for the LIKEPION Worker API. It needs only the Python standard library.

    LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
    LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 python worker.py

The worker does all tasks of its server that wait, and tasks that an earlier run left running. It reports
the result of each task to the API. It tries failed tasks again while they have retries left. Then it exits
with 0. At SIGTERM it first finishes the tasks that it has begun, unless the API fails.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

API_KEY = os.environ["LIKEPION_API_KEY"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]

TIMEOUT = 2.5  # seconds to wait for the next part of an answer
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds
GIVE_UP_AFTER = 60.0  # seconds
HEARTBEAT_EVERY = 5.0  # seconds
BATCH = 20  # tasks in one update; the API accepts up to 500
CHECKS = 3  # how often the list must be empty before the worker exits
MOST_LOGS = 500
ANSWER_KEYS = {"success", "data"}  # a good answer has one of these keys
STOPPING = threading.Event()  # is set at SIGTERM


class RefusedError(Exception):
    """The API refused the request, and will refuse it again."""


class TemporaryError(Exception):
    """There is no usable answer. Sending the request again may help. The API may have accepted it already."""


class SiteError(Exception):
    """The site refused the post."""


class Api:
    """Sends requests to the API, one at a time."""

    def __init__(self, base_url: str) -> None:
        url = urlsplit(base_url.rstrip("/"))
        secure = url.scheme == "https"
        self._base = url.path
        self._connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(url.netloc)
        self._not_before = 0.0

    def send(self, method: str, path: str, body: Json | None = None, *, timeout: float = TIMEOUT) -> Json:
        """Sends a request once and returns the JSON of the answer. Raises RefusedError and TemporaryError."""
        time.sleep(max(0.0, self._not_before - time.monotonic()))
        status, retry_after, text = self._send_bytes(method, path, body, timeout)
        self._not_before = time.monotonic() + seconds_to_wait(retry_after)
        if status in (401, 429) or status >= 500:
            raise TemporaryError(f"status {status}")
        if status != 200:
            raise RefusedError(f"status {status}")
        return parsed(text)

    def call(
        self, method: str, path: str, body: Json | None = None, *, is_done: Callable[[], bool] = lambda: False
    ) -> Json:
        """Sends a request, and repeats it after a temporary error. The pauses get longer each time.

        is_done: says whether the API has accepted the request, so that only the answer was lost. Then the
            request is not repeated.
        """
        give_up_at = time.monotonic() + GIVE_UP_AFTER
        attempt = 0
        while True:
            try:
                return self.send(method, path, body, timeout=TIMEOUT + attempt)
            except TemporaryError as error:
                if time.monotonic() > give_up_at or STOPPING.is_set():
                    sys.exit(f"gave up: {method} {path}: {error}")
            pause(attempt)
            attempt += 1
            if is_done():
                return {}

    def tasks(self, status: str) -> Iterator[Json]:
        """Yields the server's tasks with a status, each once, page by page.

        status: one status, or several with commas.

        If the API refuses a cursor, the task of the cursor belongs to another server now. Then the rest of
        the list is not read.
        """
        after, listed = "", set[str]()
        while True:
            try:
                page = self.call("GET", f"/tasks?status={status}&limit=100{after}")
            except RefusedError:
                if not after:
                    raise
                return
            new = [task for task in unique(page["data"]) if task["id"] not in listed]
            yield from new
            listed.update(task["id"] for task in new)
            cursor = page.get("next_cursor")
            if not cursor or not new:
                return
            after = f"&after={cursor}"

    def _send_bytes(
        self, method: str, path: str, body: Json | None, timeout: float
    ) -> tuple[int, str, bytes]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
        self._connection.timeout = timeout
        try:
            self._connection.request(method, self._base + path, data, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.headers.get("Retry-After", ""), answer.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise TemporaryError(repr(error)) from None


def seconds_to_wait(retry_after: str) -> float:
    """Returns the seconds that the header Retry-After asks for, as a number or as a date."""
    if retry_after.isdecimal():
        return int(retry_after)
    try:
        return parsedate_to_datetime(retry_after).timestamp() - time.time()
    except ValueError:
        return 0.0


def parsed(text: bytes) -> Json:
    """Returns the JSON object of an answer. Raises TemporaryError if the answer is not from the API."""
    try:
        answer = json.loads(text)
    except ValueError:
        raise TemporaryError("the answer is not JSON") from None
    if not isinstance(answer, dict) or not ANSWER_KEYS & answer.keys() or answer.get("success") is False:
        raise TemporaryError("the answer is not from the API")
    return answer


def unique(tasks: Iterable[Json]) -> Iterable[Json]:
    """Returns the tasks without duplicates."""
    return {task["id"]: task for task in tasks}.values()


def pause(attempt: int) -> None:
    """Waits 0.2 s, 0.4 s, 0.8 s and so on. A random part keeps many workers from asking at the same time."""
    longest = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
    STOPPING.wait(random.uniform(longest / 2, longest))


def do_at_site(task: Json) -> Json:
    """Put the real work here. Returns the links of the new post. Raises SiteError."""
    if is_meant_to_fail(task["config"]):
        raise SiteError("The site refused the post")
    site = f"https://{task['site_name']}"
    return {"link_profile": f"{site}/profile/{task['username']}", "link_post": f"{site}/post/{task['id']}"}


def is_meant_to_fail(config: Any) -> bool:
    """Whether a test wants the task to fail: with the config `{"simulate": "fail"}`."""
    try:
        settings = json.loads(config)
    except (TypeError, ValueError):
        return False
    return isinstance(settings, dict) and settings.get("simulate") == "fail"


def do_task(task: Json) -> Json:
    """Does a task at its site and returns the update with its result.

    The message of an unexpected error is not sent to the API: it may contain a password.
    """
    try:
        return {"status": "completed", **do_at_site(task)}
    except SiteError as error:
        return {"status": "failed", "error_message": str(error)}
    except Exception as error:
        return {"status": "failed", "error_message": f"The worker failed with {type(error).__name__}"}


class Worker:
    """Does the tasks of one server, a few at a time."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._dropped: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._results: dict[str, Json] = {}
        self._reported_at_retry: dict[str, int] = {}
        self._logs: list[Json] = []
        self._last_heartbeat = 0.0
        self._failed_posts = 0

    def run(self) -> None:
        """Works until no task waits any more, or until SIGTERM."""
        self._heartbeat(active_tasks=0)
        empty_checks = 0
        while empty_checks < CHECKS and not STOPPING.is_set():
            if empty_checks:
                pause(empty_checks - 1)
            tasks = self._next_tasks(include_reported=empty_checks == CHECKS - 1)
            self._do(tasks)
            if tasks or self._retry_failed():
                empty_checks = 0
            else:
                self._send_logs()
                empty_checks += 1
        self._send_logs()
        self._heartbeat(active_tasks=0)

    def _do(self, tasks: Iterable[Json]) -> None:
        started = self._start(tasks)
        with ThreadPoolExecutor() as pool:
            results = list(pool.map(self._result_of, started))
        for task, result in zip(started, results, strict=True):
            self._report(task, result)
            if time.monotonic() - self._last_heartbeat > HEARTBEAT_EVERY:
                self._heartbeat(active_tasks=len(started))
        if len(self._logs) > MOST_LOGS - BATCH:
            self._send_logs()

    # Finding tasks

    def _next_tasks(self, *, include_reported: bool) -> list[Json]:
        """Returns a few tasks that wait, or that an earlier run left running.

        The list gets shorter while we work. So we always read it from the beginning. The list may also be a
        little old: a task that we have reported already is left out, unless `include_reported` is set.
        """
        waiting = self._api.tasks("pending,queued,running")
        ours = (task for task in waiting if task["id"] not in self._dropped and self._may_try(task))
        return list(islice((task for task in ours if include_reported or self._is_new(task)), BATCH))

    def _is_new(self, task: Json) -> bool:
        return bool(task["retry_count"] > self._reported_at_retry.get(task["id"], -1))

    def _may_try(self, task: Json) -> bool:
        """Allows the first attempt and `max_retries` more, by the count of the API and by our own count."""
        return bool(max(task["retry_count"], self._attempts[task["id"]]) <= task["max_retries"])

    def _retry_failed(self) -> bool:
        """Sets tasks that failed in this run back to pending if they have retries left. False if none has."""
        failed = {task_id for task_id, result in self._results.items() if result["status"] == "failed"}
        if not failed - self._dropped:
            return False
        found = [task for task in self._api.tasks("failed") if task["id"] in failed]
        retried = [task for task in found if self._has_retries(task)]
        for task in retried:
            self._update(task, {"status": "pending"})
            self._reported_at_retry.pop(task["id"], None)
            del self._results[task["id"]]
        return bool(retried)

    def _has_retries(self, task: Json) -> bool:
        return task["retry_count"] < task["max_retries"] and self._may_try(task)

    # Reporting tasks

    def _start(self, tasks: Iterable[Json]) -> list[Json]:
        """Sets tasks to queued and then to running. Returns the tasks that the API did not refuse."""
        tasks = list(tasks)
        self._set_status([task for task in tasks if task["status"] == "pending"], "queued")
        self._set_status([task for task in tasks if task["status"] != "running"], "running")
        return [task for task in tasks if task["id"] not in self._dropped]

    def _set_status(self, tasks: Iterable[Json], status: str) -> None:
        ours = [task for task in tasks if task["id"] not in self._dropped]
        if not ours:
            return
        items = [{"link_id": task["id"], "status": status} for task in ours]
        try:
            answer = self._api.call("PUT", "/tasks/bulk", {"items": items})
        except RefusedError:
            for task in ours:
                self._update(task, {"status": status})
            return
        for result in answer.get("results", []):
            if not result["success"]:
                self._drop(result["link_id"], result["error"])

    def _result_of(self, task: Json) -> Json:
        """Returns the result of a task. A task that is done, but not reported yet, is not done again."""
        known = self._results.get(task["id"])
        if known is not None and (task["status"] == "running" or task["id"] not in self._reported_at_retry):
            return known
        self._attempts[task["id"]] += 1
        self._results[task["id"]] = result = do_task(task)
        return result

    def _report(self, task: Json, result: Json) -> None:
        """Reports the result of a task once. Skips a task that was canceled or given to another server."""
        if not self._is_running(task):
            self._log("WARN", f"Task is not ours any more: {task['id']}")
            return
        if self._update(task, result, is_done=lambda: not self._is_running(task)):
            self._reported_at_retry[task["id"]] = task["retry_count"]
            self._log("INFO", f"Task {result['status']}: {task['id']}")

    def _is_running(self, task: Json) -> bool:
        return any(running["id"] == task["id"] for running in self._api.tasks("running"))

    def _update(self, task: Json, change: Json, *, is_done: Callable[[], bool] = lambda: False) -> bool:
        try:
            self._api.call("PUT", f"/tasks/{task['id']}", change, is_done=is_done)
        except RefusedError as error:
            self._drop(task["id"], str(error))
            return False
        return True

    def _drop(self, task_id: str, why: str) -> None:
        """Leaves a refused task alone from now on.

        The task belongs to another server (403), does not exist (404), or cannot get this status now.
        """
        self._dropped.add(task_id)
        self._log("WARN", f"Task dropped: {task_id}: {why}")

    # Heartbeats and logs: the work goes on if they fail

    def _heartbeat(self, active_tasks: int) -> None:
        """Sends a heartbeat. Put the values of your machine here."""
        self._last_heartbeat = time.monotonic()
        usage = {"cpu_usage": 0.0, "ram_usage": 0.0, "disk_usage": 0.0}
        counts = {"active_threads": 1, "active_tasks": active_tasks}
        self._post("/health", {"server_name": SERVER_NAME, "ip": "127.0.0.1", **usage, **counts})

    def _log(self, level: str, message: str) -> None:
        self._logs.append({"level": level, "message": message})

    def _send_logs(self) -> None:
        self._logs = self._logs[-MOST_LOGS:]
        if self._logs and self._post("/logs", {"logs": self._logs}):
            self._logs = []

    def _post(self, path: str, body: Json) -> bool:
        """Sends a request once. Returns False after a temporary error, so that it can be sent again later."""
        try:
            self._api.send("POST", path, body)
        except RefusedError as error:
            print(f"{path}: {error}", file=sys.stderr)
        except TemporaryError as error:
            print(f"{path}: {error}", file=sys.stderr)
            self._failed_posts += 1
            pause(self._failed_posts)
            return False
        self._failed_posts = 0
        return True


if __name__ == "__main__":
    # The handler runs in this thread, which may hold the lock of the event. So another thread sets the event.
    signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=STOPPING.set).start())
    Worker(Api(os.environ["LIKEPION_BASE_URL"])).run()
