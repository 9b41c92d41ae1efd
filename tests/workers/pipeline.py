"""A careful daemon with another design than the examples: several threads share a table of jobs.

One thread reads the list and adds new tasks to the table. A few threads do the tasks. One thread reports all
changes in batches. After a failure, the next list shows which tasks still have to be done. It ends at
SIGTERM.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any

Json = dict[str, Any]

BASE = os.environ["LIKEPION_BASE_URL"]
HEADERS = {"X-API-Key": os.environ["LIKEPION_API_KEY"], "Content-Type": "application/json"}
NAME = os.environ["LIKEPION_SERVER_NAME"]

THREADS = 5
MOST_OPEN_JOBS = 60
TIMEOUT = 2.5
POLL = 0.25
COLLECT = 0.1
HEARTBEAT = 2.5
LASTING_ERRORS = (
    "not_your_task",
    "not_found",
    "task_not_found",
    "link_not_found",
    "conflict",
    "bad_request",
)


class TemporaryError(Exception):
    """Sending the request again may help."""


class RefusedError(Exception):
    """Sending the request again does not help."""


class Api:
    """Sends requests to the API. After a temporary error all threads wait, longer each time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._failures = 0

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """Sends a request once. Raises TemporaryError and RefusedError."""
        self._wait()
        began = time.monotonic()
        try:
            answer = self._send_bytes(method, path, body)
        except urllib.error.HTTPError as error:
            with error:
                raise self._error_of(error.code, error.headers, began) from None
        except (OSError, HTTPException, ValueError) as error:
            raise self._temporary_error(type(error).__name__, 0, began) from None
        with self._lock:
            self._failures = 0
        return answer

    def send_until_answered(self, method: str, path: str, body: Json | None = None) -> Json:
        """Sends a request until there is no temporary error."""
        while True:
            try:
                return self.send(method, path, body)
            except TemporaryError:
                continue

    def _send_bytes(self, method: str, path: str, body: Json | None) -> Json:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(BASE + path, data, HEADERS, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            content = json.load(answer)
        if not isinstance(content, dict):
            raise ValueError
        return content

    def _error_of(self, status: int, headers: Message, began: float) -> Exception:
        if status not in (401, 429) and status < 500:
            return RefusedError(str(status))
        retry_after = headers.get("Retry-After", "")
        return self._temporary_error(str(status), seconds_to_wait(retry_after), began)

    def _temporary_error(self, message: str, least_pause: float, began: float) -> TemporaryError:
        """Makes all threads wait. A request from before the last failure does not make the pause longer."""
        with self._lock:
            if began >= self._not_before:
                self._failures += 1
                pause = min(0.15 * 2**self._failures, 2.0) * random.uniform(0.7, 1.0)
                self._not_before = time.monotonic() + pause
            self._not_before = max(self._not_before, time.monotonic() + least_pause)
        return TemporaryError(message)

    def _wait(self) -> None:
        while (seconds := self._not_before - time.monotonic()) > 0:
            time.sleep(seconds + random.uniform(0, 0.05))


def seconds_to_wait(retry_after: str) -> float:
    """Returns the seconds that the header Retry-After asks for, as a number or as a date."""
    if retry_after.isdecimal():
        return int(retry_after)
    try:
        return parsedate_to_datetime(retry_after).timestamp() - time.time()
    except ValueError:
        return 0.0


@dataclass
class Job:
    """The work on one task.

    task: the task as it was listed.
    status: the last status that the API accepted.
    result: the update with the result, after the task was done.
    reported_at: when the API accepted the result. 0 before that.
    """

    task: Json
    status: str
    result: Json | None = None
    reported_at: float = 0.0


@dataclass
class JobTable:
    """All jobs, by the ids of their tasks. A thread that changes a job holds the lock."""

    jobs: dict[str, Job] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ready: queue.Queue[Job] = field(default_factory=queue.Queue)

    def add_tasks(self, listed: list[Json]) -> None:
        """Adds jobs for listed tasks: new tasks, and tasks that came back after their end."""
        now = time.monotonic()
        with self.lock:
            for task in listed:
                job = self.jobs.get(task["id"])
                if task["id"] not in self.refused and (job is None or self._is_back(job, task, now)):
                    self._open(task)

    def changes(self) -> dict[str, Json]:
        """Returns the next update of each job: its next status, or its result."""
        next_updates = {"pending": {"status": "queued"}, "queued": {"status": "running"}}
        with self.lock:
            updates = {
                task_id: next_updates.get(job.status, job.result) for task_id, job in self.jobs.items()
            }
        return {task_id: change for task_id, change in updates.items() if change is not None}

    def mark_accepted(self, task_id: str, change: Json) -> None:
        """Updates a job after the API accepted a change of its task."""
        with self.lock:
            job = self.jobs[task_id]
            job.status = change["status"]
            if job.status == "running":
                self.ready.put(job)
            elif job.status != "queued":
                job.result, job.reported_at = None, time.monotonic()

    def drop(self, task_id: str, *, for_good: bool) -> None:
        """Removes a job. With `for_good` its task is never done again."""
        with self.lock:
            self.jobs.pop(task_id, None)
            if for_good:
                self.refused.add(task_id)

    def open_jobs(self) -> int:
        """Returns how many jobs are not finished."""
        with self.lock:
            return sum(1 for job in self.jobs.values() if not job.reported_at)

    def _is_back(self, job: Job, task: Json, now: float) -> bool:
        if not job.reported_at:
            return False
        return bool(task["retry_count"] > job.task["retry_count"]) or now - job.reported_at > 4 * POLL

    def _open(self, task: Json) -> None:
        attempts = self.attempts.get(task["id"], 0)
        if max(attempts, task["retry_count"]) > task["max_retries"]:
            return
        job = Job(task, task["status"])
        self.jobs[task["id"]] = job
        if job.status == "running":
            self.ready.put(job)


def read_list(api: Api, table: JobTable) -> None:
    """Reads the list again and again, from its beginning, while there are not too many open jobs."""
    while True:
        after = ""
        while table.open_jobs() < MOST_OPEN_JOBS:
            try:
                page = api.send("GET", f"/tasks?status=pending,queued,running&limit=40{after}")
            except (TemporaryError, RefusedError):
                break
            table.add_tasks(page["data"])
            if not page["data"] or not page.get("next_cursor"):
                break
            after = f"&after={page['next_cursor']}"
        time.sleep(POLL)


def do_jobs(table: JobTable) -> None:
    """Does one job after the other. This stands for the real work."""
    while True:
        job = table.ready.get()
        task = job.task
        table.attempts[task["id"]] = table.attempts.get(task["id"], 0) + 1
        if "fail" in str(task["config"]):
            job.result = {"status": "failed", "error_message": "No luck at the site"}
        else:
            job.result = {
                "status": "completed",
                "link_profile": f"https://{task['site_name']}/u/{task['id']}",
            }


def report(api: Api, table: JobTable) -> None:
    """Reports all changes in batches. Before it reports results, it reads which tasks are still running."""
    while True:
        time.sleep(COLLECT)
        changes = dict(list(table.changes().items())[:500])
        if results := {
            task_id for task_id, change in changes.items() if change["status"] not in ("queued", "running")
        }:
            for task_id in results - running_ids(api):
                # The task was canceled or given to another server, or the answer to its result was lost.
                table.mark_accepted(task_id, changes.pop(task_id))
        if not changes:
            continue
        try:
            items = [{"link_id": task_id, **change} for task_id, change in changes.items()]
            answer = api.send("PUT", "/tasks/bulk", {"items": items})
        except TemporaryError:
            continue
        except RefusedError:
            for task_id in changes:
                table.drop(task_id, for_good=True)
            continue
        for result in answer["results"]:
            if result["success"]:
                table.mark_accepted(result["link_id"], changes[result["link_id"]])
            else:
                table.drop(result["link_id"], for_good=result["error"] in LASTING_ERRORS)


def running_ids(api: Api) -> set[str]:
    """Returns the ids of the tasks that the API lists as running."""
    task_ids: set[str] = set()
    after = ""
    while True:
        try:
            page = api.send_until_answered("GET", f"/tasks?status=running&limit=1000{after}")
        except RefusedError:
            return task_ids
        task_ids.update(task["id"] for task in page["data"])
        if not page["data"] or not page.get("next_cursor"):
            return task_ids
        after = f"&after={page['next_cursor']}"


def send_heartbeats(api: Api, table: JobTable) -> None:
    """Sends a heartbeat and a log entry at regular times."""
    usage = {"cpu_usage": 10.0, "ram_usage": 20.0, "disk_usage": 30.0, "active_threads": THREADS}
    for number in itertools.count(1):
        open_jobs = table.open_jobs()
        body = {"server_name": NAME, "ip": "127.0.0.1", **usage, "active_tasks": open_jobs}
        log = {"logs": [{"level": "DEBUG", "message": f"heartbeat {number}: {open_jobs} open tasks"}]}
        for path, content in (("/health", body), ("/logs", log)):
            try:
                api.send("POST", path, content)
            except (TemporaryError, RefusedError) as error:
                sys.stderr.write(f"{path}: {error}\n")
        time.sleep(HEARTBEAT)


def main() -> None:
    """Runs until SIGTERM."""
    api, table, stopped = Api(), JobTable(), threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.set())
    for function in (read_list, report, send_heartbeats):
        threading.Thread(target=function, args=(api, table), daemon=True).start()
    for _ in range(THREADS):
        threading.Thread(target=do_jobs, args=(table,), daemon=True).start()
    stopped.wait()


if __name__ == "__main__":
    main()
