"""Compares a request with the triggers of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.http.request import Request
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.openapi.asked import Asked, asked_in
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.json_contains import contains
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.openapi.spec.api import UnknownPathError, WrongMethodError
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.model.trigger import OnAsked, OnMatch


class RequestMatch:
    """Compares one request with triggers. Parses a part of the request only when a trigger needs it."""

    def __init__(self, world: World, operation: str | None, request: Request) -> None:
        self._world = world
        self._operation = operation
        self._request = request

    def matches(self, trigger: OnMatch, group_task_ids: Callable[[str], frozenset[str]]) -> bool:
        """Whether a trigger describes this request.

        group_task_ids: returns the ids of the tasks of a group, by the name of the group.
        """
        return (
            (ANY in trigger.operation or self._operation in trigger.operation)
            and trigger.server in (None, self._server)
            and (trigger.id is None or trigger.id.lower() in self._path_values)
            and (trigger.query is None or trigger.query.items() <= self._query.items())
            and (trigger.body is None or contains(self._body, trigger.body))
            and (
                trigger.group is None or any(task.id in group_task_ids(trigger.group) for task in self.tasks)
            )
        )

    def find_asked(
        self, trigger: OnAsked, group_task_ids: Callable[[str], frozenset[str]]
    ) -> tuple[Asked, ...]:
        """What the request asks of that which a trigger names. Does not look at earlier requests.

        group_task_ids: returns the ids of the tasks of a group, by the name of the group.
        """
        group = None if trigger.group is None else group_task_ids(trigger.group)
        return tuple(
            asked
            for asked in self.asked
            if asked.kind in trigger.what and (group is None or asked.about in group)
        )

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """Everything that the request asks."""
        return asked_in(self.exchange, self._world.api)

    @cached_property
    def exchange(self) -> Exchange:
        """The request as an exchange that has no number, no times and no answer yet."""
        request, headers = self._request, self._request.headers.pairs
        return Exchange(
            0,
            self._operation,
            self._server,
            request.method,
            request.path,
            request.query,
            headers,
            request.body,
            None,
            (),
            b"",
            0.0,
            0.0,
        )

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks whose ids are in the path or the body of the request, without duplicates."""
        names = dict.fromkeys(name.lower() for name in (*self._path_values, *_texts(self._body)))
        return tuple(self._world.tasks[name] for name in names if name in self._world.tasks)

    @property
    def _server(self) -> str | None:
        key = self._request.header(self._world.api.key_header)
        return None if key is None else self._world.key_ring.owner(key)

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
    """The texts in a body that can be ids: the fields of the body, and the fields of items of its lists."""
    fields = list(body.values()) if isinstance(body, dict) else []
    items = [item for value in fields if isinstance(value, list) for item in value]
    item_fields = (value for item in items if isinstance(item, dict) for value in item.values())
    for value in (*fields, *item_fields):
        if isinstance(value, str):
            yield value
