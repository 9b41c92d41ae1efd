"""Ways to put something in the place of what an operation does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import HANDLERS, Handler
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

Json = dict[str, Any]


def answer_otherwise(operation: str, change: Callable[[Json], object]) -> None:
    """Changes each answer of an operation in place, after it was done."""
    sound = HANDLERS[operation]

    def act(world: World, server: Server, call: Call) -> Json:
        answer = dict(sound(world, server, call))
        change(answer)
        return answer

    HANDLERS[operation] = act


def answer_by(operation: str, make: Callable[[Json, Call], Any]) -> None:
    """Puts another answer in the place of each of an operation's, by the sound one and the request."""
    sound = HANDLERS[operation]
    HANDLERS[operation] = lambda world, server, call: make(sound(world, server, call), call)


def ask_otherwise(operation: str, **parameters: Any) -> None:
    """Lets an operation go by other parameters than those asked for, and say the ones asked for."""
    sound = HANDLERS[operation]

    def act(world: World, server: Server, call: Call) -> Json:
        answer = sound(world, server, replace(call, parameters={**call.parameters, **parameters}))
        said: Json = {name: call.parameters[name] for name in ("page", "limit") if name in call.parameters}
        return {**answer, **said}

    HANDLERS[operation] = act


def act_otherwise(operation: str, wrap: Callable[[Handler], Handler]) -> None:
    """Puts a function made from the sound one in the place of an operation."""
    HANDLERS[operation] = wrap(HANDLERS[operation])


def on_tasks(change: Callable[[Json], object]) -> None:
    """Changes each task as it is listed."""

    def listed(answer: Json) -> None:
        answer["data"] = [dict(task) for task in answer["data"]]
        for task in answer["data"]:
            change(task)

    answer_otherwise("listTasks", listed)


def with_body(call: Call, **fields: Any) -> Call:
    """The request with other fields in its body."""
    return replace(call, body={**call.body, **fields})


def without(call: Call, *names: str) -> Call:
    """The request without some fields of its body."""
    return replace(call, body={name: value for name, value in call.body.items() if name not in names})


def put(owner: type, name: str, value: object) -> None:
    """Puts a function in the place of a method, in this whole process."""
    setattr(owner, name, value)
