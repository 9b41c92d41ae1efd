"""Runs a scenario on a world: applies the scenario's effects when they are due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from workerkit.mockserver.http.answer import Answer, json_answer
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.refusal import ScriptedAnswerError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.group_tasks import create_group_task, entity_by_name
from workerkit.mockserver.worlds.request_match import RequestMatch
from workerkit.mockserver.worlds.worker_control import WorkerControl
from workerkit.openapi.asked import FIRST_PAGE, LATER_PAGE
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.explain.scenario_text import trigger_text
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.model.effects.advance_clock import AdvanceClock
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.faults import AddFault, ClearFaults
from workerkit.scenarios.model.effects.keys import ReplaceKey, RestoreKey, RevokeKey
from workerkit.scenarios.model.effects.respond import NO_BODY, Respond
from workerkit.scenarios.model.effects.states import SetAccount, SetCustomerRequest, SetServer
from workerkit.scenarios.model.effects.tasks import (
    CANCELED,
    AddTasks,
    CancelTasks,
    ChangeTasks,
    ReassignTasks,
    RemoveTasks,
)
from workerkit.scenarios.model.effects.worker_process import (
    KillWorker,
    OnWorkerProcess,
    StartWorker,
    StopWorker,
)
from workerkit.scenarios.model.happening_tracker import DueEffect, HappeningTracker
from workerkit.scenarios.model.scenario import Happening, Scenario
from workerkit.scenarios.model.selection import THIS, Selection
from workerkit.scenarios.model.trigger import After, OnAsked, OnCall, OnChange, OnMatch, OnState, Trigger
from workerkit.scenarios.run_record.idleness import POLLING
from workerkit.scenarios.run_record.run import Event
from workerkit.scenarios.run_record.trouble import troubles_of

_BY = "the scenario"
Groups = Mapping[str, Iterable[str]]


class Director:
    """A world and the scenario that runs on it.

    scenario: the scenario, or None.
    events: the effects that the scenario has applied so far.
    tracker: decides which effects are due.
    groups: for each named group of tasks, the ids of its tasks.
    heartbeat_interval: how often the worker sends heartbeats by its own statement, in seconds. None if this
        was not stated.
    """

    def __init__(
        self,
        world: World,
        scenario: Scenario | None = None,
        groups: Groups | None = None,
        *,
        heartbeat_interval: float | None = None,
    ) -> None:
        self.world = world
        self.scenario = scenario
        self.heartbeat_interval = heartbeat_interval
        self.events: list[Event] = []
        when = scenario.when if scenario else ()
        self.tracker = HappeningTracker(when, began=world.clock.begin)
        world.clock.on_move(self._move_begin)
        self.groups = {name: dict.fromkeys(ids) for name, ids in (groups or {}).items()}
        self._worker: WorkerControl | None = None
        self._status_changes: list[tuple[Task, str, str]] = []
        self._trigger_tasks: tuple[Task, ...] = ()
        self._match: RequestMatch | None = None
        self._notes_trouble = any(
            isinstance(happening.trigger, OnAsked) and happening.trigger.repeated for happening in when
        )
        for effect in (effect for happening in when for effect in happening.effects):
            if isinstance(effect, ReplaceKey):
                world.key_ring.reserve_key(world.server(effect.server), self.next_key(effect))
        if any(isinstance(happening.trigger, OnChange) for happening in when):
            world.on_status_change = self._note_status_change
        if scenario is not None:
            world.change_log.record_all()

    @property
    def may_change_answers(self) -> bool:
        """Whether a fault or the scenario could change the answer to the next request."""
        return self.scenario is not None or bool(self.world.faults)

    def control_worker(self, worker: WorkerControl | None) -> None:
        """Sets the processes that the scenario can stop and start. With None, such effects do nothing."""
        self._worker = worker

    def before_request(self, operation: str | None, request: Request | None = None) -> None:
        """Applies the effects that are due before a request is answered.

        operation: the operation of the request; None if the request matches no operation.

        Raises ScriptedAnswerError if the scenario answers the request.
        """
        if self.scenario is None:
            return
        self.apply_due_effects()
        self._match = match = None if request is None else RequestMatch(self.world, operation, request)
        effects = self.tracker.count_request(
            operation,
            at=self.world.clock.now(),
            matches=lambda trigger: match is not None and match.matches(trigger, self.group_task_ids),
            find_asked=lambda trigger: match.find_asked(trigger, self.group_task_ids) if match else (),
        )
        if effects:
            self._apply(effects, match.tasks if match else ())
            self.apply_due_effects()
        self._status_changes.clear()
        respond = next((due.effect for due in effects if isinstance(due.effect, Respond)), None)
        if respond is not None:
            raise ScriptedAnswerError(_answer(respond))

    def after_request(self, answer: Answer, faults: Sequence[Fault] = ()) -> None:
        """Applies the effects that are due because of a request. Call this before the answer is sent.

        answer: the answer, before faults change how it is sent.
        faults: the faults that apply to the request.
        """
        if self.scenario is None:
            return
        if self._notes_trouble:
            self._note_trouble(answer, faults)
        status_changes, self._status_changes = self._status_changes, []
        for task, was, now in status_changes:
            matches = partial(self._is_change_of, task, was, now)
            self._apply(self.tracker.count_change(matches, at=self.world.clock.now()), (task,))
        self.apply_due_effects()
        self._status_changes.clear()

    def apply_due_effects(self) -> None:
        """Applies the effects that are due because of the time or the state of the world.

        While the clock waits for the first request to move to the real time, no effect is due.
        """
        if self.scenario is None or self.world.clock.will_move:
            return
        while effects := self._due_effects():
            self._apply(effects)

    def is_over(self) -> bool:
        """Whether the scenario has ended. The director must have a scenario."""
        assert self.scenario is not None
        self.apply_due_effects()
        worker = next(iter(self.world.servers))
        return self.scenario.until.holds(
            statuses=[task.status for task in self.world.tasks.values() if task.server == worker],
            exchanges=tuple(self.world.journal),
            now=self.world.clock.peek(),
            happened=self.tracker.happened,
            calls=self.tracker.calls,
            heartbeat_interval=self.heartbeat_interval,
        )

    def heartbeat_seconds(self) -> float:
        """For how many seconds the scenario goes on at its end so that heartbeats can be judged."""
        if self.scenario is None:
            return 0.0
        return self.scenario.until.heartbeat_seconds(self.heartbeat_interval)

    def waits_only_for_worker(self) -> bool:
        """Whether the scenario waits for the worker's tasks, and needs no more time or polls to go on."""
        if self.scenario is None or not self.scenario.until.waits_for_tasks:
            return False
        when, waiting = self.scenario.when, self.tracker.not_happened
        return not self.tracker.waiting_for_time and not any(
            _may_come_by_polls(when[index].trigger) and not _only_spoils(when, index) for index in waiting
        )

    def awaits_start(self) -> bool:
        """Whether the scenario will start the worker again only because time passes."""
        when = self.scenario.when if self.scenario else ()
        waiting = self.tracker.waiting_for_time if self.world.journal.count else ()
        return any(isinstance(effect, StartWorker) for index in waiting for effect in when[index].effects)

    def not_reached(self) -> tuple[str, ...]:
        """A text for each part of the scenario that did not affect the worker.

        These parts are the entries of `when` that never happened, and the faults that were never applied.
        """
        when = self.scenario.when if self.scenario else ()
        happenings = (_happening_text(when[index]) for index in self.tracker.not_happened)
        faults = (fault.planned.fault.kind for fault in self.world.faults if not fault.times_applied)
        return (
            *(phrase("never happened: {happening}", happening=happening) for happening in happenings),
            *(phrase("never applied: the fault {fault}", fault=fault) for fault in faults),
        )

    def group_task_ids(self, group: str) -> frozenset[str]:
        """The ids of the tasks of a group. Empty if there is no group with this name."""
        return frozenset(self.groups.get(group, ()))

    def next_key(self, effect: ReplaceKey) -> str:
        """The new API key that an effect gives to its server."""
        return self.world.key_ring.full_key(effect.key or f"{effect.server}-next-key-{self.world.name}")

    def selected_tasks(self, selection: Selection) -> list[Task]:
        """The tasks that an effect changes, in list order."""
        candidates = self._trigger_tasks if selection.which == THIS else self.world.tasks.values()
        in_order = sorted(candidates, key=lambda task: task.place)
        return list(selection.select(in_order, self.group_task_ids(selection.group or "")))

    def _move_begin(self, seconds: float) -> None:
        """Moves the begin of the scenario, because the clock moved to the real time."""
        state = self.tracker.state
        self.tracker.resume(replace(state, began=state.began + seconds))

    def _note_trouble(self, answer: Answer, faults: Sequence[Fault]) -> None:
        """Notes whether the request that `before_request` has seen last meets trouble."""
        if self._match is not None:
            exchange = replace(self._match.exchange, status=answer.status, answer_body=answer.body)
            troubles = troubles_of(exchange, faults)
            self.tracker.asked.note_outcome(self._match.asked, in_trouble=bool(troubles))

    def _note_status_change(self, task: Task, was: str) -> None:
        self._status_changes.append((task, was, task.status))

    def _is_change_of(self, task: Task, was: str, now: str, trigger: OnChange) -> bool:
        return (
            trigger.status == now
            and trigger.was in (None, was)
            and trigger.server in (None, task.server)
            and (trigger.group is None or task.id in self.group_task_ids(trigger.group))
        )

    def _due_effects(self) -> tuple[DueEffect, ...]:
        at = self.world.clock.peek()
        return (*self.tracker.due_by_time(at=at), *self.tracker.check_state(self._count_tasks, at=at))

    def _count_tasks(self, trigger: OnState) -> int:
        world, group = self.world, trigger.group
        if group is None:
            servers = [server for server in world.servers.values() if trigger.server in (None, server.name)]
            return sum(world.backlog(server).count(trigger.status, None) for server in servers)
        tasks = (world.tasks[task_id] for task_id in self.groups.get(group, ()))
        return sum(task.status in trigger.status and trigger.server in (None, task.server) for task in tasks)

    def _apply(self, due_effects: tuple[DueEffect, ...], trigger_tasks: tuple[Task, ...] = ()) -> None:
        tasks = self.world.tasks
        for due in due_effects:
            effect = due.effect
            self._trigger_tasks = (
                trigger_tasks
                if due.tasks is None
                else tuple(tasks[task] for task in due.tasks if task in tasks)
            )
            if isinstance(effect, OnWorkerProcess):
                if self._worker is None:
                    continue
                WORKER_ACTIONS[type(effect)](self._worker)
            else:
                EFFECT_ACTIONS[type(effect)](self, effect, due.time)
            self.events.append(Event(due.time, effect.kind, effect.subject))


