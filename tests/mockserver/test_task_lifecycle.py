"""The task of a task from pending to its end: the fields, the refused steps and the retries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.openapi.spec.silence import silences

Json = dict[str, Any]
Control = Callable[..., requests.Response]

SECONDS = 120
STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
ALONG_THE_FLOW = [
    ("pending", "queued"),
    ("queued", "running"),
    ("running", "completed"),
    ("running", "failed"),
    ("running", "canceled"),
    ("failed", "pending"),
]
AGAINST_THE_FLOW = [
    (one, other)
    for one, other in product(STATUSES, STATUSES)
    if one != other and (one, other) not in ALONG_THE_FLOW
]
UNSTARTED = ("pending", "queued")
STRICT = {"transitions": "strict"}


@dataclass(frozen=True)
class TaskInWorld:
    """One task in its own world. A worker changes it, and the control plane shows it."""

    mock: WorldServer
    http: requests.Session
    control: Control
    world: World
    id: str

    def send(self, method: str, path: str, body: Json) -> requests.Response:
        headers = {"X-API-Key": f"server-01-key-{self.world.name}"}
        url = self.mock.base_url + path
        return self.http.request(method, url, json=body, headers=headers, timeout=SECONDS)

    def put(self, **fields: Any) -> requests.Response:
        """Sends PUT /tasks/:id."""
        return self.send("PUT", f"/tasks/{self.id}", fields)

    def change_status(self, *statuses: str) -> Json:
        """Gives the task these statuses, one after the other. Returns the task after that."""
        for status in statuses:
            answer = self.put(status=status)
            assert answer.status_code == 200, answer.text
        return self.current()

    def update(self, **fields: Any) -> requests.Response:
        return self.send("POST", "/callback/link/update", {"link_id": self.id, **fields})

    def complete(self, **fields: Any) -> requests.Response:
        return self.send("POST", "/callback/link/complete", {"link_id": self.id, **fields})

    def bulk(self, *changes: Json) -> Json:
        """Sends PUT /tasks/bulk with changes of this task. Returns the JSON of the answer."""
        answer = self.send(
            "PUT", "/tasks/bulk", {"items": [{"link_id": self.id, **change} for change in changes]}
        )
        assert answer.status_code == 200
        body: Json = answer.json()
        return body

    def _world_json(self) -> Json:
        world: Json = self.control("GET", f"/worlds/{self.world.name}").json()
        return world

    def current(self) -> Json:
        """The task as the control plane shows it."""
        (task,) = self._world_json()["tasks"]
        return dict(task)

    def created_links(self) -> int:
        """The value of `created_links` of the task's request."""
        counts = {request["id"]: request["created_links"] for request in self._world_json()["requests"]}
        return int(counts[self.current()["request_id"]])

    def freeze_clock(self, time: str) -> str:
        """Stops the clock at a minute and second after 10:00. Returns the complete time."""
        full_time = f"2025-12-01T10:{time}Z"
        assert (
            self.control("POST", f"/worlds/{self.world.name}/clock", {"freeze": full_time}).status_code == 200
        )
        return full_time


CreateTask = Callable[..., AbstractContextManager[TaskInWorld]]


@pytest.fixture(scope="session")
def create(mock: WorldServer, http: requests.Session, control: Control) -> CreateTask:
    """Creates a task with the given fields in a new world. The dialect makes the given choices."""

    @contextmanager
    def in_new_world(choices: dict[str, str] | None = None, **fields: Any) -> Iterator[TaskInWorld]:
        name = mock.run_in_server_thread(mock.worlds.new_name)
        builder = WorldBuilder(seed=7, dialect=dialect_of(choices or {}), with_tasks=False)
        world = mock.run_in_server_thread(lambda: mock.worlds.add(name, builder)).world
        try:
            added = control("POST", f"/worlds/{name}/tasks", {"server": "server-01", **fields}).json()[
                "tasks"
            ][0]
            yield TaskInWorld(mock, http, control, world, added["id"])
        finally:
            mock.run_in_server_thread(lambda: mock.worlds.remove(name))

    return in_new_world


