"""A careful worker. Options on the command line set its style. No style breaks a rule.

It needs the same three environment variables as the example workers. As a daemon it runs until SIGTERM.
At SIGTERM it ends at once, and the next start finishes what is running. With --give-back, it first sets the
tasks that it has begun back to pending, and sends its last logs.
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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
IsDone = Callable[[], bool]

_URL = urlsplit(os.environ["LIKEPION_BASE_URL"])
_KEY = os.environ["LIKEPION_API_KEY"]
_NAME = os.environ["LIKEPION_SERVER_NAME"]
TIMEOUT = 2.5
_LONGEST_PAUSE = 3.0
_GIVE_UP_AFTER = 90.0
_POLL_EVERY = 0.4
_HEARTBEAT_EVERY = 2.0
_OLD_AFTER = 1.0
_MOST_ITEMS = 500
_CHECKS = 3


class RefusedError(Exception):
    """The API refused the request, and will refuse it again."""


class TemporaryError(Exception):
    """There is no usable answer. Sending the request again may help."""


class StoppedError(BaseException):
    """SIGTERM came: the worker has to end."""


class Clock:
    """Waits and pauses. Every wait ends when the worker has to end."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._not_before = 0.0

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Ends all waits from now on. This is the handler of SIGTERM."""
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Waits. Raises StoppedError if the worker has to end."""
        if self._stopped.wait(max(0.0, seconds)):
            raise StoppedError

    def back_off(self, attempt: int) -> None:
        """Waits longer for each attempt."""
        longest = min(0.15 * 2**attempt, _LONGEST_PAUSE)
        self.wait(random.uniform(longest / 2, longest))

    def hold_requests(self, seconds: float) -> None:
        """Lets all threads wait this many seconds before their next request."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    def wait_for_permission(self) -> None:
        """Waits until the threads may send requests again."""
        self.wait(self._not_before - time.monotonic())


class Api:
    """Sends requests to the API. Each thread has its own connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._connections = threading.local()

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """Sends a request once. Raises RefusedError and TemporaryError."""
        self._clock.wait_for_permission()
        status, retry_after, text = self._send_bytes(method, path, body)
        if (seconds := seconds_to_wait(retry_after)) > 0:
            self._clock.hold_requests(seconds)
        if status in (401, 429) or status >= 500:
            raise TemporaryError(f"status {status}")
        if status >= 300:
            raise RefusedError(f"status {status}")
        try:
            return dict(json.loads(text))
        except (TypeError, ValueError):
            raise TemporaryError("the answer is not a JSON object") from None

    def call(
        self, method: str, path: str, body: Json | None = None, *, is_done: IsDone = lambda: False
    ) -> Json:
        """Sends a request, and repeats it after a temporary error.

        is_done: says whether the API has accepted the request, so that only the answer was lost.
        """
        give_up_at = time.monotonic() + _GIVE_UP_AFTER
        for attempt in itertools.count():
            try:
                return self.send(method, path, body)
            except TemporaryError as error:
                if time.monotonic() > give_up_at:
                    raise RefusedError(str(error)) from None
            self._clock.back_off(attempt)
            if is_done():
                break
        return {}

    def _send_bytes(self, method: str, path: str, body: Json | None) -> tuple[int, str, bytes]:
        connection = self._connection()
        data = None if body is None else json.dumps(body).encode()
        try:
            connection.request(
                method, _URL.path + path, data, {"X-API-Key": _KEY, "Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Retry-After", ""), answer.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise TemporaryError(repr(error)) from None

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._connections, "connection"):
            self._connections.connection = http.client.HTTPConnection(_URL.netloc, timeout=TIMEOUT)
        connection: http.client.HTTPConnection = self._connections.connection
        return connection


def seconds_to_wait(retry_after: str) -> float:
    """Returns the seconds that the header Retry-After asks for, as a number or as a date."""
    if retry_after.isdecimal():
        return int(retry_after)
    try:
        return parsedate_to_datetime(retry_after).timestamp() - time.time()
    except ValueError:
        return 0.0


