"""A daemon with aiohttp and tenacity. A few tasks run at the same time; results are reported by callback.

A completion by callback counts a link. So after an attempt without a clear answer, the worker first looks
whether the task is still running. At SIGTERM it finishes the tasks that it has begun.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    before_sleep_log,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

Json = dict[str, Any]

BASE_URL = os.environ["LIKEPION_BASE_URL"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]
CONSUMERS = 4
POLL_EVERY = 1.0  # seconds
HEARTBEAT_EVERY = 3.0  # seconds
LOGGER = logging.getLogger("worker")
BACKOFF = wait_random_exponential(multiplier=0.5, max=8)


class TransientError(Exception):
    """The same request may succeed later. `retry_after`: how long the API asks to wait, in seconds."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RejectedError(Exception):
    """The API does not accept the request."""


def wait(state: RetryCallState) -> float:
    """Returns the seconds before the next attempt: a random and growing time, at least Retry-After."""
    error = state.outcome.exception() if state.outcome else None
    return max(0.1 + BACKOFF(state), getattr(error, "retry_after", 0.0))


class Api:
    """The calls of the API."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(self, method: str, path: str, **fields: Any) -> Json:
        """Sends a request once. Raises TransientError and RejectedError."""
        try:
            async with self._session.request(method, BASE_URL + path, **fields) as answer:
                if answer.status == 429:
                    raise TransientError("429", float(answer.headers.get("Retry-After", "1")))
                if answer.status == 401 or answer.status >= 500:
                    raise TransientError(str(answer.status))
                if answer.status != 200:
                    raise RejectedError(f"{answer.status} for {method} {path}")
                return dict(json.loads(await answer.text()))
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError) as error:
            raise TransientError(f"{type(error).__name__}: {error}") from error

    async def call(self, method: str, path: str, **fields: Any) -> Json:
        """Sends a request until there is an answer."""
        return await attempts()(self.request, method, path, **fields)

    async def tasks(self, status: str) -> list[Json]:
        """Returns all tasks with one of these statuses."""
        tasks: dict[str, Json] = {}
        page_number, page_size = 1, 200
        while True:
            params = {"status": status, "page": str(page_number), "limit": str(page_size)}
            page = (await self.call("GET", "/tasks", params=params))["data"]
            tasks.update({task["id"]: task for task in page})
            if len(page) < page_size:
                return list(tasks.values())
            page_number += 1

    async def complete(self, task_id: str, **links: str) -> None:
        """Completes a task. Before a repetition it looks whether the task is still running."""
        body = {"link_id": task_id, **links}
        async for attempt in attempts():
            with attempt:
                if attempt.retry_state.attempt_number > 1 and not await self.is_running(task_id):
                    return
                await self.request("POST", "/callback/link/complete", json=body)

    async def is_running(self, task_id: str) -> bool:
        """Whether the API lists the task as running."""
        return any(task["id"] == task_id for task in await self.tasks("running"))


def attempts() -> AsyncRetrying:
    """Returns a new series of attempts, of two minutes at most."""
    return AsyncRetrying(
        retry=retry_if_exception_type(TransientError),
        wait=wait,
        stop=stop_after_delay(120),
        before_sleep=before_sleep_log(LOGGER, logging.WARNING),
        reraise=True,
    )


@dataclass
class Daemon:
    """Reads the list again and again, and gives its tasks to a few consumers.

    known: the tasks in the queue and in work, by id.
    ended: the retry_count with which a task was last ended, by id.
    """

    api: Api
    queue: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)
    known: set[str] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)
    logs: list[Json] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Works until SIGTERM."""
        consumers = [asyncio.create_task(self._consume()) for _ in range(CONSUMERS)]
        helpers = [asyncio.create_task(self._send_heartbeats()), asyncio.create_task(self._send_logs())]
        await self._produce("running")
        while not self.stopping.is_set():
            await self._produce("pending,queued")
            await self._sleep(POLL_EVERY)
        for _ in consumers:
            self.queue.put_nowait({})
        await asyncio.gather(*consumers)
        for helper in helpers:
            helper.cancel()
        await self._flush_logs()

    async def _produce(self, status: str) -> None:
        # A long list is read again when the consumers need new tasks.
        if self.queue.qsize() > CONSUMERS:
            return
        for task in (await self.api.tasks(status))[:50]:
            if task["id"] not in self.known and self.ended.get(task["id"], -1) < task["retry_count"]:
                self.known.add(task["id"])
                self.queue.put_nowait(task)

    async def _consume(self) -> None:
        while task := await self.queue.get():
            if self.stopping.is_set() and task["status"] != "running":
                continue
            try:
                await self._do(task)
                self.ended[task["id"]] = task["retry_count"]
            except RejectedError as error:
                self.ended[task["id"]] = 1000
                self._log("WARN", f"{task['id']}: {error}")
            self.known.discard(task["id"])

    async def _do(self, task: Json) -> None:
        if task["status"] == "pending":
            await self._update(task, status="queued")
        if task["status"] != "running":
            await self._update(task, status="running")
        await asyncio.sleep(0.02)  # the work at the site
        if should_fail(task):
            await self._update(task, status="failed", error_message="Captcha failed")
        else:
            site = f"https://{task['site_name']}"
            await self.api.complete(
                task["id"],
                link_profile=f"{site}/u/{task['username']}",
                link_post=f"{site}/p/{task['id']}",
            )
        self._log("INFO", f"Task finished: {task['id']}")

    async def _update(self, task: Json, **fields: str) -> None:
        await self.api.call("POST", "/callback/link/update", json={"link_id": task["id"], **fields})

    async def _send_heartbeats(self) -> None:
        while True:
            usage = {"cpu_usage": 3.0, "ram_usage": 20.5, "disk_usage": 55.0, "active_threads": CONSUMERS}
            body = {"server_name": SERVER_NAME, "ip": "10.1.2.3", **usage, "active_tasks": len(self.known)}
            with suppress(TransientError, RejectedError):
                await self.api.request("POST", "/health", json=body)
            await asyncio.sleep(HEARTBEAT_EVERY)

    def _log(self, level: str, message: str) -> None:
        self.logs.append({"level": level, "message": message})

    async def _send_logs(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self._flush_logs()

    async def _flush_logs(self) -> None:
        batch, self.logs = self.logs[:500], self.logs[500:]
        if batch:
            with suppress(TransientError, RejectedError):
                await self.api.request("POST", "/logs", json={"logs": batch})

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


def should_fail(task: Json) -> bool:
    """Whether the task is meant to fail at its site."""
    return '"simulate": "fail"' in (task["config"] or "")


async def main() -> None:
    """Runs the daemon."""
    logging.basicConfig(level=logging.WARNING)
    timeout = aiohttp.ClientTimeout(total=10, sock_read=4)
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        daemon = Daemon(Api(session))
        with suppress(NotImplementedError):  # Windows has no SIGTERM
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, daemon.stopping.set)
        await daemon.run()


if __name__ == "__main__":
    asyncio.run(main())
