"""Random episodes: a correct server of any dialect has no findings. A defect is shown with few requests."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.covering import pairwise_dialects
from tests.sampling import sampled
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.generated.machine import EpisodeBudget, run_episodes
from workerkit.contracts.report.text import report_text
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.scripted.script import new_context
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.refusal import RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import dialect_of

Json = dict[str, Any]
Watcher = Callable[[Exchange], None]
SHORT = EpisodeBudget(episodes=8, steps=10, requests=300)


@dataclass(frozen=True)
class Result:
    """The result of the random episodes on a mock.

    ledger: the findings.
    exchanges: all exchanges.
    give_up_reason: the reason why there was no model, or an empty text.
    """

    ledger: Ledger
    exchanges: list[Exchange]
    give_up_reason: str

    @property
    def messages(self) -> list[str]:
        return [finding.message for finding in self.ledger.findings]


@pytest.fixture(scope="module")
def server() -> Iterator[WorldServer]:
    with WorldServer(Worlds()) as running:
        yield running


RunEpisodes = Callable[..., Result]


@pytest.fixture
def run(server: WorldServer) -> RunEpisodes:
    """Runs random episodes on a new world of this dialect, with the keys of these servers.

    The run knows the dialect from the start.
    """

    def run(
        choices: Mapping[str, str] | None = None,
        plan: Plan | None = None,
        budget: EpisodeBudget = SHORT,
        watcher: Callable[[World], Watcher] = lambda _: lambda _: None,
        servers: tuple[int, ...] = (1, 2, 3),
    ) -> Result:
        dialect = dialect_of(choices or {})
        plan = plan or Plan()
        builder = WorldBuilder(seed=1, dialect=dialect)
        world = server.run_in_server_thread(
            lambda: server.worlds.add(server.worlds.new_name(), builder)
        ).world
        target = Target(server.base_url, *(f"server-0{number}-key-{world.name}" for number in servers))
        ledger = Ledger(dict(dialect))
        gate = Gate(target, plan, worker_api(), clock=RunClock(), watcher=watcher(world))
        reason = run_episodes(new_context(target, plan, gate, ledger, RunClock()), budget, plan.seed)
        gate.close()
        return Result(ledger, gate.exchanges, reason)

    return run


def test_a_finished_run_leaves_nothing_in_memory(run: RunEpisodes) -> None:
    references: list[weakref.ref[Watcher]] = []

    def watcher(_: World) -> Watcher:
        references.append(weakref.ref(watch := lambda exchange: None))
        return watch

    run(budget=EpisodeBudget(episodes=1, steps=2, requests=60), watcher=watcher)
    gc.collect()
    assert [reference() for reference in references] == [None]


@pytest.mark.parametrize("choices", sampled(pairwise_dialects(), every=6, ids=False))
def test_a_correct_server_of_any_dialect_has_no_findings(run: RunEpisodes, choices: dict[str, str]) -> None:
    result = run(choices)
    assert result.messages == []
    assert result.give_up_reason == ""
    assert {"list", "update", "bulk-results", "link-update"} <= result.ledger.kept_rules


def test_without_the_other_key_the_episodes_use_only_the_own_tasks(run: RunEpisodes) -> None:
    result = run(servers=(1,))
    assert result.messages == []
    assert result.give_up_reason == ""
    assert {"list", "update", "bulk-results", "link-update"} <= result.ledger.kept_rules


def test_the_same_seed_sends_the_same_requests(run: RunEpisodes) -> None:
    sent = [
        [
            (exchange.method, exchange.path, exchange.query, exchange.request_body)
            for exchange in run().exchanges
        ]
        for _ in range(2)
    ]
    assert sent[0] == sent[1]


def test_without_writes_the_episodes_only_list(run: RunEpisodes) -> None:
    result = run(plan=Plan(writes=Writes.NONE))
    assert {exchange.method for exchange in result.exchanges} == {"GET"}
    assert len(result.exchanges) > 50
    assert result.ledger.findings == []


def test_the_episodes_send_no_more_requests_than_the_budget(run: RunEpisodes) -> None:
    assert len(run(budget=EpisodeBudget(episodes=20, steps=10, requests=60)).exchanges) == 60


# Mocks with one defect. The defect shows only after certain requests, so no single request finds it.

Handler = Callable[[World, Any, Any], Json]
Defect = Callable[[Handler], Handler]


def forgets_links_of_queued_tasks(correct: Handler) -> Handler:
    def handler(world: World, server: Any, call: Any) -> Json:
        task = world.own_task(server, call.parameters["id"])
        status, link = task.status, task.link_post
        answer = correct(world, server, call)
        if status == "queued":
            world.change_task(task, {"link_post": link})
        return answer

    return handler


def changes_before_it_refuses(correct: Handler) -> Handler:
    def handler(world: World, server: Any, call: Any) -> Json:
        for item in call.body["items"]:
            task = world.tasks.get(item["link_id"])
            if task is not None and task.server != server.name:
                world.change_task(task, {"status": item["status"]})
        return correct(world, server, call)

    return handler


def changes_another_task_too(correct: Handler) -> Handler:
    def handler(world: World, server: Any, call: Any) -> Json:
        answer = correct(world, server, call)
        ids = sorted(task.id for task in world.tasks.values() if task.server == server.name)
        place = ids.index(call.body["link_id"])
        world.change_task(world.task(ids[place - 1]), {"status": "canceled"})
        return answer

    return handler


def skips_a_task_after_a_cursor(correct: Handler) -> Handler:
    def handler(world: World, server: Any, call: Any) -> Json:
        answer = correct(world, server, call)
        if call.parameters["after"] is not None:
            answer["data"] = answer["data"][1:]
        return answer

    return handler


def counts_without_the_service_type(correct: Handler) -> Handler:
    def handler(world: World, server: Any, call: Any) -> Json:
        answer = correct(world, server, call)
        if call.parameters["service_type"]:
            answer["total"] = world.backlog(server).count(call.parameters["status"], None)
        return answer

    return handler


def refuses_running_to_canceled(correct: Handler) -> Handler:
    class ConflictError(RefusalError):
        status = 409

    def handler(world: World, server: Any, call: Any) -> Json:
        task = world.own_task(server, call.parameters["id"])
        if (task.status, call.body.get("status")) == ("running", "canceled"):
            raise ConflictError("no")
        return correct(world, server, call)

    return handler


DEFECTS: list[tuple[str, Defect, str]] = [
    ("updateTask", forgets_links_of_queued_tasks, "update-links"),
    ("bulkUpdateTasks", changes_before_it_refuses, "list"),
    ("completeLink", changes_another_task_too, "list"),
    ("listTasks", skips_a_task_after_a_cursor, "list-after"),
    ("listTasks", counts_without_the_service_type, "list-total"),
    ("updateTask", refuses_running_to_canceled, "update"),
]


@pytest.mark.parametrize(
    ("operation", "defect", "rule"),
    sampled(DEFECTS, every=3, unpack=True),
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_defect_is_found_and_shown_with_few_requests(
    run: RunEpisodes, monkeypatch: pytest.MonkeyPatch, operation: str, defect: Defect, rule: str
) -> None:
    monkeypatch.setitem(HANDLERS, operation, defect(HANDLERS[operation]))
    findings = [
        finding for finding in run(budget=EpisodeBudget(20, 12, 900)).ledger.findings if finding.rule == rule
    ]
    assert findings
    assert min(len(finding.exchanges) for finding in findings) <= 3
    assert operation in {exchange.operation for finding in findings for exchange in finding.exchanges}


def test_changes_by_somebody_else_are_not_findings(run: RunEpisodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "is_loopback", False)

    def changing(world: World) -> Watcher:
        tasks = [task for task in world.tasks.values() if task.server == "server-01"]

        def watch(exchange: Exchange) -> None:
            task = tasks[exchange.number % len(tasks)]
            if exchange.number % 5 == 0 and task.status == "canceled":
                world.change_task(task, {"status": "pending"})

        return watch

    result = run(plan=Plan(writes=Writes.NONE, rate=1000), watcher=changing)
    assert result.messages == []


def test_a_server_that_gets_new_tasks_all_the_time_has_no_findings(
    run: RunEpisodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct = HANDLERS["listTasks"]

    def busy(world: World, server: Any, call: Any) -> Json:
        create_task(world, {"server": server.name})
        return correct(world, server, call)

    monkeypatch.setitem(HANDLERS, "listTasks", busy)
    assert run().messages == []


def test_a_bulk_answer_without_task_ids_is_not_compared_with_the_model(
    run: RunEpisodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct = HANDLERS["bulkUpdateTasks"]

    def without_ids(*call: Any) -> Json:
        answer = correct(*call)
        return {**answer, "results": [{"success": result["success"]} for result in answer["results"]]}

    monkeypatch.setitem(HANDLERS, "bulkUpdateTasks", without_ids)
    result = run(budget=EpisodeBudget(20, 12, 900))
    assert any(exchange.operation == "bulkUpdateTasks" for exchange in result.exchanges)
    assert result.messages == []


def test_a_target_with_impossible_tasks_gets_no_further_requests(run: RunEpisodes, monkeypatch: Any) -> None:
    correct = HANDLERS["listTasks"]

    def with_wrong_ids(*call: Any) -> Json:
        answer = correct(*call)
        return {**answer, "data": [{**task, "id": "no-uuid"} for task in answer["data"]]}

    monkeypatch.setitem(HANDLERS, "listTasks", with_wrong_ids)
    result = run()
    assert "which is not a UUID" in result.give_up_reason
    assert len(result.exchanges) <= 2


def test_the_report_says_why_nothing_was_compared_with_a_model(
    server: WorldServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "is_loopback", False)
    world = server.run_in_server_thread(
        lambda: server.worlds.add(server.worlds.new_name(), WorldBuilder(seed=1))
    ).world
    for _ in range(800):
        create_task(world, {"server": "server-01"})
    target = Target(server.base_url, f"server-01-key-{world.name}")
    report = conform(target, Plan(writes=Writes.NONE, rate=1000, max_requests=150))
    assert "1050 tasks are too many for a model" in report.as_json()["unplayed"]
    assert "No answers were compared with a model: 1050 tasks" in report_text(report)
