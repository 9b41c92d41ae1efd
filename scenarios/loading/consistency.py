"""Refuses stories that are at odds with themselves: what can never happen, and what could mean nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.fields.vocabulary import Vocabulary
from workerkit.scenarios.model.effects import (
    AddTasks,
    CancelTasks,
    ChangeTasks,
    Effect,
    ReassignTasks,
    RemoveTasks,
    ReplaceKey,
    Respond,
)
from workerkit.scenarios.model.scenario import Expectation, Happening, Waiver
from workerkit.scenarios.model.selection import THIS, Selection
from workerkit.scenarios.model.task_group import TaskGroup
from workerkit.scenarios.model.trigger import After, OnCall, OnMatch, OnState
from workerkit.scenarios.model.world_plan import WorldPlan
from workerkit.scenarios.rules import RULES


def check_world(tasks: Sequence[TaskGroup], nodes: Sequence[Node]) -> None:
    """Raises NotUnderstood where two tasks would have one id; `nodes` are where the groups stand."""
    ids: set[str] = set()
    for group, node in zip(tasks, nodes, strict=True):
        own = str(group.fields.get("id", "")).lower()
        if own and own in ids:
            raise node.value["id"].fail(f"there is a task {own} already: each needs an id of its own")
        ids.add(own)


def check_story(
    world: WorldPlan, when: Sequence[Happening], nodes: Sequence[Node], vocabulary: Vocabulary
) -> None:
    """Raises NotUnderstood for the first happening that contradicts itself, the world or the others."""
    names: set[str] = set()
    for index, (happening, node) in enumerate(zip(when, nodes, strict=True)):
        if happening.name is not None and happening.name in names:
            raise node.value["name"].fail(f'"{happening.name}" is the name of another happening: choose one')
        names.add(happening.name or "")
        _check_request(happening, node, vocabulary)
        _check_effects(happening, node)
        _check_keys(world, happening, node)
        _check_count(world, when, happening, node)
        _check_order(when, index, node)


def check_waivers(
    waivers: Sequence[Waiver], nodes: Sequence[Node], expectations: Sequence[Expectation]
) -> None:
    """Raises NotUnderstood for a waiver that has no effect, or that an expectation contradicts."""
    expected = [expectation.rule for expectation in expectations]
    waived: set[str] = set()
    for waiver, node in zip(waivers, nodes, strict=True):
        if waiver.rule in waived:
            raise node.fail(f'"{waiver.rule}" is waived already: say it once')
        if waiver.rule in expected:
            raise node.fail(f'"{waiver.rule}" is expected, too: keep one of the two')
        if not RULES[waiver.rule].general:
            raise node.fail(f'"{waiver.rule}" holds only where it is expected: leave it out here')
        waived.add(waiver.rule)


def _check_request(happening: Happening, node: Node, vocabulary: Vocabulary) -> None:
    """A request that is waited for has to be one that can come."""
    trigger = happening.trigger
    if not isinstance(trigger, OnMatch) or ANY in trigger.operation:
        return
    place = node.value["match"]
    parts = (("body", trigger.body, vocabulary.bodies), ("id", trigger.id, vocabulary.paths_with_id))
    for key, wanted, operations in parts:
        without = [each for each in trigger.operation if each not in operations]
        if wanted is not None and without:
            what = "body" if key == "body" else "id in its path"
            raise place.value[key].fail(f"{without[0]} has no {what}, so this can never happen: leave it out")


def _check_effects(happening: Happening, node: Node) -> None:
    is_request = isinstance(happening.trigger, OnCall | OnMatch)
    responses = 0
    for effect, place in zip(happening.effects, node.value["do"].value, strict=True):
        responses += isinstance(effect, Respond)
        if isinstance(effect, Respond) and not is_request:
            raise place.fail("respond answers a request: let it happen with call or match")
        if responses > 1:
            raise place.fail("a request gets one answer: keep one respond")
        if _of_this(effect) and isinstance(happening.trigger, After | OnState):
            raise place.fail(
                "no request and no change is at hand here: say which tasks, or wait for call, match or change"
            )


def _of_this(effect: Effect) -> bool:
    selections: tuple[Selection, ...] = ()
    if isinstance(effect, ChangeTasks | CancelTasks | ReassignTasks | RemoveTasks):
        selections = (effect.tasks,)
    return any(selection.which == THIS for selection in selections)


def _check_keys(world: WorldPlan, happening: Happening, node: Node) -> None:
    owners = {server.key: server.name for server in world.servers if server.key is not None}
    for effect, place in zip(happening.effects, node.value["do"].value, strict=True):
        if isinstance(effect, ReplaceKey) and owners.get(effect.key or "", effect.server) != effect.server:
            raise place.fail(f"the key is {owners[effect.key or '']}'s: choose another one")


def _check_count(world: WorldPlan, when: Sequence[Happening], happening: Happening, node: Node) -> None:
    trigger = happening.trigger
    if not isinstance(trigger, OnState) or _may_grow(when, trigger.group):
        return
    there = sum(task.count for task in world.tasks if trigger.group in (None, task.group))
    if trigger.count > there:
        where = f"the group {trigger.group}" if trigger.group else "the world"
        wanted = " or ".join(trigger.status)
        raise node.value["state"].fail(f"{where} has {there} tasks: {trigger.count} can never be {wanted}")


def _may_grow(when: Sequence[Happening], group: str | None) -> bool:
    added = [effect.tasks for effect in _effects(when) if isinstance(effect, AddTasks)]
    return any(group in (None, each.group) for each in added)


def _check_order(when: Sequence[Happening], index: int, node: Node) -> None:
    """What waits for another happening must not be waited for by that one."""
    seen: list[int] = []
    following: int | None = index
    while following is not None and following not in seen:
        seen.append(following)
        following = _awaited(when, following)
    if following is not None:
        raise node.value["after"].fail("it waits for itself, so it can never happen: let one begin otherwise")


def _awaited(when: Sequence[Happening], index: int) -> int | None:
    trigger = when[index].trigger
    if not isinstance(trigger, After):
        return None
    if trigger.of is None:
        return index - 1 if index else None
    return next(place for place, each in enumerate(when) if each.name == trigger.of)


def _effects(when: Sequence[Happening]) -> Iterator[Effect]:
    for happening in when:
        yield from happening.effects