# started_at


def test_started_at_is_set_when_a_task_becomes_running(create: CreateTask) -> None:
    with create() as task:
        assert task.current()["started_at"] is None
        assert task.change_status("queued")["started_at"] is None
        began = task.freeze_clock("05:00")
        assert task.change_status("running")["started_at"] == began


def test_a_second_running_keeps_started_at(create: CreateTask) -> None:
    with create() as task:
        began = task.freeze_clock("05:00")
        task.change_status("running")
        task.freeze_clock("06:00")
        assert task.change_status("running")["started_at"] == began


@pytest.mark.parametrize("end", ["completed", "failed", "canceled"])
def test_an_ended_task_keeps_started_at(create: CreateTask, end: str) -> None:
    with create() as task:
        began = task.freeze_clock("05:00")
        task.change_status("running")
        task.freeze_clock("06:00")
        assert task.change_status(end)["started_at"] == began


@pytest.mark.parametrize(
    ("status", "waiting"), [*product(("running", "completed", "failed", "canceled"), UNSTARTED)]
)
def test_started_at_is_null_when_a_task_waits_again(create: CreateTask, status: str, waiting: str) -> None:
    with create() as task:
        assert task.change_status("running", status)["started_at"] is not None
        assert task.change_status(waiting)["started_at"] is None


def test_a_task_that_runs_again_has_a_new_started_at(create: CreateTask) -> None:
    with create() as task:
        task.freeze_clock("05:00")
        task.change_status("running", "failed", "pending", "queued")
        again = task.freeze_clock("09:00")
        assert task.change_status("running")["started_at"] == again


def test_started_at_is_null_after_an_automatic_retry(create: CreateTask) -> None:
    with create({"retry": "automatic"}) as task:
        assert task.change_status("running")["started_at"] is not None
        assert task.change_status("failed")["started_at"] is None


# completed_at


def completions(task: TaskInWorld) -> dict[str, Callable[[], object]]:
    return {
        "put": lambda: task.put(status="completed"),
        "update": lambda: task.update(status="completed"),
        "bulk": lambda: task.bulk({"status": "completed"}),
        "complete": task.complete,
    }


@pytest.mark.parametrize("way", ["put", "update", "bulk", "complete"])
def test_completed_at_is_the_time_of_the_completion_with_each_operation(create: CreateTask, way: str) -> None:
    with create(status="running") as task:
        assert task.current()["completed_at"] is None
        completed_at = task.freeze_clock("07:00")
        completions(task)[way]()
        assert (task.current()["status"], task.current()["completed_at"]) == ("completed", completed_at)
        task.freeze_clock("08:00")
        completions(task)[way]()
        assert task.current()["completed_at"] == completed_at


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "completed"])
def test_completed_at_is_null_when_a_completed_task_gets_another_status(
    create: CreateTask, status: str
) -> None:
    with create(status="completed") as task:
        assert task.current()["completed_at"] is not None
        assert task.change_status(status)["completed_at"] is None


def test_a_note_on_a_completed_task_does_not_change_its_times(create: CreateTask) -> None:
    with create(status="completed") as task:
        before = task.current()
        task.freeze_clock("30:00")
        assert task.put(note="x").status_code == 200
        assert task.current() == {**before, "note": "x"}


# retry_count


@pytest.mark.parametrize(
    ("when", "counts"), [("on-requeue", [0, 0, 1, 1, 2]), ("on-failure", [0, 1, 1, 2, 2]), ("never", [0] * 5)]
)
def test_retries_are_counted_when_the_dialect_says(create: CreateTask, when: str, counts: list[int]) -> None:
    with create({"retry-count": when}, status="running") as task:
        steps = ("running", "failed", "pending", "failed", "pending")
        assert [task.change_status(step)["retry_count"] for step in steps] == counts


