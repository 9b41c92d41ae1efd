r"""A careful worker for the LIKEPION Worker API. It does many tasks at a time, with asyncio and httpx.

    pip install httpx
    LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
    LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 python worker_httpx.py

The worker reads the whole list, does the waiting tasks in batches, and reads the list again. When no task
waits any more, it exits with 0. It reports statuses and results in bulk updates. At SIGTERM it first
finishes the tasks that it has begun, unless the API fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

Json = dict[str, Any]

BASE_URL = os.environ["LIKEPION_BASE_URL"].rstrip("/")
API_KEY = os.environ["LIKEPION_API_KEY"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]

AT_ONCE = 20  # how many tasks are done at the same time
BATCH = 100  # tasks in one update; the API accepts up to 500
TIMEOUT = 2.5  # seconds to wait for the next part of an answer
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds
GIVE_UP_AFTER = 60.0  # seconds
HEARTBEAT_EVERY = 5.0  # seconds
CHECKS = 3  # how often the list must be empty before the worker exits
TRIES = 3  # for heartbeats and logs
MOST_LOGS = 500


STOPPING = asyncio.Event()  # is set at SIGTERM


class RefusedError(Exception):
    """The API refused the request, and will refuse it again."""


class TemporaryError(Exception):
    """There is no usable answer. Sending the request again may help. The API may have accepted it already."""


def seconds_to_wait(retry_after: str) -> float:
    """Returns the seconds that the header Retry-After asks for, as a number or as a date."""
    if retry_after.isdecimal():
        return int(retry_after)
    try:
        return parsedate_to_datetime(retry_after).timestamp() - time.time()
    except ValueError:
        return 0.0


class Api:
    """Sends requests to the API. It waits as long as the API asks for with Retry-After."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._not_before = 0.0

    async def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """Sends a request once and returns the JSON of the answer. Raises RefusedError and TemporaryError."""
        await asyncio.sleep(self._not_before - time.monotonic())
        try:
            answer = await self._client.request(method, BASE_URL + path, json=body)
        except httpx.HTTPError as error:
            raise TemporaryError(repr(error)) from None
        return self._json_of(answer)

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Sends a request, and repeats it after a temporary error. The pauses get longer each time."""
        async for _ in attempts():
            with contextlib.suppress(TemporaryError):
                return await self.send(method, path, body)
        raise AssertionError("attempts() never ends")

    async def tasks(self, status: str) -> list[Json]:
        """Returns all tasks with a status, each once.

        status: one status, or several with commas.

        If the API refuses a cursor, the task of the cursor belongs to another server now. Then the rest of
        the list is not read.
        """
        tasks: dict[str, Json] = {}
        cursor: str | None = ""
        while cursor is not None:
            after = f"&after={cursor}" if cursor else ""
            try:
                page = await self.call("GET", f"/tasks?status={status}&limit=500{after}")
            except RefusedError:
                if not cursor:
                    raise
                break
            new = {task["id"]: task for task in page["data"] if task["id"] not in tasks}
            tasks |= new
            cursor = page.get("next_cursor") if new else None
        return list(tasks.values())

    def _json_of(self, answer: httpx.Response) -> Json:
        if (seconds := seconds_to_wait(answer.headers.get("Retry-After", ""))) > 0:
            self._not_before = time.monotonic() + seconds
        if answer.status_code in (401, 429) or answer.status_code >= 500:
            raise TemporaryError(f"status {answer.status_code}")
        if answer.status_code != 200:
            raise RefusedError(f"status {answer.status_code}")
        try:
            return dict(answer.json())
        except (TypeError, ValueError):
            raise TemporaryError("the answer is not a JSON object") from None


async def attempts() -> AsyncIterator[int]:
    """Counts attempts. Pauses 0.2 s, 0.4 s, 0.8 s and so on between them, and gives up after a minute."""
    give_up_at = time.monotonic() + GIVE_UP_AFTER
    for attempt in itertools.count():
        await pause_before(attempt)
        yield attempt
        if time.monotonic() > give_up_at or STOPPING.is_set():
            raise SystemExit("gave up: the API has failed for too long, or at the end")


async def pause_before(attempt: int) -> None:
    """Does not pause before attempt 0, and pauses longer before each later one.

    A random part keeps many workers from asking at the same time.
    """
    longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(STOPPING.wait(), random.uniform(longest / 2, longest) if attempt else 0)


async def do_at_site(task: Json) -> Json:
    """Put the real work here. Returns the update with the result of the task."""
    if is_meant_to_fail(task["config"]):
        return {"status": "failed", "error_message": "The site refused the post"}
    site = f"https://{task['site_name']}"
    links = {"link_profile": f"{site}/profile/{task['username']}", "link_post": f"{site}/post/{task['id']}"}
    return {"status": "completed", **links}


def is_meant_to_fail(config: Any) -> bool:
    """Whether a test wants the task to fail: with the config `{"simulate": "fail"}`."""
    try:
        settings = json.loads(config)
    except (TypeError, ValueError):
        return False
    return isinstance(settings, dict) and settings.get("simulate") == "fail"


class Worker:
    """Does the tasks of one server, many at the same time."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._sites = asyncio.Semaphore(AT_ONCE)
        self._dropped: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._results: dict[str, Json] = {}
        self._reported_at_retry: dict[str, int] = {}
        self._logs: list[Json] = []
        self._active_tasks = 0

    async def run(self) -> None:
        """Works until no task waits any more, or until SIGTERM. Sends heartbeats meanwhile."""
        heartbeats = asyncio.create_task(self._send_heartbeats())
        empty_checks = 0
        while empty_checks < CHECKS and not STOPPING.is_set():
            await pause_before(empty_checks)
            tasks = await self._waiting_tasks(include_reported=empty_checks == CHECKS - 1)
            for begin in range(0, len(tasks), BATCH):
                if not STOPPING.is_set():
                    await self._do(tasks[begin : begin + BATCH])
            await self._send_logs()
            empty_checks = 0 if tasks or await self._retry_failed() else empty_checks + 1
        heartbeats.cancel()
        await self._post("/health", self._health())

    async def _do(self, tasks: list[Json]) -> None:
        """Sets tasks to queued and then to running, does them, and reports the results."""
        pending = [task for task in tasks if task["status"] == "pending"]
        await self._update({task["id"]: {"status": "queued"} for task in pending})
        not_running = [task for task in self._ours(tasks) if task["status"] != "running"]
        await self._update({task["id"]: {"status": "running"} for task in not_running})
        ours = self._ours(tasks)
        self._active_tasks = len(ours)
        results = await asyncio.gather(*(self._result_of(task) for task in ours))
        ids = [task["id"] for task in ours]
        reported = await self._report(dict(zip(ids, results, strict=True)))
        self._reported_at_retry |= {
            task["id"]: task["retry_count"] for task in ours if task["id"] in reported
        }
        self._active_tasks = 0

    def _ours(self, tasks: list[Json]) -> list[Json]:
        return [task for task in tasks if task["id"] not in self._dropped]

    async def _result_of(self, task: Json) -> Json:
        """Returns the result of a task. A task that is done, but not reported yet, is not done again."""
        known = self._results.get(task["id"])
        if known is not None and (task["status"] == "running" or task["id"] not in self._reported_at_retry):
            return known
        self._attempts[task["id"]] += 1
        async with self._sites:
            self._results[task["id"]] = result = await do_at_site(task)
        return result

    # Reporting tasks

    async def _update(self, changes: dict[str, Json]) -> None:
        """Changes tasks. Repeats this after a temporary error, and drops tasks that the API refuses."""
        async for _ in attempts():
            with contextlib.suppress(TemporaryError):
                return await self._try_to_update(changes)

    async def _report(self, results: dict[str, Json]) -> set[str]:
        """Reports the results of tasks, each once. Returns the ids of the tasks whose result the API has.

        A task that is not running before the first attempt was canceled or given to another server. A task
        that is not running after a failed attempt has its result already: only the answer was lost.
        """
        reported = set[str]()
        async for attempt in attempts():
            running = {task["id"] for task in await self._api.tasks("running")}
            ended = results.keys() - running
            self._log("WARN" if attempt == 0 else "INFO", "Not running any more", ended)
            reported |= ended if attempt else set()
            results = {task_id: result for task_id, result in results.items() if task_id in running}
            with contextlib.suppress(TemporaryError):
                await self._try_to_update(results)
                break
        return reported | results.keys() - self._dropped

    async def _try_to_update(self, changes: dict[str, Json]) -> None:
        if not changes:
            return
        items = [{"link_id": task_id, **change} for task_id, change in changes.items()]
        try:
            answer = await self._api.send("PUT", "/tasks/bulk", {"items": items})
        except RefusedError:
            await self._update_one_by_one(changes)
            return
        refused = {result["link_id"] for result in answer["results"] if not result["success"]}
        self._dropped |= refused
        self._log("WARN", "Dropped", refused)
        for status in {change["status"] for change in changes.values()}:
            changed = {task_id for task_id, change in changes.items() if change["status"] == status}
            self._log("INFO", f"Now {status}", changed - refused)

    async def _update_one_by_one(self, changes: dict[str, Json]) -> None:
        for task_id, change in changes.items():
            try:
                await self._api.call("PUT", f"/tasks/{task_id}", change)
            except RefusedError:
                self._dropped.add(task_id)
                self._log("WARN", "Dropped", {task_id})

    # Finding tasks

    async def _waiting_tasks(self, *, include_reported: bool) -> list[Json]:
        """Returns the tasks that wait, and tasks that an earlier run left running.

        The list may be a little old: a task that we have reported already is left out, unless
        `include_reported` is set.
        """
        listed = [task for task in await self._api.tasks("pending,queued,running") if self._may_try(task)]
        new = [task for task in listed if task["retry_count"] > self._reported_at_retry.get(task["id"], -1)]
        return listed if include_reported else new

    def _may_try(self, task: Json) -> bool:
        """Allows the first attempt and `max_retries` more, by the count of the API and by our own count."""
        attempts = max(task["retry_count"], self._attempts[task["id"]])
        return task["id"] not in self._dropped and bool(attempts <= task["max_retries"])

    async def _retry_failed(self) -> bool:
        """Sets tasks that failed in this run back to pending if they have retries left. False if none has."""
        if not any(result["status"] == "failed" for result in self._results.values()):
            return False
        failed = [task for task in await self._api.tasks("failed") if task["id"] in self._results]
        retried = [
            task for task in failed if task["retry_count"] < task["max_retries"] and self._may_try(task)
        ]
        await self._update({task["id"]: {"status": "pending"} for task in retried})
        for task in retried:
            self._reported_at_retry.pop(task["id"], None)
            del self._results[task["id"]]
        return bool(retried)

    # Heartbeats and logs: the work goes on if they fail

    async def _send_heartbeats(self) -> None:
        while True:
            await self._post("/health", self._health())
            await asyncio.sleep(HEARTBEAT_EVERY)

    def _health(self) -> Json:
        """Returns the body of a heartbeat. Put the values of your machine here."""
        usage = {"cpu_usage": 0.0, "ram_usage": 0.0, "disk_usage": 0.0}
        counts = {"active_threads": 1, "active_tasks": self._active_tasks}
        return {"server_name": SERVER_NAME, "ip": "127.0.0.1", **usage, **counts}

    def _log(self, level: str, message: str, task_ids: Iterable[str]) -> None:
        if listed := ", ".join(task_ids):
            self._logs.append({"level": level, "message": f"{message}: {listed}"})

    async def _send_logs(self) -> None:
        while self._logs:
            batch, self._logs = self._logs[:MOST_LOGS], self._logs[MOST_LOGS:]
            await self._post("/logs", {"logs": batch})

    async def _post(self, path: str, body: Json) -> None:
        for attempt in range(TRIES):
            try:
                await self._api.send("POST", path, body)
                return
            except RefusedError:
                return
            except TemporaryError:
                await pause_before(attempt + 1)


async def main() -> None:
    """Does all waiting tasks."""
    client = httpx.AsyncClient(headers={"X-API-Key": API_KEY}, timeout=TIMEOUT)
    async with client:
        with contextlib.suppress(NotImplementedError):  # Windows has no SIGTERM
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, STOPPING.set)
        await Worker(Api(client)).run()


if __name__ == "__main__":
    asyncio.run(main())
