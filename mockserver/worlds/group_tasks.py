"""Adds a task of a group to a world, as scenarios describe it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from workerkit.mockserver.world.entities import Account, CustomerRequest, Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.scenarios.model.task_group import TaskGroup

E = TypeVar("E", CustomerRequest, Account)


def create_group_task(world: World, group: TaskGroup, *, created_at: float | None = None) -> Task:
    """Adds one task of a group, whose server, request and account the world has to have."""
    fields: dict[str, Any] = {**group.fields, "server": group.server}
    if group.request is not None:
        fields["request_id"] = named(world.requests, "name", group.request).id
    if group.account is not None:
        fields["account_id"] = named(world.accounts, "username", group.account).id
    return create_task(world, fields, created_at=created_at)


def named(entities: Mapping[str, E], field: str, name: str) -> E:
    """The first entity whose field has this value: tasks with fields of their own make others alike."""
    return next(entity for entity in entities.values() if getattr(entity, field) == name)
