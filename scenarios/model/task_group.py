"""A group of equal tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.kinds import AccountName, Positive, RequestName, ServerName
from workerkit.scenarios.fields.record import read_fields, record_json, record_keys
from workerkit.scenarios.fields.yaml_checks import read_mapping

_FIELDS = "fields"


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """A number of tasks with the same fields.

    count: the number of tasks.
    server: the server that the tasks belong to.
    fields: values for fields of the tasks, by their names on the API page, such as `status`.
    group: a name for the group. Triggers and effects select the tasks by this name.
    request: the name of the customer's request that the tasks belong to.
    account: the username of the account that the tasks are done with.
    The kit fills in missing fields, some with random values. The seed of the world decides these values.
    """

    count: Positive
    server: ServerName
    fields: Mapping[str, Any] = field(default_factory=dict)
    group: str | None = None
    request: RequestName | None = None
    account: AccountName | None = None

    def as_json(self) -> dict[str, Any]:
        """The group as JSON that `read_task_group` reads."""
        own = {key: value for key, value in record_json(self).items() if key != _FIELDS}
        return {**own, **self.fields}


OWN_KEYS = tuple(key for key in record_keys(TaskGroup) if key != _FIELDS)


def read_task_group(node: Node, words: AllowedWords) -> TaskGroup:
    """Reads a mapping that has keys of TaskGroup and fields of a task. Raises InvalidInputError."""
    given = read_mapping(node, (*OWN_KEYS, *words.task_fields))
    own = {key: value for key, value in given.items() if key in OWN_KEYS}
    fields = {key: value for key, value in given.items() if key not in OWN_KEYS}
    for name, value in fields.items():
        words.check_task_field(name, value)
    own_node = Node(own, node.name, node.line, node.column)
    group = TaskGroup(
        fields={name: value.plain() for name, value in fields.items()},
        **read_fields(own_node, TaskGroup, words),
    )
    _check(node, group)
    return group


def _check(node: Node, group: TaskGroup) -> None:
    if "id" in group.fields and group.count > 1:
        raise node.value["id"].fail(
            f"{group.count} tasks cannot have the same id: leave the id out, or set count to 1"
        )
    retries, limit = group.fields.get("retry_count", 0), group.fields.get("max_retries")
    if limit is not None and retries > limit:
        raise node.value["retry_count"].fail(
            f"retry_count is {retries}, which is more than max_retries, {limit}"
        )
