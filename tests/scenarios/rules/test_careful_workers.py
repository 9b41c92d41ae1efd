"""Whatever goes wrong, and however a careful worker is built, no rule blames it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.scenarios.model.until import ENDS
from workerkit.scenarios.run_record.run import Run

Begin = Callable[..., Any]
BrokenIn = Callable[[Run], list[str]]
# A thread yields the seconds for which it sleeps.
Steps = Generator[float, None, Any]

ALL = "pending,queued,running,completed,failed,canceled"
LIMITED = {"fault": "status", "status": 429, "retry_after": 1}
TROUBLES: tuple[dict[str, Any], ...] = (
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
PASSING = (None, 401, 429, 500, 503)
FAILED = {"status": "failed", "error_message": "Captcha failed"}


@dataclass(frozen=True)
class Style:
    """How a worker is built: how many threads, how large its pages, by what it reports."""

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
    """A careful worker of a style, as threads on the time of a story."""

    story: Any
    style: Style
    chance: Random
    trouble: float
    waiting: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    stopped: bool = False

    def run(self, author: Steps) -> None:
        """Runs all threads to their end, always the one whose turn it is."""
        order = count()
        hands = [self.hand() for _ in range(self.style.threads)]
        threads = [author, self.heart(), self.reader(), *hands]
        turns = [(self.story.time, next(order), each) for each in threads]
        heapq.heapify(turns)
        while turns:
            at, _, thread = heapq.heappop(turns)
            self.story.time = max(self.story.time, at)
            pause = next(thread, None)
            if pause is not None:
                heapq.heappush(turns, (self.story.time + pause, next(order), thread))

    def heart(self) -> Steps:
        while not self.stopped:
            yield from self.call("POST", "/health", {"server_name": "server-01"})
            yield 1.0

    def reader(self) -> Steps:
        idle = 0
        while idle < (3 if self.style.daemon else 1):
            news = yield from self.pages()
            while self.waiting or self.busy:
                yield 0.05
            idle = 0 if news else idle + 1
            yield 1.0 if self.style.daemon and not news else 0.0
        self.stopped = True

    def pages(self) -> Steps:
        """Reads all pages by cursor; returns whether there was anything new."""
        after, news = "", False
        while True:
            _, page = yield from self.call("GET", f"/tasks?limit={self.style.page}{after}")
            for task in page["data"]:
                if task["id"] not in self.busy | self.over and task["id"] not in self.waiting:
                    self.waiting.append(task["id"])
                    news = True
            if not page["next_cursor"]:
                return news
            after = f"&after={page['next_cursor']}"

    def hand(self) -> Steps:
        while not self.stopped:
            if not self.waiting:
                yield 0.05
                continue
            task = self.waiting.pop(0)
            self.busy.add(task)
            if (yield from self.report(task, {"status": "running"})):
                yield self.chance.choice([0.0, 0.01, 0.3])
                yield from self.end(task)
            self.over.add(task)
            self.busy.discard(task)

    def end(self, task: str) -> Steps:
        if self.chance.random() < 0.2:
            yield from self.report(task, FAILED)
        elif self.style.by == "callback":
            yield from self.complete(task)
        else:
            link = f"https://blog.example/{task}"
            yield from self.report(task, {"status": "completed", "link_post": link})

    def complete(self, task: str) -> Steps:
        """Completes by callback; where the answer is lost it looks first what became of the task."""
        for attempt in count():
            code, _ = yield from self.once("POST", "/callback/link/complete", {"link_id": task}, attempt)
            if code not in PASSING:
                return
            _, page = yield from self.call("GET", f"/tasks?status={ALL}&limit=1000")
            if [each["status"] for each in page["data"] if each["id"] == task] != ["running"]:
                return

    def report(self, task: str, fields: dict[str, str]) -> Steps:
        """Reports until it is answered; returns whether the task is still the worker's own."""
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
            code, answer = yield from self.once(method, path, body, attempt)
            if code not in PASSING:
                return code, answer
        raise AssertionError

    def once(self, method: str, path: str, body: Any, attempt: int) -> Steps:
        """One attempt, and after trouble a pause. The answer comes while other threads go on."""
        how = {"took": self.chance.choice([0.001, 0.002, 0.2]), **self.fate(path)}
        answer = self.story.ask(method, path, body, **how)
        exchange = self.story.world.journal.newest(1)[0]
        self.story.wait(-how["took"])
        yield how["took"]
        if exchange.status == 403:
            self.refused.update(self.busy)
        if exchange.status in PASSING:
            least = 1.0 if how.get("retry_after") else 0.0
            longest = min(0.1 * 2**attempt, 5.0)
            yield max(least, self.chance.uniform(longest * (1 - self.style.jitter), longest))
        return exchange.status, answer

    def fate(self, path: str) -> dict[str, Any]:
        if self.chance.random() < self.trouble:
            return self.chance.choice(TROUBLES)
        refused = "bulk" not in path and self.chance.random() < self.trouble / 10
        return REFUSAL if refused and path.startswith(("/tasks/", "/callback")) else {}


def author(worker: Worker, tasks: list[str]) -> Steps:
    """Cancels some tasks and gives others to another server, while the worker works."""
    for task in tasks:
        if worker.stopped:
            return
        yield worker.chance.uniform(0, 0.5)
        fate = worker.chance.random()
        if fate < 0.2:
            worker.story.change(task, status="canceled")
        elif fate < 0.4:
            worker.story.give_away(task)


@settings(deadline=None, max_examples=60)
@given(
    style=STYLES,
    seed=st.integers(0, 2**32),
    trouble=st.sampled_from([0.0, 0.1, 0.4]),
    complete_twice=st.sampled_from(["once", "twice"]),
    list_order=st.sampled_from(["oldest-first", "newest-first"]),
)
def test_a_careful_worker_is_never_blamed(
    story: Begin,
    broken_in: BrokenIn,
    style: Style,
    seed: int,
    trouble: float,
    complete_twice: str,
    list_order: str,
) -> None:
    chance = Random(seed)
    told = story(complete_twice=complete_twice, list_order=list_order)
    tasks = told.tasks(chance.randrange(1, 25))
    worker = Worker(told, style, chance, trouble)
    worker.run(author(worker, tasks[::2]))
    run = told.run(ended_by="until" if style.daemon else "exit")
    assert broken_in(run) == []
    assert {task["id"] for task in run.own_tasks() if task["status"] not in ENDS} <= worker.refused
