"""Notes about fields of tasks that always have the value of another field. This can be right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

# In the example of the API page, each of these fields differs from all others.
_FIELDS = ("request_name", "request_website")
_LEAST_TASKS, _LEAST_VALUES = 10, 2


def equal_field_notes(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """A note for each of these fields that is equal to another field in all tasks of the largest list.

    Only if the list has at least 10 tasks, with at least 2 values in the field.
    """
    lists = [exchange for exchange in exchanges if exchange.operation == "listTasks" and exchange.accepted]
    largest = max(lists, key=lambda exchange: len(exchange.answer_body), default=None)
    tasks = tasks_in(largest) if largest is not None else []
    for name in _FIELDS if len(tasks) >= _LEAST_TASKS else ():
        if len({str(task.get(name)) for task in tasks}) >= _LEAST_VALUES:
            yield from _notes_of(name, tasks)


def _notes_of(name: str, tasks: Sequence[Task]) -> Iterator[str]:
    # An earlier field has a note about this pair already.
    others = sorted(lenient_spec.field_names("Task") - set(_FIELDS[: _FIELDS.index(name) + 1]))
    same = [other for other in others if all(_is_same(task, name, other) for task in tasks)]
    if same:
        yield phrase(
            "in all {count} tasks of a list, {name} is equal to {other}",
            count=len(tasks),
            name=name,
            other=same[0],
        )


def _is_same(task: Mapping[str, Any], name: str, other: str) -> bool:
    return isinstance(task.get(name), str) and task[name] == task.get(other)
