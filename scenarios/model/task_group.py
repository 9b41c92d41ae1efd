"""So many tasks alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.kinds import AccountName, Positive, RequestName, ServerName
from workerkit.scenarios.fields.record import keys, parameters, written
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.fields.yaml_checks import mapping

_FIELDS = "fields"


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """So many tasks alike. `fields` are fields of a task as the page names them, `status` among them.

    `group` is the name by which triggers and effects select them. `request` (by its name) and `account` (by
    its username) are of this world; the world's chance picks what is left out, for each task.
    """

    count: Positive
    server: ServerName
    fields: Mapping[str, Any] = field(default_factory=dict)
    group: str | None = None
    request: RequestName | None = None
    account: AccountName | None = None

    def written(self) -> dict[str, Any]:
        """The group as JSON, in the form in which it is read."""
        own = {key: each for key, each in written(self).items() if key != _FIELDS}
        return {**own, **self.fields}


OWN_KEYS = tuple(key for key in keys(TaskGroup) if key != _FIELDS)


def task_group(node: Node, words: Words) -> TaskGroup:
    """The group that a mapping describes: its own keys, and fields of a task. Raises NotUnderstood."""
    given = mapping(node, (*OWN_KEYS, *words.task_fields))
    own = {key: each for key, each in given.items() if key in OWN_KEYS}
    fields = {key: each for key, each in given.items() if key not in OWN_KEYS}
    for name, each in fields.items():
        words.check_task_field(name, each)
    plain = {name: each.plain() for name, each in fields.items()}
    group = TaskGroup(
        fields=plain, **parameters(Node(own, node.name, node.line, node.column), TaskGroup, words)
    )
    _check(node, group)
    return group


def _check(node: Node, group: TaskGroup) -> None:
    if "id" in group.fields and group.count > 1:
        raise node.value["id"].fail(
            f"{group.count} tasks cannot have one id: leave it out, or set count to 1"
        )
    tried, most = group.fields.get("retry_count", 0), group.fields.get("max_retries")
    if most is not None and tried > most:
        raise node.value["retry_count"].fail(
            f"retry_count is {tried}, which is more than max_retries, {most}"
        )
