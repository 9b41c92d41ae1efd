"""Finds contradictions in a scenario: happenings that can never take place, and parts that have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.fields.vocabulary import Vocabulary
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.keys import ReplaceKey
from workerkit.scenarios.model.effects.respond import Respond
from workerkit.scenarios.model.effects.tasks import (
    AddTasks,
    CancelTasks,
    ChangeTasks,
    ReassignTasks,
    RemoveTasks,
)
from workerkit.scenarios.model.effects.worker_process import KillWorker, StartWorker
from workerkit.scenarios.model.scenario import Expectation, Happening, Waiver
from workerkit.scenarios.model.selection import THIS
from workerkit.scenarios.model.task_group import TaskGroup
from workerkit.scenarios.model.trigger import After, OnAsked, OnCall, OnMatch, OnState, Trigger
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import WorldPlan
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.requests.heartbeat_regular import HeartbeatRegular


def check_task_ids(tasks: Sequence[TaskGroup], nodes: Sequence[Node]) -> None:
    """Raises InvalidInputError if two tasks have the same id. `nodes`: the groups in the file."""
    ids: set[str] = set()
    for group, node in zip(tasks, nodes, strict=True):
        own = str(group.fields.get("id", "")).lower()
        if own and own in ids:
            raise node.value["id"].fail(f"another task has the id {own} already: give each task its own id")
        ids.add(own)


def check_happenings(
    world: WorldPlan, when: Sequence[Happening], nodes: Sequence[Node], vocabulary: Vocabulary
) -> None:
    """Raises InvalidInputError for the first happening that contradicts itself or other parts of the file."""
    names: set[str] = set()
    for index, (happening, node) in enumerate(zip(when, nodes, strict=True)):
        if happening.name is not None and happening.name in names:
            raise node.value["name"].fail(
                f'another happening is named "{happening.name}" already: choose another name'
            )
        names.add(happening.name or "")
        _check_request(happening, node, vocabulary)
        _check_asked(happening, node)
        _check_effects(happening, node)
        _check_keys(world, happening, node)
        _check_kills(when, happening, node)
        _check_count(world, when, happening, node)
        _check_order(when, index, node)


def check_waivers(
    waivers: Sequence[Waiver], nodes: Sequence[Node], expectations: Sequence[Expectation]
) -> None:
    """Raises InvalidInputError for an entry of `waive` that changes nothing, or that contradicts `expect`."""
    expected = [expectation.rule for expectation in expectations]
    waived: set[str] = set()
    for waiver, node in zip(waivers, nodes, strict=True):
        if waiver.rule in waived:
            raise node.fail(f'"{waiver.rule}" is waived twice: keep one')
        if waiver.rule in expected:
            raise node.fail(f'"{waiver.rule}" is in `expect` and in `waive`: keep one of the two')
        if not RULES[waiver.rule].general:
            raise node.fail(f'"{waiver.rule}" applies only to scenarios that expect it: leave it out here')
        waived.add(waiver.rule)


def check_end(until: Until, node: Node, expectations: Sequence[Expectation]) -> None:
    """Raises InvalidInputError if the scenario waits for heartbeats that no rule judges."""
    expects = any(expectation.rule == HeartbeatRegular.id for expectation in expectations)
    if until.heartbeats is not None and not expects:
        raise node.value["heartbeats"].fail(
            f"no rule judges heartbeats here: add {HeartbeatRegular.id} to `expect`, or leave this out"
        )


def _check_request(happening: Happening, node: Node, vocabulary: Vocabulary) -> None:
    """Refuses a trigger that waits for a request that can never arrive."""
    trigger = happening.trigger
    if not isinstance(trigger, OnMatch) or ANY in trigger.operation:
        return
    place = node.value["match"]
    parts = (
        ("body", trigger.body, vocabulary.operations_with_body),
        ("id", trigger.id, vocabulary.operations_with_id),
    )
    for key, wanted, operations in parts:
        without = [operation for operation in trigger.operation if operation not in operations]
        if wanted is not None and without:
            part = "body" if key == "body" else "id in its path"
            raise place.value[key].fail(
                f"{without[0]} has no {part}, so it can never match: leave `{key}` out"
            )


def _check_asked(happening: Happening, node: Node) -> None:
    trigger = happening.trigger
    if isinstance(trigger, OnAsked) and trigger.group is not None and not trigger.is_about_tasks:
        raise (
            node.value["asked"]
            .value["group"]
            .fail(f"{trigger.what[0]} is not about tasks, so it can never match: leave `group` out")
        )


def _check_effects(happening: Happening, node: Node) -> None:
    is_request = isinstance(happening.trigger, OnCall | OnMatch | OnAsked)
    responses = 0
    for effect, place in zip(happening.effects, node.value["do"].value, strict=True):
        responses += isinstance(effect, Respond)
        if isinstance(effect, Respond) and not is_request:
            raise place.fail(
                "respond needs a request that it can answer: use the trigger asked, call or match"
            )
        if responses > 1:
            raise place.fail("a request gets one answer: keep one respond")
        if _selects_this(effect) and not _has_tasks(happening.trigger):
            raise place.fail(
                "`this` means the tasks of a request or of a change, but this trigger has neither: select "
                "other tasks, or use the trigger call, match or change, or asked with an update of tasks"
            )


def _has_tasks(trigger: Trigger) -> bool:
    """Whether the tasks of a request or of a change can belong to the trigger."""
    if isinstance(trigger, OnAsked):
        return trigger.is_about_tasks
    return not isinstance(trigger, After | OnState)


def _selects_this(effect: Effect) -> bool:
    if isinstance(effect, ChangeTasks | CancelTasks | ReassignTasks | RemoveTasks):
        return effect.tasks.which == THIS
    return False


def _check_keys(world: WorldPlan, happening: Happening, node: Node) -> None:
    owners = {server.key: server.name for server in world.servers if server.key is not None}
    for effect, place in zip(happening.effects, node.value["do"].value, strict=True):
        if isinstance(effect, ReplaceKey) and owners.get(effect.key or "", effect.server) != effect.server:
            raise place.fail(f"{owners[effect.key or '']} has this key already: choose another one")


def _check_kills(when: Sequence[Happening], happening: Happening, node: Node) -> None:
    """Refuses to kill the worker for good: no worker can bring its tasks to an end then."""
    is_started = any(isinstance(effect, StartWorker) for effect in _effects(when))
    for effect, place in zip(happening.effects, node.value["do"].value, strict=True):
        if isinstance(effect, KillWorker) and not is_started:
            raise place.fail("the worker is never started again after this: add start-worker")


def _check_count(world: WorldPlan, when: Sequence[Happening], happening: Happening, node: Node) -> None:
    trigger = happening.trigger
    if not isinstance(trigger, OnState) or _may_grow(when, trigger.group):
        return
    count = sum(task_group.count for task_group in world.tasks if trigger.group in (None, task_group.group))
    if trigger.count > count:
        where = f"the group {trigger.group}" if trigger.group else "the world"
        wanted = " or ".join(trigger.status)
        raise node.value["state"].fail(
            f"{where} has only {count} tasks, so {trigger.count} can never be {wanted}"
        )


def _may_grow(when: Sequence[Happening], group: str | None) -> bool:
    added = [effect.tasks for effect in _effects(when) if isinstance(effect, AddTasks)]
    return any(group in (None, task_group.group) for task_group in added)


def _check_order(when: Sequence[Happening], index: int, node: Node) -> None:
    """Refuses happenings that wait for each other."""
    seen: list[int] = []
    awaited: int | None = index
    while awaited is not None and awaited not in seen:
        seen.append(awaited)
        awaited = _awaited_by(when, awaited)
    if awaited is not None:
        raise node.value["asked" if isinstance(when[index].trigger, OnAsked) else "after"].fail(
            "this happening waits for itself, directly or through other happenings: change one of their "
            "triggers"
        )


def _awaited_by(when: Sequence[Happening], index: int) -> int | None:
    """The index of the happening that happening `index` waits for. None if it waits for no happening."""
    trigger = when[index].trigger
    if not isinstance(trigger, After | OnAsked):
        return None
    name = trigger.of if isinstance(trigger, After) else trigger.since
    if name is None:
        return index - 1 if index and isinstance(trigger, After) else None
    return next(other for other, happening in enumerate(when) if happening.name == name)


def _effects(when: Sequence[Happening]) -> Iterator[Effect]:
    for happening in when:
        yield from happening.effects