def _only_spoils(when: Sequence[Happening], index: int) -> bool:
    """Whether a happening can only make requests fail, and no other happening waits for it."""
    is_awaited = when[index].name is not None or any(
        isinstance(happening.trigger, After) for happening in when[index + 1 : index + 2]
    )
    return not is_awaited and all(isinstance(effect, AddFault | Respond) for effect in when[index].effects)


def _may_come_by_polls(trigger: Trigger) -> bool:
    """Whether the requests of a worker that only polls can be enough for a trigger."""
    operations = trigger.of if isinstance(trigger, OnCall) else ()
    operations = trigger.operation if isinstance(trigger, OnMatch) else operations
    if isinstance(trigger, OnAsked):
        return not {"heartbeat", FIRST_PAGE, LATER_PAGE}.isdisjoint(trigger.what)
    return not {ANY, *POLLING}.isdisjoint(operations)


def _happening_text(happening: Happening) -> str:
    effects = ", ".join(f"{effect.kind} {effect.subject}".rstrip() for effect in happening.effects)
    return f"{effects} ({trigger_text(happening.trigger)})"


def _respond(director: Director, effect: Respond, at: float) -> None:
    """Does nothing: `Director.before_request` sends the answer after all effects are applied."""


def _revoke_key(director: Director, effect: RevokeKey, at: float) -> None:
    director.world.key_ring.set_revoked(director.world.server(effect.server), revoked=True, by=_BY)


