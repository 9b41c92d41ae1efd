"""A careful worker whose style is chosen on the command line: no rule may blame a worker for its style.

It takes the same three variables as the examples. A daemon asks again and again, and ends at SIGTERM.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import math
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Ended = Callable[[], bool]

_URL = urlsplit(os.environ["LIKEPION_BASE_URL"])
_KEY = os.environ["LIKEPION_API_KEY"]
_NAME = os.environ["LIKEPION_SERVER_NAME"]
_PATIENCE = 2.5
_LONGEST_PAUSE = 3.0
_GIVE_UP_AFTER = 90.0
_POLL_EVERY = 0.4
_HEARTBEAT_EVERY = 2.0
_OLD_AFTER = 1.0
_MOST_ITEMS = 500
_LOOKS = 3


class Refused(Exception):
    """Asking again would not help."""


class Trouble(Exception):
    """Asking again may help."""


class Stopped(BaseException):
    """The worker was told to end."""


class Clock:
    """Time that passes, until the worker is told to end."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._not_before = 0.0

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Ends every wait from now on."""
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Waits; raises Stopped."""
        if self._stopped.wait(max(0.0, seconds)):
            raise Stopped

    def back_off(self, attempt: int) -> None:
        """Waits longer for each attempt."""
        longest = min(0.15 * 2**attempt, _LONGEST_PAUSE)
        self.wait(random.uniform(longest / 2, longest))

    def hush(self, seconds: int) -> None:
        """All threads keep quiet for so long."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    def mind(self) -> None:
        """Waits while all are to be quiet."""
        self.wait(self._not_before - time.monotonic())


class Api:
    """The API, with a connection for each thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines = threading.local()

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request; raises Refused and Trouble."""
        self._clock.mind()
        status, retry_after, text = self._exchange(method, path, body)
        if retry_after.isdecimal():
            self._clock.hush(int(retry_after))
        if status in (401, 429) or status >= 500:
            raise Trouble(f"status {status}")
        if status >= 300:
            raise Refused(f"status {status}")
        try:
            return dict(json.loads(text))
        except (TypeError, ValueError):
            raise Trouble("no JSON object") from None

    def call(
        self, method: str, path: str, body: Json | None = None, *, is_done: Ended = lambda: False
    ) -> Json:
        """A request that is repeated while there is trouble, unless it was done after all."""
        give_up_at = time.monotonic() + _GIVE_UP_AFTER
        for attempt in itertools.count():
            try:
                return self.send(method, path, body)
            except Trouble as trouble:
                if time.monotonic() > give_up_at:
                    raise Refused(str(trouble)) from None
            self._clock.back_off(attempt)
            if is_done():
                break
        return {}

    def _exchange(self, method: str, path: str, body: Json | None) -> tuple[int, str, bytes]:
        line = self._line()
        data = None if body is None else json.dumps(body).encode()
        try:
            line.request(
                method, _URL.path + path, data, {"X-API-Key": _KEY, "Content-Type": "application/json"}
            )
            answer = line.getresponse()
            return answer.status, answer.headers.get("Retry-After", ""), answer.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            line.close()
            raise Trouble(repr(error)) from None

    def _line(self) -> http.client.HTTPConnection:
        if not hasattr(self._lines, "line"):
            self._lines.line = http.client.HTTPConnection(_URL.netloc, timeout=_PATIENCE)
        line: http.client.HTTPConnection = self._lines.line
        return line


class Pages:
    """The list, read page by page in the way that the style asks for."""

    def __init__(self, api: Api, style: argparse.Namespace) -> None:
        self._api = api
        self._style = style

    def read(self, status: str, limit: int | None = None) -> Iterator[list[Json]]:
        """The pages of what has one of some statuses, to the end, no task twice."""
        seen: set[str] = set()
        place: str | None = ""
        for number in itertools.count(2):
            try:
                page = self._api.call(
                    "GET", f"/tasks?status={status}&limit={limit or self._style.page}{place}"
                )
            except Refused:
                if not place:
                    raise
                return
            new = list({task["id"]: task for task in page["data"] if task["id"] not in seen}.values())
            seen.update(task["id"] for task in new)
            yield new
            place = self._next(page, number)
            if place is None or not page["data"]:
                return

    def ids(self, status: str) -> set[str]:
        """The ids of what has one of some statuses."""
        return {task["id"] for page in self.read(status, 1000) for task in page}

    def _next(self, page: Json, number: int) -> str | None:
        if self._style.paging == "offset":
            return f"&page={number}"
        cursor = page.get("next_cursor")
        return f"&after={cursor}" if cursor else None


class Memory:
    """What the worker knows of tasks; its threads work on different ones."""

    def __init__(self) -> None:
        self.left_alone: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._ends: dict[str, Json] = {}
        self._reported: dict[str, tuple[int, float]] = {}

    def is_open(self, task: Json) -> bool:
        """Whether a listed task is to be done, now or after another look at the list."""
        attempts = max(task["retry_count"], self._attempts[task["id"]])
        return task["id"] not in self.left_alone and bool(attempts <= task["max_retries"])

    def is_news(self, task: Json) -> bool:
        """Whether it was not ended by us just now, as it is there."""
        retries, at = self._reported.get(task["id"], (-1, 0.0))
        return bool(task["retry_count"] > retries or time.monotonic() - at > _OLD_AFTER)

    def end_of(self, task: Json) -> Json:
        """How a task ended at its site, where it is done unless that is still to be reported."""
        known = self._ends.get(task["id"])
        if known is not None and (task["status"] == "running" or task["id"] not in self._reported):
            return known
        self._attempts[task["id"]] += 1
        self._ends[task["id"]] = end = do_at_site(task)
        return end

    def reported(self, task: Json) -> None:
        """The API knows the task's end now."""
        self._reported[task["id"]] = task["retry_count"], time.monotonic()

    def failed(self) -> set[str]:
        """What failed in this run."""
        return {task_id for task_id, end in self._ends.items() if end["status"] == "failed"}

    def forget(self, task: Json) -> None:
        """The task begins anew."""
        self._ends.pop(task["id"], None)
        self._reported.pop(task["id"], None)


