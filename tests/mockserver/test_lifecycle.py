"""A task from pending to its end: what each step sets, which steps are refused, and how it is tried again."""

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

from workerkit.mockserver.server.server import MockServer
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
class Life:
    """One task in a world of its own, changed by its worker and looked at through the control plane."""

    mock: MockServer
    http: requests.Session
    control: Control
    world: World
    id: str

    def send(self, method: str, path: str, body: Json) -> requests.Response:
        headers = {"X-API-Key": f"server-01-key-{self.world.name}"}
        url = self.mock.base_url + path
        return self.http.request(method, url, json=body, headers=headers, timeout=SECONDS)

    def put(self, **fields: Any) -> requests.Response:
        """Updates the task by PUT /tasks/:id."""
        return self.send("PUT", f"/tasks/{self.id}", fields)

    def go(self, *statuses: str) -> Json:
        """Takes the task through these statuses, each of which must be taken; the task after that."""
        for status in statuses:
            answer = self.put(status=status)
            assert answer.status_code == 200, answer.text
        return self.now()

    def update(self, **fields: Any) -> requests.Response:
        return self.send("POST", "/callback/link/update", {"link_id": self.id, **fields})

    def complete(self, **fields: Any) -> requests.Response:
        return self.send("POST", "/callback/link/complete", {"link_id": self.id, **fields})

    def bulk(self, *changes: Json) -> Json:
        """The answer to a batch of changes of this task, which must be taken as a batch."""
        answer = self.send(
            "PUT", "/tasks/bulk", {"items": [{"link_id": self.id, **change} for change in changes]}
        )
        assert answer.status_code == 200
        body: Json = answer.json()
        return body

    def _held(self) -> Json:
        held: Json = self.control("GET", f"/worlds/{self.world.name}").json()
        return held

    def now(self) -> Json:
        """The task as the control plane shows it."""
        [task] = self._held()["tasks"]
        return dict(task)

    def created_links(self) -> int:
        """What the task's request counts."""
        counts = {request["id"]: request["created_links"] for request in self._held()["requests"]}
        return int(counts[self.now()["request_id"]])

    def at(self, time: str) -> str:
        """Stops the clock at a minute of the hour, and says which time that is."""
        moment = f"2025-12-01T10:{time}Z"
        assert self.control("POST", f"/worlds/{self.world.name}/clock", {"freeze": moment}).status_code == 200
        return moment


Begin = Callable[..., AbstractContextManager[Life]]


@pytest.fixture(scope="session")
def begin(mock: MockServer, http: requests.Session, control: Control) -> Begin:
    """Begins the life of a task with these fields, in a world of the dialect that makes these choices."""

    @contextmanager
    def begun(choices: dict[str, str] | None = None, **fields: Any) -> Iterator[Life]:
        name = mock.ask(mock.worlds.new_name)
        builder = WorldBuilder(seed=7, dialect=dialect_of(choices or {}), tasks=False)
        world = mock.ask(lambda: mock.worlds.add(name, builder)).world
        try:
            task = control("POST", f"/worlds/{name}/tasks", {"server": "server-01", **fields}).json()[
                "tasks"
            ][0]
            yield Life(mock, http, control, world, task["id"])
        finally:
            mock.ask(lambda: mock.worlds.remove(name))

    return begun


# started_at


def test_started_at_is_set_when_running_begins(begin: Begin) -> None:
    with begin() as life:
        assert life.now()["started_at"] is None
        assert life.go("queued")["started_at"] is None
        began = life.at("05:00")
        assert life.go("running")["started_at"] == began


def test_a_running_task_that_is_said_to_be_running_keeps_its_started_at(begin: Begin) -> None:
    with begin() as life:
        began = life.at("05:00")
        life.go("running")
        life.at("06:00")
        assert life.go("running")["started_at"] == began


@pytest.mark.parametrize("end", ["completed", "failed", "canceled"])
def test_a_task_that_ended_keeps_its_started_at(begin: Begin, end: str) -> None:
    with begin() as life:
        began = life.at("05:00")
        life.go("running")
        life.at("06:00")
        assert life.go(end)["started_at"] == began


@pytest.mark.parametrize(
    ("begun", "waiting"), [*product(("running", "completed", "failed", "canceled"), UNSTARTED)]
)
def test_started_at_is_null_again_when_a_task_waits_again(begin: Begin, begun: str, waiting: str) -> None:
    with begin() as life:
        assert life.go("running", begun)["started_at"] is not None
        assert life.go(waiting)["started_at"] is None


