r"""A careful worker for the LIKEPION Worker API that does many tasks at a time, with asyncio and httpx.

    pip install httpx
    LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
    LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 python worker_httpx.py

It reads the whole list, does what waits batch by batch, and reads the list again; once nothing waits any more
it exits with 0. Statuses and results go to the API in bulk.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx

Json = dict[str, Any]

BASE_URL = os.environ["LIKEPION_BASE_URL"].rstrip("/")
API_KEY = os.environ["LIKEPION_API_KEY"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]

AT_ONCE = 20  # tasks at their sites at the same time
BATCH = 100  # tasks in one update; the API takes 500 at most
PATIENCE = 2.5  # seconds that an answer may be silent
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
GIVE_UP_AFTER = 60.0
HEARTBEAT_EVERY = 5.0
LOOKS = TRIES = 3  # how often it looks before it believes that nothing waits
MOST_LOGS = 500


class Refused(Exception):
    """The API will not do this, now or later: asking again would not help."""


class Trouble(Exception):
    """No answer, or none to rely on. Asking again may help; what was asked may have been done even so."""


class Api:
    """The API. Where it says for how long it wants no requests, it gets none."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._not_before = 0.0

    async def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request, without a second attempt. Returns the answer's JSON."""
        await asyncio.sleep(self._not_before - time.monotonic())
        try:
            answer = await self._client.request(method, BASE_URL + path, json=body)
        except httpx.HTTPError as error:
            raise Trouble(repr(error)) from None
        return self._judged(answer)

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request that is repeated, with longer and longer pauses, while there is trouble."""
        async for _ in attempts():
            with contextlib.suppress(Trouble):
                return await self.send(method, path, body)
        raise AssertionError("attempts have no end but giving up")

    async def tasks(self, status: str) -> list[Json]:
        """All tasks with a status, each once; `status` may be several, with commas.

        Without the rest where a cursor is refused: its task belongs to another server now.
        """
        tasks: dict[str, Json] = {}
        cursor: str | None = ""
        while cursor is not None:
            after = f"&after={cursor}" if cursor else ""
            try:
                page = await self.call("GET", f"/tasks?status={status}&limit=500{after}")
            except Refused:
                if not cursor:
                    raise
                break
            new = {task["id"]: task for task in page["data"] if task["id"] not in tasks}
            tasks |= new
            cursor = page.get("next_cursor") if new else None
        return list(tasks.values())

    def _judged(self, answer: httpx.Response) -> Json:
        if (retry_after := answer.headers.get("Retry-After", "")).isdecimal():
            self._not_before = time.monotonic() + int(retry_after)
        if answer.status_code in (401, 429) or answer.status_code >= 500:
            raise Trouble(f"status {answer.status_code}")
        if answer.status_code != 200:
            raise Refused(f"status {answer.status_code}")
        try:
            return dict(answer.json())
        except (TypeError, ValueError):
            raise Trouble("an answer that is no JSON object") from None


async def attempts() -> AsyncIterator[int]:
    """Counts attempts, with pauses of 0.2 s, 0.4 s, 0.8 s and so on between them; gives up after a minute."""
    give_up_at = time.monotonic() + GIVE_UP_AFTER
    for attempt in itertools.count():
        await pause_before(attempt)
        yield attempt
        if time.monotonic() > give_up_at:
            raise SystemExit("The API has been in trouble for too long: gave up")


async def pause_before(attempt: int) -> None:
    """None before the first, then longer each time; its chance keeps many workers from coming all at once."""
    longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    await asyncio.sleep(random.uniform(longest / 2, longest) if attempt else 0)


async def do_at_site(task: Json) -> Json:
    """The work itself, only pretended here. Returns the update that tells how the task ended."""
    if is_meant_to_fail(task["config"]):
        return {"status": "failed", "error_message": "The site refused the post"}
    site = f"https://{task['site_name']}"
    links = {"link_profile": f"{site}/profile/{task['username']}", "link_post": f"{site}/post/{task['id']}"}
    return {"status": "completed", **links}


def is_meant_to_fail(config: Any) -> bool:
    """Whether a test asks for a failure at the site, with the config `{"simulate": "fail"}`."""
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
        self._left_alone: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._ends: dict[str, Json] = {}
        self._reported: dict[str, int] = {}
        self._logs: list[Json] = []
        self._active_tasks = 0

    async def run(self) -> None:
        """Works until nothing waits any more, with a heartbeat now and then."""
        heart = asyncio.create_task(self._beat())
        quiet = 0
        while quiet < LOOKS:
            await pause_before(quiet)
            tasks = await self._waiting(insisting=quiet == LOOKS - 1)
            for begin in range(0, len(tasks), BATCH):
                await self._do(tasks[begin : begin + BATCH])
            await self._send_logs()
            quiet = 0 if tasks or await self._retry_failed() else quiet + 1
        heart.cancel()
        await self._tell("/health", self._health())

    async def _do(self, tasks: list[Json]) -> None:
        """Takes tasks along the flow: pending, queued, running, and to the end that each had at its site."""
        pending = [task for task in tasks if task["status"] == "pending"]
        await self._update({task["id"]: {"status": "queued"} for task in pending})
        begun = [task for task in self._ours(tasks) if task["status"] != "running"]
        await self._update({task["id"]: {"status": "running"} for task in begun})
        ours = self._ours(tasks)
        self._active_tasks = len(ours)
        ends = await asyncio.gather(*(self._end_of(task) for task in ours))
        reported = await self._report({task["id"]: end for task, end in zip(ours, ends, strict=True)})
        self._reported |= {task["id"]: task["retry_count"] for task in ours if task["id"] in reported}
        self._active_tasks = 0

    def _ours(self, tasks: list[Json]) -> list[Json]:
        return [task for task in tasks if task["id"] not in self._left_alone]

    async def _end_of(self, task: Json) -> Json:
        """How a task ended. What was done at the site and is not taken down yet is not done there again."""
        known = self._ends.get(task["id"])
        if known is not None and (task["status"] == "running" or task["id"] not in self._reported):
            return known
        self._attempts[task["id"]] += 1
        async with self._sites:
            self._ends[task["id"]] = end = await do_at_site(task)
        return end

    # What the API is told of the tasks

    async def _update(self, changes: dict[str, Json]) -> None:
        """Changes tasks, whatever trouble there is; each that is refused is left alone from then on."""
        async for _ in attempts():
            with contextlib.suppress(Trouble):
                return await self._try_to_update(changes)

    async def _report(self, ends: dict[str, Json]) -> set[str]:
        """Tells how tasks ended, each once. Returns those of which the API knows it now.

        What is not running any more before the first attempt was canceled or given to another server. After
        trouble, the end was taken down and only the answer lost.
        """
        known = set[str]()
        async for attempt in attempts():
            running = {task["id"] for task in await self._api.tasks("running")}
            gone = ends.keys() - running
            self._log("WARN" if attempt == 0 else "INFO", "Tasks that had an end already", gone)
            known |= gone if attempt else set()
            ends = {task_id: end for task_id, end in ends.items() if task_id in running}
            with contextlib.suppress(Trouble):
                await self._try_to_update(ends)
                break
        return known | ends.keys() - self._left_alone

    async def _try_to_update(self, changes: dict[str, Json]) -> None:
        if not changes:
            return
        items = [{"link_id": task_id, **change} for task_id, change in changes.items()]
        try:
            answer = await self._api.send("PUT", "/tasks/bulk", {"items": items})
        except Refused:
            await self._update_one_by_one(changes)
            return
        refused = {result["link_id"] for result in answer["results"] if not result["success"]}
        self._left_alone |= refused
        self._log("WARN", "Left alone", refused)
        for status in {change["status"] for change in changes.values()}:
            now_so = {task_id for task_id, change in changes.items() if change["status"] == status}
            self._log("INFO", f"Now {status}", now_so - refused)

    async def _update_one_by_one(self, changes: dict[str, Json]) -> None:
        for task_id, change in changes.items():
            try:
                await self._api.call("PUT", f"/tasks/{task_id}", change)
            except Refused:
                self._left_alone.add(task_id)
                self._log("WARN", "Left alone", {task_id})

    # Which tasks

    async def _waiting(self, *, insisting: bool) -> list[Json]:
        """The tasks that wait, and those that an earlier run left running.

        The list may be a little old: what we have ended, as it is there, is done again only if it insists.
        """
        listed = [task for task in await self._api.tasks("pending,queued,running") if self._may_try(task)]
        news = [task for task in listed if task["retry_count"] > self._reported.get(task["id"], -1)]
        return listed if insisting else news

    def _may_try(self, task: Json) -> bool:
        """Not left alone, and at most the first attempt and `max_retries` more, whoever counts them."""
        attempts = max(task["retry_count"], self._attempts[task["id"]])
        return task["id"] not in self._left_alone and bool(attempts <= task["max_retries"])

    async def _retry_failed(self) -> bool:
        """Takes what failed in this run back to pending where it has retries left; whether there was any."""
        if not any(end["status"] == "failed" for end in self._ends.values()):
            return False
        failed = [task for task in await self._api.tasks("failed") if task["id"] in self._ends]
        back = [task for task in failed if task["retry_count"] < task["max_retries"] and self._may_try(task)]
        await self._update({task["id"]: {"status": "pending"} for task in back})
        for task in back:
            self._reported.pop(task["id"], None)
            del self._ends[task["id"]]
        return bool(back)

    # What the API is told of the worker: useful, but nothing to stop the work for

    async def _beat(self) -> None:
        while True:
            await self._tell("/health", self._health())
            await asyncio.sleep(HEARTBEAT_EVERY)

    def _health(self) -> Json:
        """Put in what your machine measures."""
        usage = {"cpu_usage": 0.0, "ram_usage": 0.0, "disk_usage": 0.0}
        counts = {"active_threads": 1, "active_tasks": self._active_tasks}
        return {"server_name": SERVER_NAME, "ip": "127.0.0.1", **usage, **counts}

    def _log(self, level: str, what: str, task_ids: Iterable[str]) -> None:
        if listed := ", ".join(task_ids):
            self._logs.append({"level": level, "message": f"{what}: {listed}"})

    async def _send_logs(self) -> None:
        while self._logs:
            some, self._logs = self._logs[:MOST_LOGS], self._logs[MOST_LOGS:]
            await self._tell("/logs", {"logs": some})

    async def _tell(self, path: str, body: Json) -> None:
        for attempt in range(TRIES):
            try:
                await self._api.send("POST", path, body)
                return
            except Refused:
                return
            except Trouble:
                await pause_before(attempt + 1)


async def main() -> None:
    """Does all that waits."""
    client = httpx.AsyncClient(headers={"X-API-Key": API_KEY}, timeout=PATIENCE)
    async with client:
        await Worker(Api(client)).run()


if __name__ == "__main__":
    asyncio.run(main())
