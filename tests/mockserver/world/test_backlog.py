"""A backlog is held against what it stands for: all its tasks in one sorted list, filtered anew each time."""

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
FILTERS = st.tuples(st.sets(st.sampled_from(STATUSES)), st.none() | st.sampled_from((*KINDS, "unheard-of")))
Filter = tuple[Collection[str], str | None]


def task_at(place: int, status: str = "pending", kind: str = "entity") -> Task:
    request = CustomerRequest("r", "Campaign", "https://w.example", "normal", 100, "running")
    account = Account("a", "a@mail.example", "a", "pass", "", "active")
    return Task(f"task-{place}", place, "server-01", request, account, kind, "s", "site", 0.0, status)


class Listed(RuleBasedStateMachine):
    """Adds, moves and removes tasks in any order, and lists them in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.backlog = Backlog()
        self.tasks: dict[int, Task] = {}

    def brute_force(self, chosen: Filter) -> list[Task]:
        statuses, kind = chosen
        in_order = [self.tasks[place] for place in sorted(self.tasks)]
        return [each for each in in_order if each.status in statuses and kind in (None, each.service_type)]

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
    def restatus(self, data: st.DataObject, status: str) -> None:
        task = self.tasks[data.draw(st.sampled_from(sorted(self.tasks)))]
        self.backlog.restatus(task, status)
        assert task.status == status

    @rule(chosen=FILTERS, skip=st.integers(0, 40), most=st.integers(0, 20))
    def page(self, chosen: Filter, skip: int, most: int) -> None:
        found = self.backlog.page(*chosen, skip=skip, most=most)
        assert found == self.brute_force(chosen)[skip : skip + most]

    @rule(chosen=FILTERS, place=PLACES, most=st.integers(0, 20))
    def after(self, chosen: Filter, place: int, most: int) -> None:
        found = self.backlog.after(*chosen, place=place, most=most)
        assert found == [each for each in self.brute_force(chosen) if each.place > place][:most]

    @rule(chosen=FILTERS)
    def count(self, chosen: Filter) -> None:
        assert self.backlog.count(*chosen) == len(self.brute_force(chosen))

    @rule(chosen=FILTERS, most=st.integers(1, 7))
    def pages_make_the_whole(self, chosen: Filter, most: int) -> None:
        whole = self.brute_force(chosen)
        pages = [self.backlog.page(*chosen, skip=skip, most=most) for skip in range(0, len(whole), most)]
        assert [task for page in pages for task in page] == whole
        assert self.backlog.page(*chosen, skip=len(whole), most=most) == []

    @rule(chosen=FILTERS, most=st.integers(1, 7))
    def cursors_make_the_whole(self, chosen: Filter, most: int) -> None:
        found = self.backlog.page(*chosen, skip=0, most=most)
        while found and (more := self.backlog.after(*chosen, place=found[-1].place, most=most)):
            found += more
        assert found == self.brute_force(chosen)

    @invariant()
    def every_task_is_listed_once(self) -> None:
        found = self.backlog.page(STATUSES, None, skip=0, most=1000)
        assert [task.place for task in found] == sorted(self.tasks)


TestListed = Listed.TestCase
TestListed.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_task_that_is_not_in_cannot_be_taken_out() -> None:
    backlog = Backlog()
    with pytest.raises(KeyError):
        backlog.remove(task_at(1))


def test_a_page_far_beyond_the_end_is_empty() -> None:
    backlog = Backlog()
    backlog.add(task_at(1))
    assert backlog.page(STATUSES, None, skip=2**63 * 1000, most=1001) == []
    assert backlog.page((), None, skip=0, most=10) == []


def test_a_cursor_still_works_when_its_task_has_left_the_filter() -> None:
    backlog = Backlog()
    tasks = [task_at(place) for place in range(6)]
    for task in tasks:
        backlog.add(task)
    backlog.restatus(tasks[2], "completed")
    assert backlog.after(["pending"], None, place=tasks[2].place, most=2) == tasks[3:5]