def test_a_task_that_runs_again_has_a_new_started_at(begin: Begin) -> None:
    with begin() as life:
        life.at("05:00")
        life.go("running", "failed", "pending", "queued")
        again = life.at("09:00")
        assert life.go("running")["started_at"] == again


def test_started_at_is_null_after_an_automatic_retry(begin: Begin) -> None:
    with begin({"retry": "automatic"}) as life:
        assert life.go("running")["started_at"] is not None
        assert life.go("failed")["started_at"] is None


# completed_at


def completions(life: Life) -> dict[str, Callable[[], object]]:
    return {
        "put": lambda: life.put(status="completed"),
        "update": lambda: life.update(status="completed"),
        "bulk": lambda: life.bulk({"status": "completed"}),
        "complete": life.complete,
    }


@pytest.mark.parametrize("way", ["put", "update", "bulk", "complete"])
def test_completed_at_is_the_time_of_the_completion_on_every_way(begin: Begin, way: str) -> None:
    with begin(status="running") as life:
        assert life.now()["completed_at"] is None
        done = life.at("07:00")
        completions(life)[way]()
        assert (life.now()["status"], life.now()["completed_at"]) == ("completed", done)
        life.at("08:00")
        completions(life)[way]()
        assert life.now()["completed_at"] == done


@pytest.mark.parametrize("status", [each for each in STATUSES if each != "completed"])
def test_completed_at_is_null_when_a_completed_task_is_opened_again(begin: Begin, status: str) -> None:
    with begin(status="completed") as life:
        assert life.now()["completed_at"] is not None
        assert life.go(status)["completed_at"] is None


def test_a_note_on_a_completed_task_leaves_its_times_alone(begin: Begin) -> None:
    with begin(status="completed") as life:
        before = life.now()
        life.at("30:00")
        assert life.put(note="x").status_code == 200
        assert life.now() == {**before, "note": "x"}


# retry_count


@pytest.mark.parametrize(
    ("when", "counts"), [("on-requeue", [0, 0, 1, 1, 2]), ("on-failure", [0, 1, 1, 2, 2]), ("never", [0] * 5)]
)
def test_retries_are_counted_when_the_dialect_says(begin: Begin, when: str, counts: list[int]) -> None:
    with begin({"retry-count": when}, status="running") as life:
        steps = ("running", "failed", "pending", "failed", "pending")
        assert [life.go(step)["retry_count"] for step in steps] == counts


@pytest.mark.parametrize("when", silences()["retry-count"].values)
def test_only_failing_and_its_retry_count(begin: Begin, when: str) -> None:
    with begin({"retry-count": when}) as life:
        steps = ("queued", "running", "completed", "pending", "canceled", "pending", "running", "queued")
        assert life.go(*steps)["retry_count"] == 0


@pytest.mark.parametrize("when", silences()["retry-count"].values)
def test_the_same_status_again_does_not_count(begin: Begin, when: str) -> None:
    with begin({"retry-count": when}, status="running") as life:
        once = life.go("failed")["retry_count"]
        assert life.go("failed", "failed")["retry_count"] == once
        once = life.go("pending")["retry_count"]
        assert life.go("pending", "pending")["retry_count"] == once


def test_a_retry_that_is_queued_or_run_at_once_does_not_count(begin: Begin) -> None:
    with begin(status="failed") as life:
        assert life.go("queued")["retry_count"] == 0
        assert life.go("failed", "running")["retry_count"] == 0


# Who tries again


def lives_until_failed_for_good(life: Life, most: int) -> int:
    """How often the task is run until it stays failed."""
    for run in range(1, most + 1):
        if life.go("queued", "running", "failed")["status"] == "failed":
            return run
    raise AssertionError(f"still tried again after {most} runs")


@pytest.mark.parametrize("max_retries", [0, 1, 3])
def test_the_server_retries_until_max_retries_and_then_it_failed_for_good(
    begin: Begin, max_retries: int
) -> None:
    with begin({"retry": "automatic", **STRICT}, max_retries=max_retries) as life:
        assert lives_until_failed_for_good(life, 9) == max_retries + 1
        last = life.now()
        assert (last["retry_count"], last["max_retries"]) == (max_retries, max_retries)
        assert life.put(status="pending").status_code == 400
        assert life.now() == last