class Pages:
    """Reads the list page by page, in the style of the worker."""

    def __init__(self, api: Api, style: argparse.Namespace) -> None:
        self._api = api
        self._style = style

    def read(self, status: str, limit: int | None = None) -> Iterator[list[Json]]:
        """Yields the tasks with these statuses page by page. No task comes twice."""
        seen: set[str] = set()
        position: str | None = ""
        for number in itertools.count(2):
            try:
                page = self._api.call(
                    "GET", f"/tasks?status={status}&limit={limit or self._style.page}{position}"
                )
            except RefusedError:
                if not position:
                    raise
                return
            new = list({task["id"]: task for task in page["data"] if task["id"] not in seen}.values())
            seen.update(task["id"] for task in new)
            yield new
            position = self._next(page, number)
            if position is None or not page["data"]:
                return

    def ids(self, status: str) -> set[str]:
        """Returns the ids of the tasks with these statuses."""
        return {task["id"] for page in self.read(status, 1000) for task in page}

    def _next(self, page: Json, number: int) -> str | None:
        if self._style.paging == "offset":
            return f"&page={number}"
        cursor = page.get("next_cursor")
        return f"&after={cursor}" if cursor else None


class Memory:
    """What the worker knows about its tasks. Its threads never work on the same task."""

    def __init__(self) -> None:
        self.dropped: set[str] = set()
        self.begun: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._results: dict[str, Json] = {}
        self._reported: dict[str, tuple[int, float]] = {}

    def is_open(self, task: Json) -> bool:
        """Whether the worker still has to do a listed task."""
        attempts = max(task["retry_count"], self._attempts[task["id"]])
        return task["id"] not in self.dropped and bool(attempts <= task["max_retries"])

    def is_new(self, task: Json) -> bool:
        """Whether the worker has not just reported the result of this task."""
        retries, reported_at = self._reported.get(task["id"], (-1, 0.0))
        return bool(task["retry_count"] > retries or time.monotonic() - reported_at > _OLD_AFTER)

    def result_of(self, task: Json) -> Json:
        """Returns the result of a task. A task that is done, but not reported yet, is not done again."""
        known = self._results.get(task["id"])
        if known is not None and (task["status"] == "running" or task["id"] not in self._reported):
            return known
        self._attempts[task["id"]] += 1
        self._results[task["id"]] = result = do_at_site(task)
        return result

    def mark_reported(self, task: Json) -> None:
        """Remembers that the API has the result of the task."""
        self.begun.discard(task["id"])
        self._reported[task["id"]] = task["retry_count"], time.monotonic()

    def failed(self) -> set[str]:
        """Returns the ids of the tasks that failed in this run."""
        return {task_id for task_id, result in self._results.items() if result["status"] == "failed"}

    def forget(self, task: Json) -> None:
        """Forgets a task, so that it is done again."""
        self._results.pop(task["id"], None)
        self._reported.pop(task["id"], None)


def do_at_site(task: Json) -> Json:
    """Stands for the real work. Returns the update with the result."""
    if '"simulate": "fail"' in str(task["config"]):
        return {"status": "failed", "error_message": "The site was closed"}
    return {"status": "completed", "link_post": f"https://{task['site_name']}/{task['id']}"}


