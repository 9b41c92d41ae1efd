"""A careful worker breaks no rule, for any failures and any style of worker."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.journal import as_exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.run_record.run import Run

MakeWorker = Callable[..., Any]
BrokenRules = Callable[[Run], list[str]]
# A generator that stands for a thread. It yields the seconds for which the thread sleeps.
Steps = Generator[float, None, Any]

ALL = "pending,queued,running,completed,failed,canceled"
LIMITED = {"fault": "status", "status": 429, "retry_after": 1}
TEMPORARY_FAILURES: tuple[dict[str, Any], ...] = (
    {"fault": "status", "status": 500},
    {"fault": "status", "status": 503},
    {"fault": "key-refused"},
    {"fault": "reset"},
    {"fault": "truncated-json"},
    {"fault": "lost-answer"},
    {"fault": "hang", "took": 2.5},
    LIMITED,
)
REFUSAL = {"fault": "status", "status": 403}
TEMPORARY = (None, 401, 429, 500, 503)
FAILED = {"status": "failed", "error_message": "Captcha failed"}


@dataclass(frozen=True)
class Style:
    """The style of a worker.

    threads: how many tasks it does at a time.
    page: how many tasks it asks for in one page.
    by: how it reports: by `put`, `bulk` or `callback`.
    daemon: whether it goes on when the list is empty.
    jitter: how random its pauses are, from 0 to 1.
    """

    threads: int
    page: int
    by: str
    daemon: bool
    jitter: float


STYLES = st.builds(
    Style,
    threads=st.integers(1, 8),
    page=st.sampled_from([1, 3, 100]),
    by=st.sampled_from(["put", "bulk", "callback"]),
    daemon=st.booleans(),
    jitter=st.sampled_from([0.0, 0.5, 1.0]),
)


@dataclass
class Worker:
    """A careful worker with several threads. The threads share one simulated clock.

    scripted: sends the requests and has the clock.
    style: the style of the worker.
    random: makes all random choices.
    failure_rate: the share of requests that get a temporary failure.
    waiting: tasks that no thread has taken yet.
    busy: tasks that a thread works on.
    finished: tasks that are finished for the worker.
    refused: tasks that a request was refused for.
    stopped: True after the last task.
    """

    scripted: Any
    style: Style
    random: Random
    failure_rate: float
    waiting: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    stopped: bool = False

    def run(self, changes: Steps) -> None:
        """Runs all threads to their end. The next thread is always the one that wakes up first.

        changes: one more thread, which changes tasks from outside.
        """
        order = count()
        task_threads = [self.do_tasks() for _ in range(self.style.threads)]
        threads = [changes, self.send_heartbeats(), self.read_lists(), *task_threads]
        turns = [(self.scripted.time, next(order), thread) for thread in threads]
        heapq.heapify(turns)
        while turns:
            wake_time, _, thread = heapq.heappop(turns)
            self.scripted.time = max(self.scripted.time, wake_time)
            pause = next(thread, None)
            if pause is not None:
                heapq.heappush(turns, (self.scripted.time + pause, next(order), thread))

    def send_heartbeats(self) -> Steps:
        while not self.stopped:
            yield from self.call("POST", "/health", {"server_name": "server-01"})
            yield 1.0

    def read_lists(self) -> Steps:
        idle = 0
        while idle < (3 if self.style.daemon else 1):
            has_new_tasks = yield from self.read_pages()
            while self.waiting or self.busy:
                yield 0.05
            idle = 0 if has_new_tasks else idle + 1
            yield 1.0 if self.style.daemon and not has_new_tasks else 0.0
        self.stopped = True

    def read_pages(self) -> Steps:
        """Reads all pages with the cursor. Returns whether there was a new task."""
        after, has_new_tasks = "", False
        while True:
            _, page = yield from self.call("GET", f"/tasks?limit={self.style.page}{after}")
            for task in page["data"]:
                if task["id"] not in self.busy | self.finished and task["id"] not in self.waiting:
                    self.waiting.append(task["id"])
                    has_new_tasks = True
            if not page["next_cursor"]:
                return has_new_tasks
            after = f"&after={page['next_cursor']}"

    def do_tasks(self) -> Steps:
        while not self.stopped:
            if not self.waiting:
                yield 0.05
                continue
            task = self.waiting.pop(0)
            self.busy.add(task)
            if (yield from self.report(task, {"status": "running"})):
                yield self.random.choice([0.0, 0.01, 0.3])
                yield from self.end_task(task)
            self.finished.add(task)
            self.busy.discard(task)

    def end_task(self, task: str) -> Steps:
        if self.random.random() < 0.2:
            yield from self.report(task, FAILED)
        elif self.style.by == "callback":
            yield from self.complete(task)
        else:
            link = f"https://blog.example/{task}"
            yield from self.report(task, {"status": "completed", "link_post": link})

    def complete(self, task: str) -> Steps:
        """Completes a task by callback. If the answer is lost, it reads the list before it tries again."""
        for attempt in count():
            code, _ = yield from self.attempt_once(
                "POST", "/callback/link/complete", {"link_id": task}, attempt
            )
            if code not in TEMPORARY:
                return
            _, page = yield from self.call("GET", f"/tasks?status={ALL}&limit=1000")
            if [listed["status"] for listed in page["data"] if listed["id"] == task] != ["running"]:
                return

    def report(self, task: str, fields: dict[str, str]) -> Steps:
        """Repeats a report until there is an answer. Returns whether the server accepted it."""
        item = {"link_id": task, **fields}
        if self.style.by == "bulk":
            code, answer = yield from self.call("PUT", "/tasks/bulk", {"items": [item]})
            return code == 200 and answer["results"][0]["success"]
        if self.style.by == "callback":
            code, _ = yield from self.call("POST", "/callback/link/update", item)
        else:
            code, _ = yield from self.call("PUT", f"/tasks/{task}", fields)
        return code == 200

    def call(self, method: str, path: str, body: Any = None) -> Steps:
        for attempt in count():
            code, answer = yield from self.attempt_once(method, path, body, attempt)
            if code not in TEMPORARY:
                return code, answer
        raise AssertionError

    def attempt_once(self, method: str, path: str, body: Any, attempt: int) -> Steps:
        """Sends a request once. Sleeps until the answer comes, and pauses after a temporary failure."""
        options = {"took": self.random.choice([0.001, 0.002, 0.2]), **self.fault_for(path)}
        answer = self.scripted.send(method, path, body, **options)
        exchange = as_exchange(self.scripted.world.journal.newest(1)[0])
        self.scripted.wait(-options["took"])
        yield options["took"]
        if exchange.status == 403:
            self.refused.update(self.busy)
        if exchange.status in TEMPORARY:
            least = 1.0 if options.get("retry_after") else 0.0
            longest = min(0.1 * 2**attempt, 5.0)
            yield max(least, self.random.uniform(longest * (1 - self.style.jitter), longest))
        return exchange.status, answer

    def fault_for(self, path: str) -> dict[str, Any]:
        if self.random.random() < self.failure_rate:
            return self.random.choice(TEMPORARY_FAILURES)
        refused = "bulk" not in path and self.random.random() < self.failure_rate / 10
        return REFUSAL if refused and path.startswith(("/tasks/", "/callback")) else {}


def change_tasks(worker: Worker, tasks: list[str]) -> Steps:
    """Cancels some tasks and gives some to another server, while the worker works."""
    for task in tasks:
        if worker.stopped:
            return
        yield worker.random.uniform(0, 0.5)
        number = worker.random.random()
        if number < 0.2:
            worker.scripted.change_task(task, status="canceled")
        elif number < 0.4:
            worker.scripted.reassign_task(task)


@settings(deadline=None, max_examples=60)
@given(
    style=STYLES,
    seed=st.integers(0, 2**32),
    failure_rate=st.sampled_from([0.0, 0.1, 0.4]),
    complete_twice=st.sampled_from(["once", "twice"]),
    list_order=st.sampled_from(["oldest-first", "newest-first"]),
)
# Another thread reads the list because of a failed report of another task, right after a report of this task.
@example(Style(6, 1, "callback", daemon=False, jitter=0.5), 2908, 0.4, "once", "oldest-first")
@example(Style(5, 3, "callback", daemon=False, jitter=0.5), 165834, 0.4, "once", "newest-first")
def test_a_careful_worker_breaks_no_rule(
    scripted_worker: MakeWorker,
    broken_rules: BrokenRules,
    style: Style,
    seed: int,
    failure_rate: float,
    complete_twice: str,
    list_order: str,
) -> None:
    random = Random(seed)
    scripted = scripted_worker(complete_twice=complete_twice, list_order=list_order)
    tasks = scripted.add_tasks(random.randrange(1, 25))
    worker = Worker(scripted, style, random, failure_rate)
    worker.run(change_tasks(worker, tasks[::2]))
    run = scripted.run_record(ended_by="until" if style.daemon else "exit")
    assert broken_rules(run) == []
    assert {
        task["id"] for task in run.own_tasks() if task["status"] not in worker_api().statuses_in("ended")
    } <= worker.refused