def do_at_site(task: Json) -> Json:
    """The work, only pretended. Returns the update that tells how it ended."""
    if '"simulate": "fail"' in str(task["config"]):
        return {"status": "failed", "error_message": "The site was closed"}
    return {"status": "completed", "link_post": f"https://{task['site_name']}/{task['id']}"}


class Singly:
    """Tells the API of each task by itself, by `PUT /tasks/:id` or by the callbacks."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._callbacks = worker.style.by == "callback"

    def do(self, tasks: list[Json]) -> None:
        """Does tasks, as many at a time as there are threads."""
        if self._worker.style.threads == 1:
            for task in tasks:
                self._do_one(task)
        else:
            with ThreadPoolExecutor(self._worker.style.threads) as pool:
                list(pool.map(self._do_one, tasks))

    def _do_one(self, task: Json) -> None:
        worker, memory = self._worker, self._worker.memory
        try:
            for status in self._steps(task):
                self._tell(task, {"status": status})
            end = memory.end_of(task)
            if worker.style.look == "canceled" and task["id"] in worker.pages.ids("canceled"):
                return
            if worker.style.look == "running" and not worker.is_running(task):
                return
            self._tell(task, end, is_done=lambda: not worker.is_running(task))
            memory.reported(task)
        except Refused as refused:
            worker.leave_alone(task["id"], str(refused))
        worker.beat_if_due()

    def _steps(self, task: Json) -> tuple[str, ...]:
        steps = {"pending": ("queued", "running"), "queued": ("running",)}.get(task["status"], ())
        return steps[-1:] if self._worker.style.hasty else steps

    def _tell(self, task: Json, change: Json, *, is_done: Ended = lambda: False) -> None:
        api = self._worker.api
        if self._worker.style.chatty:
            self._worker.log("DEBUG", f"{change['status']} {task['id']}")
            change = change if self._callbacks else {**change, "note": f"by {_NAME}", "is_indexed": False}
        if not self._callbacks:
            # The same update twice does no harm.
            blindly = self._worker.style.look == "never"
            api.call("PUT", f"/tasks/{task['id']}", change, is_done=(lambda: False) if blindly else is_done)
        elif change["status"] == "completed":
            links = {name: value for name, value in change.items() if name != "status"}
            api.call("POST", "/callback/link/complete", {"link_id": task["id"], **links}, is_done=is_done)
        else:
            api.call("POST", "/callback/link/update", {"link_id": task["id"], **change}, is_done=is_done)


class Bulk:
    """Tells the API of many tasks at once."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def do(self, tasks: list[Json]) -> None:
        """Takes all tasks together from one status to the next."""
        memory = self._worker.memory
        self._tell([task for task in tasks if task["status"] == "pending"], {"status": "queued"})
        self._tell([task for task in tasks if task["status"] != "running"], {"status": "running"})
        ours = [task for task in tasks if task["id"] not in memory.left_alone]
        with ThreadPoolExecutor(self._worker.style.threads) as pool:
            ends = dict(zip((task["id"] for task in ours), pool.map(memory.end_of, ours), strict=True))
        for begin in range(0, len(ours), _MOST_ITEMS):
            self._report(ours[begin : begin + _MOST_ITEMS], ends)
        self._worker.beat_if_due()

    def _tell(self, tasks: list[Json], change: Json) -> None:
        ours = [task for task in tasks if task["id"] not in self._worker.memory.left_alone]
        for begin in range(0, len(ours), _MOST_ITEMS):
            some = ours[begin : begin + _MOST_ITEMS]
            try:
                self._heed(self._worker.api.call("PUT", "/tasks/bulk", _items(some, lambda _: change)))
            except Refused as refused:
                for half in self._halves(some, refused):
                    self._tell(half, change)

    def _report(self, tasks: list[Json], ends: dict[str, Json]) -> None:
        """Before each attempt a look: what is not running any more needs no report."""
        for attempt in itertools.count():
            running = self._worker.pages.ids("running")
            gone = [task for task in tasks if task["id"] not in running]
            tasks = [task for task in tasks if task["id"] in running]
            for task in gone if attempt else ():
                self._worker.memory.reported(task)
            if not tasks:
                return
            try:
                self._heed(self._worker.api.send("PUT", "/tasks/bulk", _items(tasks, lambda id_: ends[id_])))
                break
            except Refused as refused:
                for half in self._halves(tasks, refused):
                    self._report(half, ends)
                return
            except Trouble:
                self._worker.clock.back_off(attempt)
        for task in tasks:
            if task["id"] not in self._worker.memory.left_alone:
                self._worker.memory.reported(task)

    def _halves(self, tasks: list[Json], refused: Refused) -> list[list[Json]]:
        """What to try after a batch was refused as a whole: each half, down to the task that is at fault."""
        if len(tasks) == 1:
            self._worker.leave_alone(tasks[0]["id"], str(refused))
            return []
        middle = len(tasks) // 2
        return [tasks[:middle], tasks[middle:]]

    def _heed(self, answer: Json) -> None:
        for result in answer["results"]:
            if not result["success"]:
                self._worker.leave_alone(result["link_id"], result["error"])