class SingleReporter:
    """Does tasks and reports them one by one, with `PUT /tasks/:id` or with the callbacks."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._callbacks = worker.style.by == "callback"

    def do(self, tasks: list[Json]) -> None:
        """Does tasks, one in each thread at a time."""
        if self._worker.style.threads == 1:
            for task in tasks:
                self._do_one(task)
        else:
            with ThreadPoolExecutor(self._worker.style.threads) as pool:
                list(pool.map(self._do_one, tasks))

    def requeue(self, tasks: list[Json]) -> None:
        """Sets failed tasks back to pending."""
        for task in tasks:
            with contextlib.suppress(RefusedError):
                self._report(task, {"status": "pending"})

    def _do_one(self, task: Json) -> None:
        worker, memory = self._worker, self._worker.memory
        memory.begun.add(task["id"])
        try:
            for status in self._steps(task):
                self._report(task, {"status": status})
            result = memory.result_of(task)
            if worker.style.look == "canceled" and task["id"] in worker.pages.ids("canceled"):
                return
            if worker.style.look == "running" and not worker.is_running(task):
                return
            self._report(task, result, is_done=lambda: not worker.is_running(task))
            memory.mark_reported(task)
        except RefusedError as error:
            worker.drop(task["id"], str(error))
        worker.heartbeat_if_due()

    def _steps(self, task: Json) -> tuple[str, ...]:
        steps = {"pending": ("queued", "running"), "queued": ("running",)}.get(task["status"], ())
        return steps[-1:] if self._worker.style.hasty else steps

    def _report(self, task: Json, change: Json, *, is_done: IsDone = lambda: False) -> None:
        api = self._worker.api
        if self._worker.style.chatty:
            self._worker.log("DEBUG", f"{change['status']} {task['id']}")
            change = change if self._callbacks else {**change, "note": f"by {_NAME}", "is_indexed": False}
        if not self._callbacks:
            # It does no harm to send the same update twice.
            never_looks = self._worker.style.look == "never"
            api.call(
                "PUT", f"/tasks/{task['id']}", change, is_done=(lambda: False) if never_looks else is_done
            )
        elif change["status"] == "completed":
            links = {name: value for name, value in change.items() if name != "status"}
            api.call("POST", "/callback/link/complete", {"link_id": task["id"], **links}, is_done=is_done)
        else:
            api.call("POST", "/callback/link/update", {"link_id": task["id"], **change}, is_done=is_done)


class BulkReporter:
    """Does tasks and reports many of them in one request."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def do(self, tasks: list[Json]) -> None:
        """Does all tasks together. Sets each status for all tasks in one request."""
        memory = self._worker.memory
        self._set_status([task for task in tasks if task["status"] == "pending"], {"status": "queued"})
        self._set_status([task for task in tasks if task["status"] != "running"], {"status": "running"})
        ours = [task for task in tasks if task["id"] not in memory.dropped]
        with ThreadPoolExecutor(self._worker.style.threads) as pool:
            results = dict(zip((task["id"] for task in ours), pool.map(memory.result_of, ours), strict=True))
        for begin in range(0, len(ours), _MOST_ITEMS):
            self._report(ours[begin : begin + _MOST_ITEMS], results)
        self._worker.heartbeat_if_due()

    def requeue(self, tasks: list[Json]) -> None:
        """Sets failed tasks back to pending."""
        self._set_status(tasks, {"status": "pending"})

    def _set_status(self, tasks: list[Json], change: Json) -> None:
        ours = [task for task in tasks if task["id"] not in self._worker.memory.dropped]
        for begin in range(0, len(ours), _MOST_ITEMS):
            batch = ours[begin : begin + _MOST_ITEMS]
            try:
                self._drop_refused(
                    self._worker.api.call("PUT", "/tasks/bulk", _items(batch, lambda _: change))
                )
            except RefusedError as error:
                for half in self._halves(batch, error):
                    self._set_status(half, change)

    def _report(self, tasks: list[Json], results: dict[str, Json]) -> None:
        """Reports results. Reads the list before each attempt: only running tasks need a report."""
        for attempt in itertools.count():
            running = self._worker.pages.ids("running")
            ended = [task for task in tasks if task["id"] not in running]
            tasks = [task for task in tasks if task["id"] in running]
            for task in ended if attempt else ():
                self._worker.memory.mark_reported(task)
            if not tasks:
                return
            try:
                self._drop_refused(
                    self._worker.api.send("PUT", "/tasks/bulk", _items(tasks, lambda id_: results[id_]))
                )
                break
            except RefusedError as error:
                for half in self._halves(tasks, error):
                    self._report(half, results)
                return
            except TemporaryError:
                self._worker.clock.back_off(attempt)
        for task in tasks:
            if task["id"] not in self._worker.memory.dropped:
                self._worker.memory.mark_reported(task)

    def _halves(self, tasks: list[Json], error: RefusedError) -> list[list[Json]]:
        """Returns the two halves of a refused batch. A batch of one task is dropped instead."""
        if len(tasks) == 1:
            self._worker.drop(tasks[0]["id"], str(error))
            return []
        middle = len(tasks) // 2
        return [tasks[:middle], tasks[middle:]]

    def _drop_refused(self, answer: Json) -> None:
        for result in answer["results"]:
            if not result["success"]:
                self._worker.drop(result["link_id"], result["error"])


def _items(tasks: list[Json], change: Callable[[str], Json]) -> Json:
    return {"items": [{"link_id": task["id"], **change(task["id"])} for task in tasks]}