@pytest.mark.parametrize("max_retries", [1, 3])
def test_where_failures_count_the_last_one_allowed_is_for_good(begin: Begin, max_retries: int) -> None:
    with begin({"retry": "automatic", "retry-count": "on-failure"}, max_retries=max_retries) as life:
        assert lives_until_failed_for_good(life, 9) == max_retries
        assert life.now()["retry_count"] == max_retries


def test_where_nothing_counts_the_server_always_retries(begin: Begin) -> None:
    with begin({"retry": "automatic", "retry-count": "never"}, max_retries=1) as life:
        for _ in range(4):
            assert life.go("running", "failed")["status"] == "pending"


@pytest.mark.parametrize("way", ["put", "update", "bulk"])
def test_the_server_retries_whichever_way_a_failure_is_told(begin: Begin, way: str) -> None:
    with begin({"retry": "automatic"}, status="running") as life:
        failure = {"status": "failed", "error_message": "Captcha failed"}
        tell = {"put": lambda: life.put(**failure), "update": lambda: life.update(**failure)}
        tell.get(way, lambda: life.bulk(failure))()
        task = life.now()
        assert (task["status"], task["retry_count"]) == ("pending", 1)
        assert task["error_message"] == "Captcha failed"


def test_a_failed_task_is_not_retried_by_a_note(begin: Begin) -> None:
    with begin({"retry": "automatic"}, status="failed") as life:
        before = life.now()
        assert life.put(note="x").status_code == 200
        assert life.bulk({})["success"] == 1
        assert life.now() == {**before, "note": "x"}


def test_without_retries_by_the_server_the_worker_retries(begin: Begin) -> None:
    with begin(STRICT, max_retries=2) as life:
        for count in (1, 2):
            assert life.go("queued", "running", "failed")["status"] == "failed"
            assert life.go("pending")["retry_count"] == count
        life.go("queued", "running", "failed")
        assert life.put(status="pending").status_code == 400
        assert (life.now()["status"], life.now()["retry_count"]) == ("failed", 2)


def test_a_lenient_server_lets_a_worker_retry_for_ever(begin: Begin) -> None:
    with begin(max_retries=1) as life:
        assert life.go(*("failed", "pending") * 4)["retry_count"] == 4


# Which steps are taken


@pytest.mark.parametrize(("one", "other"), AGAINST_THE_FLOW)
def test_a_lenient_server_takes_every_step(begin: Begin, one: str, other: str) -> None:
    with begin(status=one) as life:
        assert life.go(other)["status"] == other


@pytest.mark.parametrize(("one", "other"), ALONG_THE_FLOW)
def test_a_strict_server_takes_the_steps_of_the_flow(begin: Begin, one: str, other: str) -> None:
    with begin(STRICT, status=one) as life:
        assert life.go(other)["status"] == other


@pytest.mark.parametrize("status", STATUSES)
def test_a_strict_server_takes_a_status_that_stays(begin: Begin, status: str) -> None:
    with begin(STRICT, status=status, max_retries=0) as life:
        before = life.now()
        assert life.put(status=status, note="x").status_code == 200
        assert life.now() == {**before, "note": "x"}


def test_a_strict_server_does_not_look_at_updates_without_a_status(begin: Begin) -> None:
    with begin(STRICT, status="completed") as life:
        assert life.put(link_post="https://post.example").status_code == 200
        assert life.now()["link_post"] == "https://post.example"


# What a refused step leaves behind: nothing


@pytest.mark.parametrize("refused", ["400", "409"])
@pytest.mark.parametrize(("one", "other"), AGAINST_THE_FLOW)
def test_a_strict_server_refuses_every_other_step_on_every_way(
    begin: Begin, one: str, other: str, refused: str
) -> None:
    code = {"400": "bad_request", "409": "conflict"}[refused]
    with begin({**STRICT, "refused-transition": refused}, status=one) as life:
        before = life.now()
        change = {"status": other, "link_profile": "https://new.example", "error_message": "new"}
        for answer in (life.put(**change, note="new", is_indexed=True), life.update(**change)):
            assert answer.status_code == int(refused)
            assert answer.json() == {"success": False, "error": code}
        assert life.bulk(change)["results"] == [{"link_id": life.id, "success": False, "error": code}]
        assert life.now() == before
        assert "may not follow" in next(iter(life.world.journal)).why


