"""Plays a scenario on a world: what the plot says is due is done to the world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from workerkit.mockserver.http.answer import Answer, json_answer
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.refusal import ScriptedAnswerError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.group_tasks import create_group_task, named
from workerkit.mockserver.worlds.request_match import RequestMatch
from workerkit.scenarios.explain.scenario_text import trigger_text
from workerkit.scenarios.model.effects import (
    CANCELED,
    NO_BODY,
    AddFault,
    AddTasks,
    AdvanceClock,
    CancelTasks,
    ChangeTasks,
    ClearFaults,
    Effect,
    ReassignTasks,
    RemoveTasks,
    ReplaceKey,
    Respond,
    RestoreKey,
    RevokeKey,
    SetAccount,
    SetCustomerRequest,
    SetServer,
)
from workerkit.scenarios.model.plot import Occurrence, Plot
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.selection import THIS, Selection
from workerkit.scenarios.model.trigger import OnChange, OnState
from workerkit.scenarios.run_record.run import Event

_BY = "the scenario"
Groups = Mapping[str, Iterable[str]]


class Director:
    """A world with the scenario that is played on it, if any. `events` says what the scenario did so far.

    `plot` knows how far the scenario has come; `groups` are the ids of the tasks of each group with a name.
    """

    def __init__(self, world: World, scenario: Scenario | None = None, groups: Groups | None = None) -> None:
        self.world = world
        self.scenario = scenario
        self.events: list[Event] = []
        when = scenario.when if scenario else ()
        self.plot = Plot(when, began=world.clock.begin)
        self.groups = {name: dict.fromkeys(ids) for name, ids in (groups or {}).items()}
        self._changes: list[tuple[Task, str, str]] = []
        self._this: tuple[Task, ...] = ()
        for effect in (each for happening in when for each in happening.effects):
            if isinstance(effect, ReplaceKey):
                world.reserve_key(world.server(effect.server), self.next_key(effect))
        if any(isinstance(each.trigger, OnChange) for each in when):
            world.observer = self._observe
        if scenario is not None:
            world.remember_all()

    @property
    def may_interfere(self) -> bool:
        """Whether the next request may be struck by a fault, or first have the scenario speak."""
        return self.scenario is not None or bool(self.world.faults)

    def speak(self, operation: str | None, request: Request | None = None) -> None:
        """Lets the scenario speak before a request of an operation (None: of no operation) is answered.

        Raises Scripted where the scenario answers it itself.
        """
        if self.scenario is None:
            return
        self.catch_up()
        asked = None if request is None else RequestMatch(self.world, operation, request)
        called = self.plot.called(
            operation,
            at=self.world.clock.now(),
            fits=lambda trigger: asked is not None and asked.fits(trigger, self.members),
        )
        if called:
            self._play(called, asked.tasks if asked else ())
            self.catch_up()
        self._changes.clear()
        answer = next((each.effect for each in called if isinstance(each.effect, Respond)), None)
        if answer is not None:
            raise ScriptedAnswerError(_answer(answer))

    def settle(self) -> None:
        """Lets the scenario see what a request did, before its answer leaves."""
        if self.scenario is None:
            return
        changes, self._changes = self._changes, []
        for task, was, now in changes:
            fits = partial(self._is_of, task, was, now)
            self._play(self.plot.changed(fits, at=self.world.clock.now()), (task,))
        self.catch_up()
        self._changes.clear()

    def catch_up(self) -> None:
        """Does what has become due by the passing of time, or by the state of the world, alone."""
        if self.scenario is None:
            return
        while due := self._due():
            self._play(due)

    def is_over(self) -> bool:
        """Whether the scenario, which there has to be, is over."""
        assert self.scenario is not None
        self.catch_up()
        worker = next(iter(self.world.servers))
        return self.scenario.until.holds(
            statuses=[task.status for task in self.world.tasks.values() if task.server == worker],
            exchanges=tuple(self.world.journal),
            now=self.world.clock.glance(),
            happened=self.plot.happened,
            calls=self.plot.calls,
        )

    def unfelt(self) -> tuple[str, ...]:
        """What of the scenario the worker never felt, in words.

        These are the happenings that did not take place, and the faults that stand and struck nothing.
        """
        when = self.scenario.when if self.scenario else ()
        happenings = (trigger_text(when[index].trigger) for index in self.plot.outstanding)
        faults = (fault.planned.fault.kind for fault in self.world.faults if not fault.strikes)
        return (
            *(f"never happened: {happening}" for happening in happenings),
            *(f"struck nothing: {fault}" for fault in faults),
        )

    def members(self, group: str) -> frozenset[str]:
        """The ids of the tasks of a group; none where there is no such group."""
        return frozenset(self.groups.get(group, ()))

    def next_key(self, effect: ReplaceKey) -> str:
        """The key that a server gets by an effect."""
        return effect.key or f"{effect.server}-next-key-{self.world.name}"

    def selected(self, selection: Selection) -> list[Task]:
        """The tasks that an effect is for, in the order in which they are listed."""
        pool = self._this if selection.which == THIS else self.world.tasks.values()
        in_order = sorted(pool, key=lambda task: task.place)
        return list(selection.of(in_order, self.members(selection.group or "")))

    def _observe(self, task: Task, was: str) -> None:
        self._changes.append((task, was, task.status))

    def _is_of(self, task: Task, was: str, now: str, trigger: OnChange) -> bool:
        return (
            trigger.status == now
            and trigger.was in (None, was)
            and trigger.server in (None, task.server)
            and (trigger.group is None or task.id in self.members(trigger.group))
        )

    def _due(self) -> tuple[Occurrence, ...]:
        at = self.world.clock.glance()
        return (*self.plot.due(at=at), *self.plot.reached(self._count, at=at))

    def _count(self, trigger: OnState) -> int:
        world, group = self.world, trigger.group
        if group is None:
            servers = [server for server in world.servers.values() if trigger.server in (None, server.name)]
            return sum(world.backlog(server).count(trigger.status, None) for server in servers)
        tasks = (world.tasks[task_id] for task_id in self.groups.get(group, ()))
        return sum(task.status in trigger.status and trigger.server in (None, task.server) for task in tasks)

    def _play(self, occurrences: tuple[Occurrence, ...], this: tuple[Task, ...] = ()) -> None:
        self._this = this
        for occurrence in occurrences:
            effect = occurrence.effect
            EFFECT_ACTIONS[type(effect)](self, effect, occurrence.time)
            self.events.append(Event(occurrence.time, effect.kind, effect.subject))


def _respond(director: Director, effect: Respond, at: float) -> None:
    """What it answers with is raised once everything that happens with it is done."""


def _revoke_key(director: Director, effect: RevokeKey, at: float) -> None:
    director.world.revoke(director.world.server(effect.server), revoked=True, by=_BY)


def _restore_key(director: Director, effect: RestoreKey, at: float) -> None:
    director.world.revoke(director.world.server(effect.server), revoked=False, by=_BY)


def _replace_key(director: Director, effect: ReplaceKey, at: float) -> None:
    world = director.world
    world.exchange_key(world.server(effect.server), director.next_key(effect), by=_BY)


def _set_server(director: Director, effect: SetServer, at: float) -> None:
    director.world.set_server_status(director.world.server(effect.name), effect.status, by=_BY)


def _add_fault(director: Director, effect: AddFault, at: float) -> None:
    director.world.add_fault(effect.planned, since=at)


def _clear_faults(director: Director, effect: ClearFaults, at: float) -> None:
    director.world.faults.clear()


def _change_tasks(director: Director, effect: ChangeTasks, at: float) -> None:
    for task in director.selected(effect.tasks):
        director.world.rewrite_task(task, dict(effect.set), by=_BY)


def _cancel_tasks(director: Director, effect: CancelTasks, at: float) -> None:
    for task in director.selected(effect.tasks):
        director.world.change_task(task, {"status": CANCELED}, by=_BY)


def _reassign_tasks(director: Director, effect: ReassignTasks, at: float) -> None:
    world = director.world
    for task in director.selected(effect.tasks):
        world.reassign(task, world.server(effect.to), by=_BY)


def _add_tasks(director: Director, effect: AddTasks, at: float) -> None:
    for _ in range(effect.tasks.count):
        task = create_group_task(director.world, effect.tasks)
        if effect.tasks.group is not None:
            director.groups.setdefault(effect.tasks.group, {})[task.id] = None


def _remove_tasks(director: Director, effect: RemoveTasks, at: float) -> None:
    for task in director.selected(effect.tasks):
        director.world.remove_task(task, by=_BY)
        for members in director.groups.values():
            members.pop(task.id, None)


def _set_request(director: Director, effect: SetCustomerRequest, at: float) -> None:
    director.world.set_status(named(director.world.requests, "name", effect.name), effect.status)


def _set_account(director: Director, effect: SetAccount, at: float) -> None:
    director.world.set_status(named(director.world.accounts, "username", effect.name), effect.status)


def _advance_clock(director: Director, effect: AdvanceClock, at: float) -> None:
    director.world.clock.advance(effect.by)


EFFECT_ACTIONS: dict[type[Effect], Callable[[Director, Any, float], None]] = {
    Respond: _respond,
    AddFault: _add_fault,
    ClearFaults: _clear_faults,
    RevokeKey: _revoke_key,
    RestoreKey: _restore_key,
    ReplaceKey: _replace_key,
    SetServer: _set_server,
    ChangeTasks: _change_tasks,
    CancelTasks: _cancel_tasks,
    ReassignTasks: _reassign_tasks,
    AddTasks: _add_tasks,
    RemoveTasks: _remove_tasks,
    SetCustomerRequest: _set_request,
    SetAccount: _set_account,
    AdvanceClock: _advance_clock,
}


def _answer(effect: Respond) -> Answer:
    headers = tuple((name.encode(), value.encode()) for name, value in (effect.headers or {}).items())
    given = {name for name, _ in headers}
    if effect.body is not None:
        answer = json_answer(effect.body, effect.status)
    else:
        body = (effect.text or "").encode()
        kind = [(b"content-type", b"text/plain; charset=utf-8")] if effect.text else []
        length = [(b"content-length", b"%d" % len(body))] if effect.status not in NO_BODY else []
        answer = Answer(effect.status, (*kind, *length), body)
    others = (header for header in answer.headers if header[0] not in given)
    return Answer(answer.status, (*others, *headers), answer.body)
