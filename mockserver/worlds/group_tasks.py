"""Creates the tasks of a scenario's task group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from workerkit.mockserver.world.entities import Account, CustomerRequest, Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.scenarios.model.task_group import TaskGroup

E = TypeVar("E", CustomerRequest, Account)


def create_group_task(world: World, group: TaskGroup, *, created_at: float | None = None) -> Task:
    """Adds one task of a group. The world must have the group's server, request and account."""
    fields: dict[str, Any] = {**group.fields, "server": group.server}
    if group.request is not None:
        fields["request_id"] = entity_by_name(world.requests, "name", group.request).id
    if group.account is not None:
        fields["account_id"] = entity_by_name(world.accounts, "username", group.account).id
    return create_task(world, fields, created_at=created_at)


def entity_by_name(entities: Mapping[str, E], field: str, name: str) -> E:
    """The first entity whose `field` has this value.

    Later entities may have the same value: they are copies. `create_task` makes a copy if a task sets a field
    of its request or account.
    """
    return next(entity for entity in entities.values() if getattr(entity, field) == name)