class Worker:
    """Does the tasks of its server in the given style."""

    def __init__(self, style: argparse.Namespace, api: Api, clock: Clock) -> None:
        self.style = style
        self.clock = clock
        self.api = api
        self.pages = Pages(self.api, style)
        self.memory = Memory()
        self._reporter = BulkReporter(self) if style.by == "bulk" else SingleReporter(self)
        self._logs: list[Json] = []
        self._heartbeat_lock = threading.Lock()
        self._last_heartbeat = -math.inf

    def run(self) -> None:
        """Works until no task waits any more. A daemon goes on."""
        empty_checks = 0
        while empty_checks < _CHECKS or self.style.daemon:
            self.heartbeat_if_due()
            busy = self._do_list() or (self.style.requeue and self._requeue())
            self._send_logs()
            empty_checks = 0 if busy else empty_checks + 1
            if not busy:
                self.clock.wait(_POLL_EVERY)
        self._last_heartbeat = -math.inf
        self.heartbeat_if_due()

    def give_back(self) -> None:
        """Sets the tasks that this process has begun back to pending, and sends the last logs."""
        self.clock = Clock()
        self.api = Api(self.clock)
        listed = [task["id"] for page in Pages(self.api, self.style).read("running", 1000) for task in page]
        for task_id in self.memory.begun.intersection(listed):
            self.api.call("PUT", f"/tasks/{task_id}", {"status": "pending"})
            self.log("INFO", f"given back: {task_id}")
        self._send_logs()

    def _do_list(self) -> bool:
        """Reads the list once and does its tasks. Returns whether there was a task to do."""
        pages = self.pages.read("pending,queued,running")
        if self.style.read == "all":
            pages = iter([[task for page in pages for task in page]])
        found_tasks = False
        for page in pages:
            is_open = [task for task in page if self.memory.is_open(task)]
            found_tasks = found_tasks or bool(is_open)
            if new := [task for task in is_open if self.memory.is_new(task)]:
                self._reporter.do(new)
                if self.style.read == "first":
                    return True
            elif is_open:
                self.clock.wait(_POLL_EVERY)
        return found_tasks

    def _requeue(self) -> bool:
        failed = self.memory.failed()
        listed = [task for page in self.pages.read("failed", 1000) for task in page] if failed else []
        retried = [
            task for task in listed if task["id"] in failed and task["retry_count"] < task["max_retries"]
        ]
        self._reporter.requeue([task for task in retried if self.memory.is_open(task)])
        for task in retried:
            self.memory.forget(task)
        return bool(retried)

    def is_running(self, task: Json) -> bool:
        """Whether the API lists the task as running now."""
        return task["id"] in self.pages.ids("running")

    def drop(self, task_id: str, why: str) -> None:
        """Leaves a refused task alone from now on."""
        self.memory.dropped.add(task_id)
        self.log("WARN", f"dropped {task_id}: {why}")

    def log(self, level: str, message: str) -> None:
        """Keeps an entry for the next batch."""
        self._logs.append({"level": level, "message": message})

    def heartbeat_if_due(self) -> None:
        """Sends a heartbeat if it is time. Other threads do not wait for it."""
        if time.monotonic() - self._last_heartbeat > _HEARTBEAT_EVERY and self._heartbeat_lock.acquire(
            blocking=False
        ):
            try:
                self._last_heartbeat = time.monotonic()
                self._post("/health", {"server_name": _NAME, "ip": "127.0.0.1", **_METRICS})
            finally:
                self._heartbeat_lock.release()

    def _send_logs(self) -> None:
        batch, self._logs = self._logs[:_MOST_ITEMS], self._logs[_MOST_ITEMS:]
        if batch:
            self._post("/logs", {"logs": batch})

    def _post(self, path: str, body: Json) -> None:
        try:
            self.api.send("POST", path, body)
        except (RefusedError, TemporaryError) as error:
            sys.stderr.write(f"{path}: {error}\n")
            self.clock.back_off(1)


_METRICS = {
    "cpu_usage": 1.5,
    "ram_usage": 2.5,
    "disk_usage": 3.5,
    "active_threads": 1,
    "active_tasks": 1,
}


def read_style(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Returns the style that the arguments choose. Without `arguments`, those of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemon", action="store_true", help="run until SIGTERM")
    parser.add_argument("--by", choices=("put", "bulk", "callback"), default="put")
    parser.add_argument("--page", type=int, default=100)
    parser.add_argument("--paging", choices=("cursor", "offset"), default="cursor")
    parser.add_argument("--read", choices=("page", "all", "first"), default="page")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--look", choices=("running", "canceled", "never"), default="running")
    parser.add_argument("--hasty", action="store_true", help="set pending tasks to running in one step")
    parser.add_argument("--chatty", action="store_true", help="send notes, and a log entry for each step")
    parser.add_argument("--give-back", action="store_true", help="open tasks again at SIGTERM")
    parser.add_argument("--requeue", action="store_true", help="set failed tasks back to pending")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    clock = Clock()
    signal.signal(signal.SIGTERM, clock.stop)
    worker = Worker(read_style(), Api(clock), clock)
    try:
        worker.run()
    except StoppedError:
        if worker.style.give_back:
            worker.give_back()
        sys.exit(0)
