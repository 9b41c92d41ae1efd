"""Each broken rule of a scenario is told once, and only when it is certain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import requests

from workerkit.mockserver.observers.rule_watch import RuleNews, RuleWatch
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.library import library

T = TypeVar("T")


def worlds_in(scenario: str | None) -> Worlds:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(library.find(scenario) if scenario else None, seed=1))
    return worlds


class Watch:
    """Looks for news of a mock, a minute later each time."""

    def __init__(self, mock: WorldServer) -> None:
        self._time = 0.0
        self._rules = RuleWatch(mock.worlds, mock.run_in_server_thread, lambda: self._time)
        mock.run_in_server_thread(lambda: mock.worlds.subscribe(self._rules.note))

    def news(self) -> list[RuleNews]:
        self._time += 60.0
        return list(self._rules.news())


def ask(mock: WorldServer, path: str = "/tasks") -> None:
    requests.get(mock.base_url + path, headers={"X-API-Key": "server-01-key"}, timeout=120)


def test_a_rule_is_told_when_it_is_broken_and_only_once() -> None:
    with WorldServer(worlds_in("quiet-day")) as mock:
        rules = Watch(mock)
        ask(mock)
        assert rules.news() == []
        ask(mock, "/tasks?limit=0")
        (news,) = rules.news()
        assert (news.world, news.scenario, news.verdict) == (DEFAULT, "quiet-day", None)
        assert [violation.rule for violation in news.broken] == ["documented-requests"]
        ask(mock, "/tasks?limit=0")
        assert rules.news() == []


def test_a_rule_that_can_still_be_kept_is_not_told() -> None:
    """The tasks have not ended and no heartbeat came, but the worker has only begun."""
    with WorldServer(worlds_in("quiet-day")) as mock:
        rules = Watch(mock)
        ask(mock)
        assert rules.news() == []
        assert {"tasks-ended"} & broken_now(mock)


def broken_now(mock: WorldServer) -> set[str]:
    verdict = requests.get(f"{mock.control_url}/worlds/default/verdict", timeout=120).json()
    return {broken["rule"] for broken in verdict["broken"]}


def test_secrets_are_masked() -> None:
    with WorldServer(worlds_in("quiet-day")) as mock:
        rules = Watch(mock)
        ask(mock, "/tasks?api_key=server-01-key")
        (news,) = rules.news()
        text = " ".join(violation.message for violation in news.broken)
        assert "server-01-key" not in text


def test_the_end_of_a_scenario_is_told_once_with_its_verdict() -> None:
    with WorldServer(worlds_in("quiet-day")) as mock:
        rules = Watch(mock)
        tasks = requests.get(f"{mock.control_url}/worlds/default/tasks", timeout=120).json()["tasks"]
        for task in tasks:
            url = f"{mock.control_url}/worlds/default/tasks/{task['id']}"
            requests.patch(url, json={"status": "canceled"}, timeout=120)
        ask(mock)
        news = end_of(rules, mock)
        assert (news.verdict, news.broken) == ("pass", ())
        ask(mock)
        assert rules.news() == []


def end_of(rules: Watch, mock: WorldServer) -> RuleNews:
    """The news that have a verdict. Asks for tasks until there are some, at most for an hour."""
    for _ in range(60):
        for news in rules.news():
            if news.verdict is not None:
                return news
        requests.post(f"{mock.control_url}/worlds/default/clock", json={"advance": "60s"}, timeout=120)
        ask(mock)
    raise AssertionError("the scenario has not ended")


def test_a_reset_world_is_judged_anew() -> None:
    with WorldServer(worlds_in("quiet-day")) as mock:
        rules = Watch(mock)
        told = []
        for _ in range(2):
            ask(mock, "/tasks?limit=0")
            told += [violation.rule for news in rules.news() for violation in news.broken]
            requests.post(f"{mock.control_url}/worlds/default/reset", timeout=120)
            rules.news()
        assert told == ["documented-requests"] * 2


def test_a_world_without_a_scenario_and_a_removed_world_have_no_news() -> None:
    with WorldServer(worlds_in(None)) as mock:
        rules = Watch(mock)
        ask(mock, "/tasks?limit=0")
        assert rules.news() == []
        ask(mock, "/tasks?limit=0")
        mock.run_in_server_thread(lambda: mock.worlds.remove(DEFAULT))
        assert rules.news() == []


def test_the_mock_keeps_most_of_its_time_for_requests() -> None:
    now = [0.0]

    def slow_call(function: Callable[[], T]) -> T:
        now[0] += 2.0
        return function()

    worlds = worlds_in("quiet-day")
    rules = RuleWatch(worlds, slow_call, lambda: now[0])
    began = now[0]
    rules.note(worlds.world(DEFAULT), None)  # type: ignore[arg-type]  # any item
    list(rules.news())
    rules.note(worlds.world(DEFAULT), None)  # type: ignore[arg-type]
    now[0] = began + 40.0
    list(rules.news())
    assert now[0] == began + 40.0
    now[0] = began + 42.0
    list(rules.news())
    assert now[0] == began + 44.0