@pytest.mark.parametrize("when", silences()["retry-count"].values)
def test_other_steps_are_not_counted_as_retries(create: CreateTask, when: str) -> None:
    with create({"retry-count": when}) as task:
        steps = ("queued", "running", "completed", "pending", "canceled", "pending", "running", "queued")
        assert task.change_status(*steps)["retry_count"] == 0


@pytest.mark.parametrize("when", silences()["retry-count"].values)
def test_the_same_status_again_does_not_count(create: CreateTask, when: str) -> None:
    with create({"retry-count": when}, status="running") as task:
        once = task.change_status("failed")["retry_count"]
        assert task.change_status("failed", "failed")["retry_count"] == once
        once = task.change_status("pending")["retry_count"]
        assert task.change_status("pending", "pending")["retry_count"] == once


def test_a_failed_task_that_becomes_queued_or_running_is_not_counted_as_a_retry(create: CreateTask) -> None:
    with create(status="failed") as task:
        assert task.change_status("queued")["retry_count"] == 0
        assert task.change_status("failed", "running")["retry_count"] == 0


# Retries


def runs_until_failed_finally(task: TaskInWorld, max_runs: int) -> int:
    """Runs the task and lets it fail until the server does not retry it. Returns the number of runs."""
    for run in range(1, max_runs + 1):
        if task.change_status("queued", "running", "failed")["status"] == "failed":
            return run
    raise AssertionError(f"the task was still retried after {max_runs} runs")


@pytest.mark.parametrize("max_retries", [0, 1, 3])
def test_the_server_retries_until_max_retries(create: CreateTask, max_retries: int) -> None:
    with create({"retry": "automatic", **STRICT}, max_retries=max_retries) as task:
        assert runs_until_failed_finally(task, 9) == max_retries + 1
        last = task.current()
        assert (last["retry_count"], last["max_retries"]) == (max_retries, max_retries)
        assert task.put(status="pending").status_code == 400
        assert task.current() == last


@pytest.mark.parametrize("max_retries", [1, 3])
def test_if_failures_are_counted_the_server_retries_one_time_less(
    create: CreateTask, max_retries: int
) -> None:
    with create({"retry": "automatic", "retry-count": "on-failure"}, max_retries=max_retries) as task:
        assert runs_until_failed_finally(task, 9) == max_retries
        assert task.current()["retry_count"] == max_retries


def test_without_a_retry_count_the_server_always_retries(create: CreateTask) -> None:
    with create({"retry": "automatic", "retry-count": "never"}, max_retries=1) as task:
        for _ in range(4):
            assert task.change_status("running", "failed")["status"] == "pending"


@pytest.mark.parametrize("way", ["put", "update", "bulk"])
def test_the_server_retries_after_a_failure_with_each_operation(create: CreateTask, way: str) -> None:
    with create({"retry": "automatic"}, status="running") as task:
        failure = {"status": "failed", "error_message": "Captcha failed"}
        functions = {"put": lambda: task.put(**failure), "update": lambda: task.update(**failure)}
        functions.get(way, lambda: task.bulk(failure))()
        current = task.current()
        assert (current["status"], current["retry_count"]) == ("pending", 1)
        assert current["error_message"] == "Captcha failed"


def test_a_note_does_not_retry_a_failed_task(create: CreateTask) -> None:
    with create({"retry": "automatic"}, status="failed") as task:
        before = task.current()
        assert task.put(note="x").status_code == 200
        assert task.bulk({})["success"] == 1
        assert task.current() == {**before, "note": "x"}


def test_without_automatic_retries_the_worker_retries(create: CreateTask) -> None:
    with create(STRICT, max_retries=2) as task:
        for count in (1, 2):
            assert task.change_status("queued", "running", "failed")["status"] == "failed"
            assert task.change_status("pending")["retry_count"] == count
        task.change_status("queued", "running", "failed")
        assert task.put(status="pending").status_code == 400
        assert (task.current()["status"], task.current()["retry_count"]) == ("failed", 2)


def test_a_lenient_server_accepts_any_number_of_retries(create: CreateTask) -> None:
    with create(max_retries=1) as task:
        assert task.change_status(*("failed", "pending") * 4)["retry_count"] == 4