@pytest.mark.parametrize("status", [each for each in STATUSES if each not in ("running", "completed")])
@pytest.mark.parametrize("refused", [400, 409])
def test_a_strict_server_completes_running_links_only(begin: Begin, status: str, refused: int) -> None:
    with begin({**STRICT, "refused-transition": str(refused)}, status=status) as life:
        before = life.now()
        assert life.complete(link_post="https://new.example").status_code == refused
        assert (life.now(), life.created_links()) == (before, 0)


def test_a_strict_server_completes_a_running_link(begin: Begin) -> None:
    with begin(STRICT, status="running") as life:
        assert life.complete(link_post="https://new.example").status_code == 200
        assert (life.now()["status"], life.created_links()) == ("completed", 1)
        assert life.complete().status_code == 200
        assert life.created_links() == 1


def test_each_item_of_a_batch_meets_the_status_that_the_one_before_left(begin: Begin) -> None:
    with begin(STRICT) as life:
        steps = ("queued", "running", "queued", "completed", "running")
        batch = life.bulk(*({"status": step} for step in steps))
        assert [result["success"] for result in batch["results"]] == [True, True, False, True, False]
        assert (batch["success"], batch["failed"]) == (3, 2)
        assert life.now()["status"] == "completed"


def test_the_control_plane_is_not_held_to_the_flow(begin: Begin) -> None:
    with begin({**STRICT, "retry": "automatic"}, status="completed") as life:
        url = f"/worlds/{life.world.name}/tasks/{life.id}"
        for status in ("pending", "failed"):
            assert life.control("PATCH", url, {"status": status}).json()["status"] == status


# created_links


@pytest.mark.parametrize(("count", "expected"), [("once", 1), ("twice", 3)])
def test_completing_again_counts_as_the_dialect_says(begin: Begin, count: str, expected: int) -> None:
    with begin({"complete-twice": count}) as life:
        for _ in range(3):
            assert life.complete().status_code == 200
        assert life.created_links() == expected


def test_a_link_that_was_opened_and_completed_again_counts_again(begin: Begin) -> None:
    with begin() as life:
        life.complete()
        life.go("running")
        life.complete()
        assert life.created_links() == 2


def test_only_the_callback_counts(begin: Begin) -> None:
    with begin() as life:
        life.go("completed")
        assert life.created_links() == 0
        life.complete()
        assert life.created_links() == 1


# All of it at once, against a model


@dataclass(frozen=True)
class Model:
    """A task as the page and the dialect's words would have it."""

    choices: dict[str, str]
    status: str
    max_retries: int
    retries: int = 0
    started: bool = False
    counted: bool = False
    created: int = 0

    def may(self, status: str) -> bool:
        if self.choices["transitions"] == "lenient" or status == self.status:
            return True
        retry_is_left = self.status != "failed" or self.retries < self.max_retries
        return (self.status, status) in ALONG_THE_FLOW and retry_is_left

    def step(self, status: str) -> Model:
        """After a step that is taken."""
        told = self._moved(status)
        again = (
            self.choices["retry"] == "automatic" and status == "failed" and told.retries < told.max_retries
        )
        return told._moved("pending") if again else told

    def completed(self) -> Model:
        """After a completion by the callback that is taken."""
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
ON_ITS_WAY = ["queued", "running", "failed", "pending", "queued", "running", "complete"]
STEPS = st.one_of(
    st.lists(st.sampled_from([*STATUSES, "complete"]), max_size=12),
    st.permutations(ON_ITS_WAY),
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
def test_a_task_lives_as_the_model_says(
    begin: Begin, choices: dict[str, str], max_retries: int, steps: list[str]
) -> None:
    model = Model(choices, "pending", max_retries)
    with begin(choices, status="pending", max_retries=max_retries) as life:
        for step in steps:
            status = "completed" if step == "complete" else step
            answer = life.complete() if step == "complete" else life.put(status=status)
            free = step == "complete" and choices["completion-flow"] == "free"
            if free or model.may(status):
                assert answer.status_code == 200
                model = model.completed() if step == "complete" else model.step(status)
            else:
                assert answer.status_code == int(choices["refused-transition"])
            task = life.now()
            assert (task["status"], task["retry_count"]) == (model.status, model.retries)
            assert (task["started_at"] is not None) is model.started
            assert (task["completed_at"] is not None) is (model.status == "completed")
        assert life.created_links() == model.created