def _restore_key(director: Director, effect: RestoreKey, at: float) -> None:
    director.world.key_ring.set_revoked(director.world.server(effect.server), revoked=False, by=_BY)


def _replace_key(director: Director, effect: ReplaceKey, at: float) -> None:
    world = director.world
    world.key_ring.replace_keys(world.server(effect.server), director.next_key(effect), by=_BY)


def _set_server(director: Director, effect: SetServer, at: float) -> None:
    director.world.set_server_status(director.world.server(effect.name), effect.status, by=_BY)


def _add_fault(director: Director, effect: AddFault, at: float) -> None:
    director.world.add_fault(effect.planned, since=at)


def _clear_faults(director: Director, effect: ClearFaults, at: float) -> None:
    director.world.faults.clear()


def _change_tasks(director: Director, effect: ChangeTasks, at: float) -> None:
    for task in director.selected_tasks(effect.tasks):
        director.world.change_any_fields(task, dict(effect.set), by=_BY)


def _cancel_tasks(director: Director, effect: CancelTasks, at: float) -> None:
    for task in director.selected_tasks(effect.tasks):
        director.world.change_task(task, {"status": CANCELED}, by=_BY)


def _reassign_tasks(director: Director, effect: ReassignTasks, at: float) -> None:
    world = director.world
    for task in director.selected_tasks(effect.tasks):
        world.reassign(task, world.server(effect.to), by=_BY)


