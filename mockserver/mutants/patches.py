"""Functions that change what an operation of the mock does, in the whole process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import HANDLERS, Handler
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

Json = dict[str, Any]


def change_answer(operation: str, change: Callable[[Json], object]) -> None:
    """Changes each answer of an operation, after the original handler has run."""
    original = HANDLERS[operation]

    def handle(world: World, server: Server, call: Call) -> Json:
        answer = dict(original(world, server, call))
        change(answer)
        return answer

    HANDLERS[operation] = handle


def replace_answer(operation: str, make: Callable[[Json, Call], Any]) -> None:
    """Replaces each answer of an operation.

    make: gets the original answer and the request, and returns the new answer.
    """
    original = HANDLERS[operation]
    HANDLERS[operation] = lambda world, server, call: make(original(world, server, call), call)


def override_parameters(operation: str, **parameters: Any) -> None:
    """Runs an operation with other parameters. The answer still has `page` and `limit` of the request."""
    original = HANDLERS[operation]

    def handle(world: World, server: Server, call: Call) -> Json:
        answer = original(world, server, replace(call, parameters={**call.parameters, **parameters}))
        echoed: Json = {name: call.parameters[name] for name in ("page", "limit") if name in call.parameters}
        return {**answer, **echoed}

    HANDLERS[operation] = handle


def replace_handler(operation: str, wrap: Callable[[Handler], Handler]) -> None:
    """Replaces the handler of an operation.

    wrap: gets the original handler and returns the new one.
    """
    HANDLERS[operation] = wrap(HANDLERS[operation])


def change_listed_tasks(change: Callable[[Json], object]) -> None:
    """Changes each task in the answers of listTasks."""

    def change_tasks(answer: Json) -> None:
        answer["data"] = [dict(task) for task in answer["data"]]
        for task in answer["data"]:
            change(task)

    change_answer("listTasks", change_tasks)


def with_body(call: Call, **fields: Any) -> Call:
    """Returns the request with other fields in its body."""
    return replace(call, body={**call.body, **fields})


def without_fields(call: Call, *names: str) -> Call:
    """Returns the request without some fields of its body."""
    return replace(call, body={name: value for name, value in call.body.items() if name not in names})


def patch_member(owner: object, name: str, value: object) -> None:
    """Replaces a method of a class, or a function of a module, in the whole process."""
    assert hasattr(owner, name), f"{owner} has no member {name}"
    setattr(owner, name, value)
