"""A careful daemon in a wholly other manner than the examples: a pipeline of threads around one desk.

A feeder polls the list and queues what is new, a few hands work, and a reporter, the only one that changes
tasks, collects what they did and sends it in batches. Its key to everything is the list itself: whatever
trouble there is, the next list says what is still to be done. It ends at SIGTERM.
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
from http.client import HTTPException
from typing import Any

Json = dict[str, Any]

BASE = os.environ["LIKEPION_BASE_URL"]
HEADERS = {"X-API-Key": os.environ["LIKEPION_API_KEY"], "Content-Type": "application/json"}
NAME = os.environ["LIKEPION_SERVER_NAME"]

HANDS = 5
MOST_IN_HAND = 60
PATIENCE = 2.5
POLL = 0.25
COLLECT = 0.1
HEARTBEAT = 2.5
REFUSED_FOR_GOOD = (
    "not_your_task",
    "not_found",
    "task_not_found",
    "link_not_found",
    "conflict",
    "bad_request",
)


class Trouble(Exception):
    """It may help to ask again."""


class Refused(Exception):
    """It will not help to ask again."""


class Line:
    """The way to the API. While it is in trouble all threads wait, longer each time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_at = 0.0
        self._troubles = 0

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request; raises Trouble and Refused."""
        self._wait()
        began = time.monotonic()
        try:
            answer = self._send(method, path, body)
        except urllib.error.HTTPError as error:
            with error:
                raise self._judged(error.code, error.headers, began) from None
        except (OSError, HTTPException, ValueError) as error:
            raise self._in_trouble(type(error).__name__, 0, began) from None
        with self._lock:
            self._troubles = 0
        return answer

    def insist(self, method: str, path: str, body: Json | None = None) -> Json:
        """The same until there is no trouble."""
        while True:
            try:
                return self.ask(method, path, body)
            except Trouble:
                continue

    def _send(self, method: str, path: str, body: Json | None) -> Json:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(BASE + path, data, HEADERS, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found = json.load(answer)
        if not isinstance(found, dict):
            raise ValueError
        return found

    def _judged(self, status: int, headers: Message, began: float) -> Exception:
        if status not in (401, 429) and status < 500:
            return Refused(str(status))
        retry_after = headers.get("Retry-After", "")
        return self._in_trouble(str(status), int(retry_after) if retry_after.isdecimal() else 0, began)

    def _in_trouble(self, what: str, at_least: int, began: float) -> Trouble:
        """Closes the line for a while; requests that were under way when it was closed add nothing to it."""
        with self._lock:
            if began >= self._open_at:
                self._troubles += 1
                pause = min(0.15 * 2**self._troubles, 2.0) * random.uniform(0.7, 1.0)
                self._open_at = time.monotonic() + pause
            self._open_at = max(self._open_at, time.monotonic() + at_least)
        return Trouble(what)

    def _wait(self) -> None:
        while (left := self._open_at - time.monotonic()) > 0:
            time.sleep(left + random.uniform(0, 0.05))


@dataclass
class Job:
    """A task in hand. `step` is what the API was told last and has taken, `end` how it ended at the site."""

    task: Json
    step: str
    end: Json | None = None
    reported_at: float = 0.0


@dataclass
class Desk:
    """The jobs, by their tasks' ids; whoever changes one holds the lock."""

    jobs: dict[str, Job] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ready: queue.Queue[Job] = field(default_factory=queue.Queue)

    def take(self, listed: list[Json]) -> None:
        """Takes what is listed: new tasks, and those that have come back since they ended."""
        now = time.monotonic()
        with self.lock:
            for task in listed:
                job = self.jobs.get(task["id"])
                if task["id"] not in self.refused and (job is None or self._is_back(job, task, now)):
                    self._open(task, job)

    def changes(self) -> dict[str, Json]:
        """What is to be told of each job next: the next step of the flow, or its end."""
        steps = {"pending": {"status": "queued"}, "queued": {"status": "running"}}
        with self.lock:
            found = {task_id: steps.get(job.step, job.end) for task_id, job in self.jobs.items()}
        return {task_id: change for task_id, change in found.items() if change is not None}

    def accepted(self, task_id: str, change: Json) -> None:
        """The API has taken a change: the job goes on, or is over."""
        with self.lock:
            job = self.jobs[task_id]
            job.step = change["status"]
            if job.step == "running":
                self.ready.put(job)
            elif job.step != "queued":
                job.end, job.reported_at = None, time.monotonic()

    def drop(self, task_id: str, *, for_good: bool) -> None:
        """The job is not ours any more."""
        with self.lock:
            self.jobs.pop(task_id, None)
            if for_good:
                self.refused.add(task_id)

    def in_hand(self) -> int:
        """How many jobs are not over."""
        with self.lock:
            return sum(1 for job in self.jobs.values() if not job.reported_at)

    def _is_back(self, job: Job, task: Json, now: float) -> bool:
        if not job.reported_at:
            return False
        return bool(task["retry_count"] > job.task["retry_count"]) or now - job.reported_at > 4 * POLL

    def _open(self, task: Json, job: Job | None) -> None:
        attempts = self.attempts.get(task["id"], 0)
        if max(attempts, task["retry_count"]) > task["max_retries"]:
            return
        opened = Job(task, task["status"])
        self.jobs[task["id"]] = opened
        if opened.step == "running":
            self.ready.put(opened)