def _items(tasks: list[Json], change: Callable[[str], Json]) -> Json:
    return {"items": [{"link_id": task["id"], **change(task["id"])} for task in tasks]}


class Worker:
    """Does the tasks of its server in the style that it was given."""

    def __init__(self, style: argparse.Namespace, clock: Clock) -> None:
        self.style = style
        self.clock = clock
        self.api = Api(clock)
        self.pages = Pages(self.api, style)
        self.memory = Memory()
        self._hands = Bulk(self) if style.by == "bulk" else Singly(self)
        self._logs: list[Json] = []
        self._beating = threading.Lock()
        self._last_beat = -math.inf

    def run(self) -> None:
        """A daemon never returns; otherwise until nothing waits any more."""
        quiet = 0
        while quiet < _LOOKS or self.style.daemon:
            self.beat_if_due()
            busy = self._go_round() or (self.style.requeue and self._requeue())
            self._send_logs()
            quiet = 0 if busy else quiet + 1
            if not busy:
                self.clock.wait(_POLL_EVERY)
        self._last_beat = -math.inf
        self.beat_if_due()

    def _go_round(self) -> bool:
        """Does what waits on the list from beginning to end; whether there was anything left to do."""
        pages = self.pages.read("pending,queued,running")
        if self.style.read == "all":
            pages = iter([[task for page in pages for task in page]])
        found = False
        for page in pages:
            is_open = [task for task in page if self.memory.is_open(task)]
            found = found or bool(is_open)
            if news := [task for task in is_open if self.memory.is_news(task)]:
                self._hands.do(news)
                if self.style.read == "first":
                    return True
            elif is_open:
                self.clock.wait(_POLL_EVERY)
        return found

    def _requeue(self) -> bool:
        failed = self.memory.failed()
        listed = [task for page in self.pages.read("failed", 1000) for task in page] if failed else []
        back = [task for task in listed if task["id"] in failed and task["retry_count"] < task["max_retries"]]
        for task in back:
            if self.memory.is_open(task):
                with contextlib.suppress(Refused):
                    self.api.call("PUT", f"/tasks/{task['id']}", {"status": "pending"})
            self.memory.forget(task)
        return bool(back)

    def is_running(self, task: Json) -> bool:
        """Whether the API has a task as running now."""
        return task["id"] in self.pages.ids("running")

    def leave_alone(self, task_id: str, why: str) -> None:
        """Not ours to do: the others go on."""
        self.memory.left_alone.add(task_id)
        self.log("WARN", f"left alone {task_id}: {why}")

    def log(self, level: str, message: str) -> None:
        """Keeps an entry for the next batch."""
        self._logs.append({"level": level, "message": message})

    def beat_if_due(self) -> None:
        """Sends a heartbeat where the last one is a while ago, without making anybody wait for it."""
        if time.monotonic() - self._last_beat > _HEARTBEAT_EVERY and self._beating.acquire(blocking=False):
            try:
                self._last_beat = time.monotonic()
                self._tell("/health", {"server_name": _NAME, "ip": "127.0.0.1", **_METRICS})
            finally:
                self._beating.release()

    def _send_logs(self) -> None:
        some, self._logs = self._logs[:_MOST_ITEMS], self._logs[_MOST_ITEMS:]
        if some:
            self._tell("/logs", {"logs": some})

    def _tell(self, path: str, body: Json) -> None:
        try:
            self.api.send("POST", path, body)
        except (Refused, Trouble) as error:
            sys.stderr.write(f"{path}: {error}\n")
            self.clock.back_off(1)


_METRICS = {
    "cpu_usage": 1.5,
    "ram_usage": 2.5,
    "disk_usage": 3.5,
    "active_threads": 1,
    "active_tasks": 1,
}


def _style() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemon", action="store_true", help="ask again and again, until SIGTERM")
    parser.add_argument("--by", choices=("put", "bulk", "callback"), default="put")
    parser.add_argument("--page", type=int, default=100)
    parser.add_argument("--paging", choices=("cursor", "offset"), default="cursor")
    parser.add_argument("--read", choices=("page", "all", "first"), default="page")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--look", choices=("running", "canceled", "never"), default="running")
    parser.add_argument("--hasty", action="store_true", help="from pending to running in one step")
    parser.add_argument("--chatty", action="store_true", help="with notes, and a log entry for each step")
    parser.add_argument("--requeue", action="store_true", help="take what failed back to pending")
    return parser.parse_args()


if __name__ == "__main__":
    clock = Clock()
    signal.signal(signal.SIGTERM, clock.stop)
    try:
        Worker(_style(), clock).run()
    except Stopped:
        sys.exit(0)