# Accepted steps


@pytest.mark.parametrize(("one", "other"), AGAINST_THE_FLOW)
def test_a_lenient_server_accepts_every_step(create: CreateTask, one: str, other: str) -> None:
    with create(status=one) as task:
        assert task.change_status(other)["status"] == other


@pytest.mark.parametrize(("one", "other"), ALONG_THE_FLOW)
def test_a_strict_server_accepts_the_steps_of_the_status_flow(
    create: CreateTask, one: str, other: str
) -> None:
    with create(STRICT, status=one) as task:
        assert task.change_status(other)["status"] == other


@pytest.mark.parametrize("status", STATUSES)
def test_a_strict_server_accepts_the_same_status_again(create: CreateTask, status: str) -> None:
    with create(STRICT, status=status, max_retries=0) as task:
        before = task.current()
        assert task.put(status=status, note="x").status_code == 200
        assert task.current() == {**before, "note": "x"}


def test_a_strict_server_accepts_updates_without_a_status(create: CreateTask) -> None:
    with create(STRICT, status="completed") as task:
        assert task.put(link_post="https://post.example").status_code == 200
        assert task.current()["link_post"] == "https://post.example"


# Refused steps change nothing


@pytest.mark.parametrize("refused", ["400", "409"])
@pytest.mark.parametrize(("one", "other"), AGAINST_THE_FLOW)
def test_a_strict_server_refuses_all_other_steps_with_each_operation(
    create: CreateTask, one: str, other: str, refused: str
) -> None:
    code = {"400": "bad_request", "409": "conflict"}[refused]
    with create({**STRICT, "refused-transition": refused}, status=one) as task:
        before = task.current()
        change = {"status": other, "link_profile": "https://new.example", "error_message": "new"}
        for answer in (task.put(**change, note="new", is_indexed=True), task.update(**change)):
            assert answer.status_code == int(refused)
            assert answer.json() == {"success": False, "error": code}
        assert task.bulk(change)["results"] == [{"link_id": task.id, "success": False, "error": code}]
        assert task.current() == before
        assert "its next status cannot be" in next(iter(task.world.journal)).why


@pytest.mark.parametrize("status", [status for status in STATUSES if status not in ("running", "completed")])
@pytest.mark.parametrize("refused", [400, 409])
def test_a_strict_server_completes_only_running_links(create: CreateTask, status: str, refused: int) -> None:
    with create({**STRICT, "refused-transition": str(refused)}, status=status) as task:
        before = task.current()
        assert task.complete(link_post="https://new.example").status_code == refused
        assert (task.current(), task.created_links()) == (before, 0)


def test_a_strict_server_completes_a_running_link(create: CreateTask) -> None:
    with create(STRICT, status="running") as task:
        assert task.complete(link_post="https://new.example").status_code == 200
        assert (task.current()["status"], task.created_links()) == ("completed", 1)
        assert task.complete().status_code == 200
        assert task.created_links() == 1


def test_each_item_of_a_batch_sees_the_status_from_the_item_before(create: CreateTask) -> None:
    with create(STRICT) as task:
        steps = ("queued", "running", "queued", "completed", "running")
        batch = task.bulk(*({"status": step} for step in steps))
        assert [result["success"] for result in batch["results"]] == [True, True, False, True, False]
        assert (batch["success"], batch["failed"]) == (3, 2)
        assert task.current()["status"] == "completed"


def test_the_control_plane_can_ignore_the_status_flow(create: CreateTask) -> None:
    with create({**STRICT, "retry": "automatic"}, status="completed") as task:
        url = f"/worlds/{task.world.name}/tasks/{task.id}"
        for status in ("pending", "failed"):
            assert task.control("PATCH", url, {"status": status}).json()["status"] == status


# created_links


