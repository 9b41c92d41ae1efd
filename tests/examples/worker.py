r"""A careful worker for the LIKEPION Worker API, with nothing but the Python standard library.

    LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
    LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 python worker.py

It does all tasks that wait for its server, and those that an earlier run left running; tells the API how each
one ended; tries again what failed, while the task has retries left; and exits with 0.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

API_KEY = os.environ["LIKEPION_API_KEY"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]

PATIENCE = 2.5  # seconds that an answer may be silent
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
GIVE_UP_AFTER = 60.0
HEARTBEAT_EVERY = 5.0
BATCH = 20  # tasks at a time; the API takes 500 at most
LOOKS = 3  # how often it looks before it believes that nothing waits
MOST_LOGS = 500
ANSWERED = {"success", "data"}  # a good answer has the one or the other


class Refused(Exception):
    """The API will not do this, now or later: asking again would not help."""


class Trouble(Exception):
    """No answer, or none to rely on. Asking again may help; what was asked may have been done even so."""


class SiteError(Exception):
    """The site did not take the post."""


class Api:
    """The API, asked one request at a time."""

    def __init__(self, base_url: str) -> None:
        url = urlsplit(base_url.rstrip("/"))
        secure = url.scheme == "https"
        self._base = url.path
        self._line = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(url.netloc)
        self._not_before = 0.0

    def send(self, method: str, path: str, body: Json | None = None, *, patience: float = PATIENCE) -> Json:
        """One request, without a second attempt. Returns the answer's JSON."""
        time.sleep(max(0.0, self._not_before - time.monotonic()))
        status, retry_after, text = self._exchange(method, path, body, patience)
        if retry_after.isdecimal():
            self._not_before = time.monotonic() + int(retry_after)
        if status in (401, 429) or status >= 500:
            raise Trouble(f"status {status}")
        if status != 200:
            raise Refused(f"status {status}")
        return parsed(text)

    def call(
        self, method: str, path: str, body: Json | None = None, *, is_done: Callable[[], bool] = lambda: False
    ) -> Json:
        """A request that is repeated, with longer and longer pauses, while there is trouble.

        Before it is repeated `is_done` says whether it was done after all, and only its answer was lost.
        """
        give_up_at = time.monotonic() + GIVE_UP_AFTER
        attempt = 0
        while True:
            try:
                return self.send(method, path, body, patience=PATIENCE + attempt)
            except Trouble as trouble:
                if time.monotonic() > give_up_at:
                    sys.exit(f"gave up: {method} {path}: {trouble}")
            pause(attempt)
            attempt += 1
            if is_done():
                return {}

    def tasks(self, status: str) -> Iterator[Json]:
        """The server's tasks with a status, each once, page by page; `status` may be several, with commas.

        Without the rest where a cursor is refused: its task belongs to another server now.
        """
        after, listed = "", set[str]()
        while True:
            try:
                page = self.call("GET", f"/tasks?status={status}&limit=100{after}")
            except Refused:
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

    def _exchange(self, method: str, path: str, body: Json | None, patience: float) -> tuple[int, str, bytes]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
        self._line.timeout = patience
        try:
            self._line.request(method, self._base + path, data, headers)
            answer = self._line.getresponse()
            return answer.status, answer.headers.get("Retry-After", ""), answer.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._line.close()
            raise Trouble(repr(error)) from None


def parsed(text: bytes) -> Json:
    """The object that the body of a good answer holds; raises Trouble where it holds none."""
    try:
        answer = json.loads(text)
    except ValueError:
        raise Trouble("an answer that is no JSON") from None
    if not isinstance(answer, dict) or not ANSWERED & answer.keys() or answer.get("success") is False:
        raise Trouble("an answer that is none of the API's")
    return answer


def unique(tasks: Iterable[Json]) -> Iterable[Json]:
    """The tasks without a second one of the same id."""
    return {task["id"]: task for task in tasks}.values()


def pause(attempt: int) -> None:
    """Waits 0.2 s, 0.4 s, 0.8 s and so on; the chance in it keeps many workers from coming all at once."""
    longest = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
    time.sleep(random.uniform(longest / 2, longest))


def do_at_site(task: Json) -> Json:
    """The work itself, which is only pretended here. Returns the links made; raises SiteError."""
    if is_meant_to_fail(task["config"]):
        raise SiteError("The site refused the post")
    site = f"https://{task['site_name']}"
    return {"link_profile": f"{site}/profile/{task['username']}", "link_post": f"{site}/post/{task['id']}"}


def is_meant_to_fail(config: Any) -> bool:
    """Whether a test asks for a failure at the site, with the config `{"simulate": "fail"}`."""
    try:
        settings = json.loads(config)
    except (TypeError, ValueError):
        return False
    return isinstance(settings, dict) and settings.get("simulate") == "fail"


