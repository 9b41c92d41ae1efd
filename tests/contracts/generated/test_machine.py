"""The machine: sound servers of any dialect pass, and what a server gets wrong is shown in few requests."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.covering import pairwise
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.generated.machine import EpisodeBudget, run_episodes
from workerkit.contracts.report.text import report_text
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.scripted.script import new_context
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.refusal import RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.openapi.spec.silence import silences

Json = dict[str, Any]
Watcher = Callable[[Exchange], None]
VALUES = {silence.id: list(silence.values) for silence in silences().values()}
SHORT = EpisodeBudget(episodes=8, steps=10, requests=300)


@dataclass(frozen=True)
class Played:
    """What the machine found on a mock, what it sent, and why it gave up."""

    ledger: Ledger
    exchanges: list[Exchange]
    gave_up: str


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(Worlds()) as running:
        yield running


Episode = Callable[..., Played]


@pytest.fixture
def episode(server: MockServer) -> Episode:
    """Plays with the keys of these servers on a fresh world that makes these choices, stated beforehand."""

    def episode(
        choices: Mapping[str, str] | None = None,
        plan: Plan | None = None,
        diligence: EpisodeBudget = SHORT,
        watcher: Callable[[World], Watcher] = lambda _: lambda _: None,
        servers: tuple[int, ...] = (1, 2, 3),
    ) -> Played:
        dialect = dialect_of(choices or {})
        plan = plan or Plan()
        builder = WorldBuilder(seed=1, dialect=dialect)
        world = server.ask(lambda: server.worlds.add(server.worlds.new_name(), builder)).world
        target = Target(server.base_url, *(f"server-0{number}-key-{world.name}" for number in servers))
        ledger = Ledger(dict(dialect))
        gate = Gate(target, plan, worker_api(), clock=RunClock(), watcher=watcher(world))
        gave_up = run_episodes(new_context(target, plan, gate, ledger, RunClock()), diligence, plan.seed)
        gate.close()
        return Played(ledger, gate.exchanges, gave_up)

    return episode


def test_nothing_of_a_run_is_kept_when_it_is_over(episode: Episode) -> None:
    kept: list[weakref.ref[Watcher]] = []

    def watcher(_: World) -> Watcher:
        kept.append(weakref.ref(watch := lambda exchange: None))
        return watch

    episode(diligence=EpisodeBudget(episodes=1, steps=2, requests=60), watcher=watcher)
    gc.collect()
    assert [each() for each in kept] == [None]


@pytest.mark.parametrize("choices", [pytest.param(each, id="") for each in pairwise(VALUES)[::5]])
def test_no_dialect_is_blamed(episode: Episode, choices: dict[str, str]) -> None:
    played = episode(choices)
    assert [finding.message for finding in played.ledger.findings] == []
    assert played.gave_up == ""
    assert {"list", "update", "bulk-results", "link-update"} <= played.ledger.held


def test_without_another_servers_key_the_own_tasks_are_played_with(episode: Episode) -> None:
    played = episode(servers=(1,))
    assert [finding.message for finding in played.ledger.findings] == []
    assert played.gave_up == ""
    assert {"list", "update", "bulk-results", "link-update"} <= played.ledger.held


def test_the_same_seed_sends_the_same_requests(episode: Episode) -> None:
    sent = [
        [
            (exchange.method, exchange.path, exchange.query, exchange.request_body)
            for exchange in episode().exchanges
        ]
        for _ in range(2)
    ]
    assert sent[0] == sent[1]


def test_without_writes_it_lists_only(episode: Episode) -> None:
    played = episode(plan=Plan(writes=Writes.NONE))
    assert {exchange.method for exchange in played.exchanges} == {"GET"}
    assert len(played.exchanges) > 50
    assert played.ledger.findings == []


def test_it_sends_no_more_requests_than_it_may(episode: Episode) -> None:
    assert len(episode(diligence=EpisodeBudget(episodes=20, steps=10, requests=60)).exchanges) == 60


# A mock that gets one thing wrong, in a state that no walk through the operations one by one meets.

Handler = Callable[[World, Any, Any], Json]
Wrong = Callable[[Handler], Handler]


def forgets_links_of_queued_tasks(sound: Handler) -> Handler:
    def act(world: World, server: Any, call: Any) -> Json:
        task = world.own_task(server, call.parameters["id"])
        before = (task.status, task.link_post)
        answer = sound(world, server, call)
        if before[0] == "queued":
            world.change_task(task, {"link_post": before[1]})
        return answer

    return act


def changes_before_it_refuses(sound: Handler) -> Handler:
    def act(world: World, server: Any, call: Any) -> Json:
        for item in call.body["items"]:
            task = world.tasks.get(item["link_id"])
            if task is not None and task.server != server.name:
                world.change_task(task, {"status": item["status"]})
        return sound(world, server, call)

    return act


def changes_the_next_one_too(sound: Handler) -> Handler:
    def act(world: World, server: Any, call: Any) -> Json:
        answer = sound(world, server, call)
        ids = sorted(task.id for task in world.tasks.values() if task.server == server.name)
        place = ids.index(call.body["link_id"])
        world.change_task(world.task(ids[place - 1]), {"status": "canceled"})
        return answer

    return act


def skips_one_after_a_cursor(sound: Handler) -> Handler:
    def act(world: World, server: Any, call: Any) -> Json:
        answer = sound(world, server, call)
        if call.parameters["after"] is not None:
            answer["data"] = answer["data"][1:]
        return answer

    return act


def counts_without_the_service_type(sound: Handler) -> Handler:
    def act(world: World, server: Any, call: Any) -> Json:
        answer = sound(world, server, call)
        if call.parameters["service_type"]:
            answer["total"] = world.backlog(server).count(call.parameters["status"], None)
        return answer

    return act


def refuses_the_second_step(sound: Handler) -> Handler:
    class Odd(RefusalError):
        status = 409

    def act(world: World, server: Any, call: Any) -> Json:
        task = world.own_task(server, call.parameters["id"])
        if (task.status, call.body.get("status")) == ("running", "canceled"):
            raise Odd("no")
        return sound(world, server, call)

    return act


WRONG: list[tuple[str, Wrong, str]] = [
    ("updateTask", forgets_links_of_queued_tasks, "update-links"),
    ("bulkUpdateTasks", changes_before_it_refuses, "list"),
    ("completeLink", changes_the_next_one_too, "list"),
    ("listTasks", skips_one_after_a_cursor, "list-after"),
    ("listTasks", counts_without_the_service_type, "list-total"),
    ("updateTask", refuses_the_second_step, "update"),
]


@pytest.mark.parametrize(
    ("operation", "wrong", "rule"), WRONG, ids=lambda each: getattr(each, "__name__", "")
)
def test_what_is_wrong_in_some_state_is_found_and_shown_in_few_requests(
    episode: Episode, monkeypatch: pytest.MonkeyPatch, operation: str, wrong: Wrong, rule: str
) -> None:
    monkeypatch.setitem(HANDLERS, operation, wrong(HANDLERS[operation]))
    findings = [
        finding
        for finding in episode(diligence=EpisodeBudget(20, 12, 900)).ledger.findings
        if finding.rule == rule
    ]
    assert findings
    assert min(len(finding.exchanges) for finding in findings) <= 3
    assert operation in {exchange.operation for finding in findings for exchange in finding.exchanges}


def test_somebody_elses_changes_are_no_finding(episode: Episode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "is_loopback", False)

    def meddle(world: World) -> Watcher:
        tasks = [each for each in world.tasks.values() if each.server == "server-01"]

        def watch(exchange: Exchange) -> None:
            task = tasks[exchange.number % len(tasks)]
            if exchange.number % 5 == 0 and task.status == "canceled":
                world.change_task(task, {"status": "pending"})

        return watch

    played = episode(plan=Plan(writes=Writes.NONE), watcher=meddle)
    assert [finding.message for finding in played.ledger.findings] == []


def test_a_server_that_gets_tasks_all_the_time_is_not_blamed(
    episode: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = HANDLERS["listTasks"]

    def busy(world: World, server: Any, call: Any) -> Json:
        create_task(world, {"server": server.name})
        return sound(world, server, call)

    monkeypatch.setitem(HANDLERS, "listTasks", busy)
    assert [finding.message for finding in episode().ledger.findings] == []


def test_a_bulk_answer_that_names_no_tasks_is_left_to_those_who_look_at_it_alone(
    episode: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = HANDLERS["bulkUpdateTasks"]

    def nameless(*call: Any) -> Json:
        answer = sound(*call)
        return {**answer, "results": [{"success": result["success"]} for result in answer["results"]]}

    monkeypatch.setitem(HANDLERS, "bulkUpdateTasks", nameless)
    played = episode(diligence=EpisodeBudget(20, 12, 900))
    assert any(exchange.operation == "bulkUpdateTasks" for exchange in played.exchanges)
    assert [finding.message for finding in played.ledger.findings] == []


def test_a_target_whose_tasks_no_model_can_have_is_left_in_peace(episode: Episode, monkeypatch: Any) -> None:
    sound = HANDLERS["listTasks"]

    def odd(*call: Any) -> Json:
        answer = sound(*call)
        return {**answer, "data": [{**task, "id": "no-uuid"} for task in answer["data"]]}

    monkeypatch.setitem(HANDLERS, "listTasks", odd)
    played = episode()
    assert "which is no UUID" in played.gave_up
    assert len(played.exchanges) <= 2


def test_a_report_says_why_nothing_was_held_against_a_model(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "is_loopback", False)
    world = server.ask(lambda: server.worlds.add(server.worlds.new_name(), WorldBuilder(seed=1))).world
    for _ in range(800):
        create_task(world, {"server": "server-01"})
    target = Target(server.base_url, f"server-01-key-{world.name}")
    report = conform(target, Plan(writes=Writes.NONE, max_requests=150))
    assert "1050 tasks are too many for a model" in report.as_json()["unplayed"]
    assert "Nothing was held against a model: 1050 tasks" in report_text(report)