@pytest.mark.parametrize(("count", "expected"), [("once", 1), ("twice", 3)])
def test_a_second_completion_counts_as_the_dialect_says(
    create: CreateTask, count: str, expected: int
) -> None:
    with create({"complete-twice": count}) as task:
        for _ in range(3):
            assert task.complete().status_code == 200
        assert task.created_links() == expected


def test_a_completion_after_another_status_counts_again(create: CreateTask) -> None:
    with create() as task:
        task.complete()
        task.change_status("running")
        task.complete()
        assert task.created_links() == 2


def test_only_completions_by_the_callback_are_counted(create: CreateTask) -> None:
    with create() as task:
        task.change_status("completed")
        assert task.created_links() == 0
        task.complete()
        assert task.created_links() == 1


# Comparison with a model


@dataclass(frozen=True)
class Model:
    """A simple model of a task, from the API page and the values of the silences."""

    choices: dict[str, str]
    status: str
    max_retries: int
    retries: int = 0
    started: bool = False
    counted: bool = False
    created: int = 0

    def is_allowed(self, status: str) -> bool:
        if self.choices["transitions"] == "lenient" or status == self.status:
            return True
        has_retry = self.status != "failed" or self.retries < self.max_retries
        return (self.status, status) in ALONG_THE_FLOW and has_retry

    def step(self, status: str) -> Model:
        """The model after an accepted step."""
        moved = self._moved(status)
        is_retried = (
            self.choices["retry"] == "automatic" and status == "failed" and moved.retries < moved.max_retries
        )
        return moved._moved("pending") if is_retried else moved

    def completed(self) -> Model:
        """The model after an accepted completion by the callback."""
        done = self.step("completed")
        more = self.choices["complete-twice"] == "twice" or not done.counted
        return replace(done, counted=True, created=done.created + more)

    def _moved(self, status: str) -> Model:
        if status == self.status:
            return self
        counts = {
            "on-requeue": (self.status, status) == ("failed", "pending"),
            "on-failure": status == "failed",
            "never": False,
        }
        return replace(
            self,
            status=status,
            retries=self.retries + counts[self.choices["retry-count"]],
            started=status == "running" or (self.started and status not in UNSTARTED),
            counted=False,
        )


CHOICES = st.fixed_dictionaries(
    {
        name: st.sampled_from(list(silences()[name].values))
        for name in (
            *("transitions", "refused-transition", "completion-flow"),
            *("retry", "retry-count", "complete-twice"),
        )
    }
)
USUAL_STEPS = ["queued", "running", "failed", "pending", "queued", "running", "complete"]
STEPS = st.one_of(
    st.lists(st.sampled_from([*STATUSES, "complete"]), max_size=12),
    st.permutations(USUAL_STEPS),
    st.just(["queued", "running", "failed", "pending"] * 3),
    st.just(["queued", "running", "failed"] * 4),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHOICES, st.integers(0, 2), STEPS)
@example(
    {
        "transitions": "strict",
        "refused-transition": "409",
        "completion-flow": "free",
        "retry": "automatic",
        "retry-count": "on-failure",
        "complete-twice": "once",
    },
    2,
    ["queued", "running", "failed"] * 3 + ["pending", "complete", "pending"],
)
def test_a_task_changes_as_the_model_says(
    create: CreateTask, choices: dict[str, str], max_retries: int, steps: list[str]
) -> None:
    model = Model(choices, "pending", max_retries)
    with create(choices, status="pending", max_retries=max_retries) as task:
        for step in steps:
            status = "completed" if step == "complete" else step
            answer = task.complete() if step == "complete" else task.put(status=status)
            is_free = step == "complete" and choices["completion-flow"] == "free"
            if is_free or model.is_allowed(status):
                assert answer.status_code == 200
                model = model.completed() if step == "complete" else model.step(status)
            else:
                assert answer.status_code == int(choices["refused-transition"])
            current = task.current()
            assert (current["status"], current["retry_count"]) == (model.status, model.retries)
            assert (current["started_at"] is not None) is model.started
            assert (current["completed_at"] is not None) is (model.status == "completed")
        assert task.created_links() == model.created
