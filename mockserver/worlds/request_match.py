"""A request as a scenario's triggers look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.http.request import Request
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.openapi.formats.json_contains import contains
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.openapi.spec.api import UnknownPathError, WrongMethodError
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.model.trigger import OnMatch


class RequestMatch:
    """What a request says, read when it is asked for: most scenarios never ask."""

    def __init__(self, world: World, operation: str | None, request: Request) -> None:
        self._world = world
        self._operation = operation
        self._request = request

    def fits(self, trigger: OnMatch, members: Callable[[str], frozenset[str]]) -> bool:
        """Whether it is as a trigger describes; `members` are the ids of a group's tasks, by its name."""
        return (
            (ANY in trigger.operation or self._operation in trigger.operation)
            and trigger.server in (None, self._server)
            and (trigger.id is None or trigger.id.lower() in self._path_values)
            and (trigger.query is None or trigger.query.items() <= self._query.items())
            and (trigger.body is None or contains(self._body, trigger.body))
            and (trigger.group is None or any(task.id in members(trigger.group) for task in self.tasks))
        )

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks of the world whose ids it names, in its path or its body, each once."""
        names = dict.fromkeys(name.lower() for name in (*self._path_values, *_texts(self._body)))
        return tuple(self._world.tasks[name] for name in names if name in self._world.tasks)

    @property
    def _server(self) -> str | None:
        key = self._request.header(self._world.api.key_header)
        return None if key is None else self._world.key_owner(key)

    @cached_property
    def _path_values(self) -> tuple[str, ...]:
        try:
            match = self._world.api.match(self._request.method, self._request.path)
        except (UnknownPathError, WrongMethodError):
            return ()
        return tuple(value.lower() for value in match.path_values.values())

    @cached_property
    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(self._request.query, keep_blank_values=True))

    @cached_property
    def _body(self) -> Any:
        try:
            return parse(self._request.body)
        except MalformedJsonError:
            return None


def _texts(body: Any) -> Iterator[str]:
    """The texts in a body that can be ids: its own fields', and those of the members of its lists."""
    fields = list(body.values()) if isinstance(body, dict) else []
    members = [each for value in fields if isinstance(value, list) for each in value]
    for value in (
        *fields,
        *(text for member in members if isinstance(member, dict) for text in member.values()),
    ):
        if isinstance(value, str):
            yield value