def end_of(task: Json) -> Json:
    """Does a task at its site and returns the update that tells how it ended.

    What an unforeseen error says may hold a password that was sent to the site: it goes no further than here.
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
        self._left_alone: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._ends: dict[str, Json] = {}
        self._ended_at: dict[str, int] = {}
        self._logs: list[Json] = []
        self._last_heartbeat = 0.0
        self._untold = 0

    def run(self) -> None:
        """Works until nothing waits any more."""
        self._heartbeat(active_tasks=0)
        quiet = 0
        while quiet < LOOKS:
            tasks = self._next_tasks(insisting=quiet == LOOKS - 1)
            self._do(tasks)
            if tasks or self._retry_failed():
                quiet = 0
            else:
                self._send_logs()
                pause(quiet)
                quiet += 1
        self._heartbeat(active_tasks=0)

    def _do(self, tasks: Iterable[Json]) -> None:
        started = self._start(tasks)
        with ThreadPoolExecutor() as pool:
            ends = list(pool.map(self._end_of, started))
        for task, end in zip(started, ends, strict=True):
            self._report(task, end)
            if time.monotonic() - self._last_heartbeat > HEARTBEAT_EVERY:
                self._heartbeat(active_tasks=len(started))
        if len(self._logs) > MOST_LOGS - BATCH:
            self._send_logs()

    # Which tasks

    def _next_tasks(self, *, insisting: bool) -> list[Json]:
        """Some tasks that wait, or that an earlier run left running.

        The list shrinks while we work, because what is done waits no longer: so each time it is read from its
        beginning. It may also be a little old: a task that we have ended as it is there is done again only if
        the list insists.
        """
        waiting = self._api.tasks("pending,queued,running")
        ours = (task for task in waiting if task["id"] not in self._left_alone and self._may_try(task))
        return list(islice((task for task in ours if insisting or self._is_news(task)), BATCH))

    def _is_news(self, task: Json) -> bool:
        return bool(task["retry_count"] > self._ended_at.get(task["id"], -1))

    def _may_try(self, task: Json) -> bool:
        """The first attempt and `max_retries` more, whoever counts them."""
        return bool(max(task["retry_count"], self._attempts[task["id"]]) <= task["max_retries"])

    def _retry_failed(self) -> bool:
        """Takes what failed in this run back to pending where it has retries left; whether there was any."""
        failed = {task_id for task_id, end in self._ends.items() if end["status"] == "failed"}
        if not failed - self._left_alone:
            return False
        found = [task for task in self._api.tasks("failed") if task["id"] in failed]
        back = [task for task in found if self._has_retries(task)]
        for task in back:
            self._update(task, {"status": "pending"})
            self._ended_at.pop(task["id"], None)
            del self._ends[task["id"]]
        return bool(back)

    def _has_retries(self, task: Json) -> bool:
        return task["retry_count"] < task["max_retries"] and self._may_try(task)

    # What the API is told of them

    def _start(self, tasks: Iterable[Json]) -> list[Json]:
        """Takes tasks along the flow: pending, queued, running. Returns those that are ours to do."""
        tasks = list(tasks)
        self._set_status([task for task in tasks if task["status"] == "pending"], "queued")
        self._set_status([task for task in tasks if task["status"] != "running"], "running")
        return [task for task in tasks if task["id"] not in self._left_alone]

    def _set_status(self, tasks: Iterable[Json], status: str) -> None:
        ours = [task for task in tasks if task["id"] not in self._left_alone]
        if not ours:
            return
        items = [{"link_id": task["id"], "status": status} for task in ours]
        try:
            answer = self._api.call("PUT", "/tasks/bulk", {"items": items})
        except Refused:
            for task in ours:
                self._update(task, {"status": status})
            return
        for result in answer.get("results", []):
            if not result["success"]:
                self._leave_alone(result["link_id"], result["error"])

    def _end_of(self, task: Json) -> Json:
        """How a task ended. What was done at the site and is not taken down yet is not done there again."""
        known = self._ends.get(task["id"])
        if known is not None and (task["status"] == "running" or task["id"] not in self._ended_at):
            return known
        self._attempts[task["id"]] += 1
        self._ends[task["id"]] = end = end_of(task)
        return end

    def _report(self, task: Json, end: Json) -> None:
        """Tells how a task ended, once, unless it was canceled or given to another server meanwhile."""
        if not self._is_running(task):
            self._log("WARN", f"Task not ours to end any more: {task['id']}")
            return
        if self._update(task, end, is_done=lambda: not self._is_running(task)):
            self._ended_at[task["id"]] = task["retry_count"]
            self._log("INFO", f"Task {end['status']}: {task['id']}")

    def _is_running(self, task: Json) -> bool:
        return any(each["id"] == task["id"] for each in self._api.tasks("running"))

    def _update(self, task: Json, change: Json, *, is_done: Callable[[], bool] = lambda: False) -> bool:
        try:
            self._api.call("PUT", f"/tasks/{task['id']}", change, is_done=is_done)
        except Refused as refused:
            self._leave_alone(task["id"], str(refused))
            return False
        return True

    def _leave_alone(self, task_id: str, why: str) -> None:
        """Not ours any more (403), gone (404), or against the flow: the others go on."""
        self._left_alone.add(task_id)
        self._log("WARN", f"Task left alone: {task_id}: {why}")

    # What the API is told of the worker: useful, but nothing to stop the work for

    def _heartbeat(self, active_tasks: int) -> None:
        """Says that this server works; put in what your machine measures."""
        self._last_heartbeat = time.monotonic()
        usage = {"cpu_usage": 0.0, "ram_usage": 0.0, "disk_usage": 0.0}
        counts = {"active_threads": 1, "active_tasks": active_tasks}
        self._tell("/health", {"server_name": SERVER_NAME, "ip": "127.0.0.1", **usage, **counts})

    def _log(self, level: str, message: str) -> None:
        self._logs.append({"level": level, "message": message})

    def _send_logs(self) -> None:
        self._logs = self._logs[-MOST_LOGS:]
        if self._logs and self._tell("/logs", {"logs": self._logs}):
            self._logs = []

    def _tell(self, path: str, body: Json) -> bool:
        """One attempt; whether the API has dealt with it."""
        try:
            self._api.send("POST", path, body)
        except Refused as refused:
            print(f"{path}: {refused}", file=sys.stderr)
        except Trouble as trouble:
            print(f"{path}: {trouble}", file=sys.stderr)
            self._untold += 1
            pause(self._untold)
            return False
        self._untold = 0
        return True


if __name__ == "__main__":
    Worker(Api(os.environ["LIKEPION_BASE_URL"])).run()
