"""Compares a backlog with a simple model: one sorted list of all tasks, which is filtered each time."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from workerkit.mockserver.world.backlog import Backlog
from workerkit.mockserver.world.entities import Account, CustomerRequest, Task

STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
KINDS = ("entity", "social", "blog")
PLACES = st.integers(-5, 60)
FILTERS = st.tuples(st.sets(st.sampled_from(STATUSES)), st.none() | st.sampled_from((*KINDS, "unknown")))
Filter = tuple[Collection[str], str | None]


def task_at(place: int, status: str = "pending", kind: str = "entity") -> Task:
    request = CustomerRequest("r", "Campaign", "https://w.example", "normal", 100, "running")
    account = Account("a", "a@mail.example", "a", "pass", "", "active")
    return Task(f"task-{place}", place, "server-01", request, account, kind, "s", "site", 0.0, status)


class BacklogMachine(RuleBasedStateMachine):
    """Adds, changes and removes tasks in any order, and lists them in all ways."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog()
        self.tasks: dict[int, Task] = {}

    def expected(self, task_filter: Filter) -> list[Task]:
        statuses, kind = task_filter
        in_order = [self.tasks[place] for place in sorted(self.tasks)]
        return [task for task in in_order if task.status in statuses and kind in (None, task.service_type)]

    @rule(place=PLACES, status=st.sampled_from(STATUSES), kind=st.sampled_from(KINDS))
    def add(self, place: int, status: str, kind: str) -> None:
        if place not in self.tasks:
            self.tasks[place] = task_at(place, status, kind)
            self.backlog.add(self.tasks[place])

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(sorted(self.tasks)))
        self.backlog.remove(self.tasks.pop(place))

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), status=st.sampled_from(STATUSES))
    def change_status(self, data: st.DataObject, status: str) -> None:
        task = self.tasks[data.draw(st.sampled_from(sorted(self.tasks)))]
        self.backlog.change_status(task, status)
        assert task.status == status

    @rule(task_filter=FILTERS, skip=st.integers(0, 40), limit=st.integers(0, 20))
    def page(self, task_filter: Filter, skip: int, limit: int) -> None:
        found = self.backlog.page(*task_filter, skip=skip, limit=limit)
        assert found == self.expected(task_filter)[skip : skip + limit]

    @rule(task_filter=FILTERS, place=PLACES, limit=st.integers(0, 20))
    def after(self, task_filter: Filter, place: int, limit: int) -> None:
        found = self.backlog.after(*task_filter, place=place, limit=limit)
        assert found == [task for task in self.expected(task_filter) if task.place > place][:limit]

    @rule(task_filter=FILTERS)
    def count(self, task_filter: Filter) -> None:
        assert self.backlog.count(*task_filter) == len(self.expected(task_filter))

    @rule(task_filter=FILTERS, limit=st.integers(1, 7))
    def all_pages_together(self, task_filter: Filter, limit: int) -> None:
        everything = self.expected(task_filter)
        pages = [
            self.backlog.page(*task_filter, skip=skip, limit=limit)
            for skip in range(0, len(everything), limit)
        ]
        assert [task for page in pages for task in page] == everything
        assert self.backlog.page(*task_filter, skip=len(everything), limit=limit) == []

    @rule(task_filter=FILTERS, limit=st.integers(1, 7))
    def all_pages_by_cursor_together(self, task_filter: Filter, limit: int) -> None:
        found = self.backlog.page(*task_filter, skip=0, limit=limit)
        while found and (more := self.backlog.after(*task_filter, place=found[-1].place, limit=limit)):
            found += more
        assert found == self.expected(task_filter)

    @invariant()
    def every_task_is_listed_once(self) -> None:
        found = self.backlog.page(STATUSES, None, skip=0, limit=1000)
        assert [task.place for task in found] == sorted(self.tasks)


TestBacklog = BacklogMachine.TestCase
TestBacklog.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_missing_task_cannot_be_removed() -> None:
    backlog = Backlog()
    with pytest.raises(KeyError):
        backlog.remove(task_at(1))


def test_a_page_far_beyond_the_end_is_empty() -> None:
    backlog = Backlog()
    backlog.add(task_at(1))
    assert backlog.page(STATUSES, None, skip=2**63 * 1000, limit=1001) == []
    assert backlog.page((), None, skip=0, limit=10) == []


def test_a_cursor_still_works_when_its_task_no_longer_matches_the_filter() -> None:
    backlog = Backlog()
    tasks = [task_at(place) for place in range(6)]
    for task in tasks:
        backlog.add(task)
    backlog.change_status(tasks[2], "completed")
    assert backlog.after(["pending"], None, place=tasks[2].place, limit=2) == tasks[3:5]