def feed(line: Line, desk: Desk) -> None:
    """Reads the list from its beginning, as far as hands are free, again and again."""
    while True:
        after = ""
        while desk.in_hand() < MOST_IN_HAND:
            try:
                page = line.ask("GET", f"/tasks?status=pending,queued,running&limit=40{after}")
            except (Trouble, Refused):
                break
            desk.take(page["data"])
            if not page["data"] or not page.get("next_cursor"):
                break
            after = f"&after={page['next_cursor']}"
        time.sleep(POLL)


def work(desk: Desk) -> None:
    """Does the work of one job after the other, which is only pretended here."""
    while True:
        job = desk.ready.get()
        task = job.task
        desk.attempts[task["id"]] = desk.attempts.get(task["id"], 0) + 1
        if "fail" in str(task["config"]):
            job.end = {"status": "failed", "error_message": "No luck at the site"}
        else:
            job.end = {"status": "completed", "link_profile": f"https://{task['site_name']}/u/{task['id']}"}


def report(line: Line, desk: Desk) -> None:
    """Tells the API what has changed, in batches, and looks after trouble what of it is known already."""
    while True:
        time.sleep(COLLECT)
        changes = dict(list(desk.changes().items())[:500])
        if ends := {
            task_id for task_id, change in changes.items() if change["status"] not in ("queued", "running")
        }:
            for task_id in ends - running(line):
                # Canceled, or another server's, or taken down already although its answer was lost.
                desk.accepted(task_id, changes.pop(task_id))
        if not changes:
            continue
        try:
            items = [{"link_id": task_id, **change} for task_id, change in changes.items()]
            answer = line.ask("PUT", "/tasks/bulk", {"items": items})
        except Trouble:
            continue
        except Refused:
            for task_id in changes:
                desk.drop(task_id, for_good=True)
            continue
        for result in answer["results"]:
            if result["success"]:
                desk.accepted(result["link_id"], changes[result["link_id"]])
            else:
                desk.drop(result["link_id"], for_good=result["error"] in REFUSED_FOR_GOOD)


def running(line: Line) -> set[str]:
    """The ids of the tasks that the API has as running."""
    found: set[str] = set()
    after = ""
    while True:
        try:
            page = line.insist("GET", f"/tasks?status=running&limit=1000{after}")
        except Refused:
            return found
        found.update(task["id"] for task in page["data"])
        if not page["data"] or not page.get("next_cursor"):
            return found
        after = f"&after={page['next_cursor']}"


def beat(line: Line, desk: Desk) -> None:
    """A heartbeat by the clock, and with it a log entry."""
    usage = {"cpu_usage": 10.0, "ram_usage": 20.0, "disk_usage": 30.0, "active_threads": HANDS}
    for number in itertools.count(1):
        in_hand = desk.in_hand()
        body = {"server_name": NAME, "ip": "127.0.0.1", **usage, "active_tasks": in_hand}
        log = {"logs": [{"level": "DEBUG", "message": f"beat {number}: {in_hand} tasks in hand"}]}
        for path, told in (("/health", body), ("/logs", log)):
            try:
                line.ask("POST", path, told)
            except (Trouble, Refused) as error:
                sys.stderr.write(f"{path}: {error}\n")
        time.sleep(HEARTBEAT)


def main() -> None:
    """Runs until SIGTERM."""
    line, desk, over = Line(), Desk(), threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: over.set())
    for part in (feed, report, beat):
        threading.Thread(target=part, args=(line, desk), daemon=True).start()
    for _ in range(HANDS):
        threading.Thread(target=work, args=(desk,), daemon=True).start()
    over.wait()


if __name__ == "__main__":
    main()