def _add_tasks(director: Director, effect: AddTasks, at: float) -> None:
    for _ in range(effect.tasks.count):
        task = create_group_task(director.world, effect.tasks)
        if effect.tasks.group is not None:
            director.groups.setdefault(effect.tasks.group, {})[task.id] = None


def _remove_tasks(director: Director, effect: RemoveTasks, at: float) -> None:
    for task in director.selected_tasks(effect.tasks):
        director.world.remove_task(task, by=_BY)
        for task_ids in director.groups.values():
            task_ids.pop(task.id, None)


def _set_request(director: Director, effect: SetCustomerRequest, at: float) -> None:
    request = entity_by_name(director.world.requests, "name", effect.name)
    director.world.set_status(request, effect.status)


def _set_account(director: Director, effect: SetAccount, at: float) -> None:
    account = entity_by_name(director.world.accounts, "username", effect.name)
    director.world.set_status(account, effect.status)


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


WORKER_ACTIONS: dict[type[OnWorkerProcess], Callable[[WorkerControl], None]] = {
    StopWorker: lambda worker: worker.stop(),
    KillWorker: lambda worker: worker.kill(),
    StartWorker: lambda worker: worker.start(),
}


def _answer(effect: Respond) -> Answer:
    headers = tuple((name.encode(), value.encode()) for name, value in (effect.headers or {}).items())
    given = {name for name, _ in headers}
    if effect.body is not None:
        answer = json_answer(effect.body, effect.status)
    else:
        body = (effect.text or "").encode()
        content_type = [(b"content-type", b"text/plain; charset=utf-8")] if effect.text else []
        length = [(b"content-length", b"%d" % len(body))] if effect.status not in NO_BODY else []
        answer = Answer(effect.status, (*content_type, *length), body)
    others = (header for header in answer.headers if header[0] not in given)
    return Answer(answer.status, (*others, *headers), answer.body)
