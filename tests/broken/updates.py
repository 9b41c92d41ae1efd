"""Mutants with wrong updates of single tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.broken.mutant import Json, broken, broken_spec
from tests.broken.patches import (
    change_answer,
    patch_method,
    replace_answer,
    replace_handler,
    with_body,
    without_fields,
)
from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.refusal import InvalidRequestError, NotFoundError, NotYourTaskError
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

_UPDATE = "updateTask"
_change = World.change_task
_own = World.own_task


def _replace_change_task(change: Callable[[World, Task, Json], None]) -> None:
    """Replaces the method of the world that changes a task, for all operations."""

    def change_task(world: World, task: Task, fields: Json, *, by: str = "") -> None:
        change(world, task, fields)

    patch_method(World, "change_task", change_task)


def _bodies(change: Callable[[Call], Call]) -> None:
    """Runs single updates with another body."""

    def wrap(original: Handler) -> Handler:
        return lambda world, server, call: original(world, server, change(call))

    replace_handler(_UPDATE, wrap)


def _without_links(*names: str) -> Callable[[World, Task, Json], None]:
    def change(world: World, task: Task, fields: Json) -> None:
        _change(world, task, {name: value for name, value in fields.items() if name not in names})

    return change


# What is not stored


@broken("update-is-lost", "update", "update-status", "update-links")
def _lost() -> None:
    _bodies(lambda call: with_body(call, **{}) if not call.body else without_fields(call, *call.body))


@broken("update-loses-the-status", "update", "update-status")
def _no_status() -> None:
    _bodies(lambda call: without_fields(call, "status"))


@broken("update-loses-the-profile", "update-links", "update")
def _no_profile() -> None:
    _replace_change_task(_without_links("link_profile"))


@broken("update-loses-the-post", "update-links", "update")
def _no_post() -> None:
    _replace_change_task(_without_links("link_post"))


@broken("update-loses-links-that-come-with-a-status", "update-links", "update")
def _either() -> None:
    _bodies(lambda call: without_fields(call, "link_profile", "link_post") if "status" in call.body else call)


@broken("update-swaps-the-links", "update-links", "update")
def _swapped() -> None:
    def change(world: World, task: Task, fields: Json) -> None:
        other = {"link_profile": "link_post", "link_post": "link_profile"}
        _change(world, task, {other.get(name, name): value for name, value in fields.items()})

    _replace_change_task(change)


@broken("update-clears-links-that-did-not-come", "update-links", "update")
def _cleared() -> None:
    def change(world: World, task: Task, fields: Json) -> None:
        _change(world, task, {"link_profile": "", "link_post": "", **fields})

    _replace_change_task(change)


@broken("update-stores-running-as-queued", "update", "update-status")
def _queued() -> None:
    _bodies(lambda call: with_body(call, status="queued") if call.body.get("status") == "running" else call)


@broken("update-changes-another-task-too", "update", "update-status")
def _neighbour() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            answer = original(world, server, call)
            waiting = world.backlog(server).page(("pending", "queued"), None, skip=0, limit=1)
            for task in waiting:
                world.change_task(task, {"status": "canceled"})
            return answer

        return handle

    replace_handler(_UPDATE, wrap)


@broken("update-is-stored-one-request-late", "update", "update-status", "update-links")
def _late() -> None:
    waiting: list[tuple[Task, Json]] = []

    def change(world: World, task: Task, fields: Json) -> None:
        waiting.append((task, fields))
        if len(waiting) > 1:
            _change(world, *waiting.pop(0))

    _replace_change_task(change)


@broken("update-that-is-refused-is-stored-all-the-same", "update-status", "update-own-only", "not-your-task")
def _refused_and_done() -> None:
    def own(world: World, server: Server, task_id: str) -> Task:
        try:
            return _own(world, server, task_id)
        except NotYourTaskError:
            world.change_task(
                world.task(task_id), {"link_post": "https://taken.example", "status": "running"}
            )
            raise

    patch_method(World, "own_task", own)


# The owner of the task


@broken("foreign-tasks-are-updated", "update-own-only", "not-your-task")
def _foreign() -> None:
    patch_method(World, "own_task", lambda self, server, task_id: self.task(task_id))


@broken("foreign-tasks-are-updated-one-by-one", "update-own-only", "not-your-task")
def _foreign_single() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            task = world.task(call.parameters["id"])
            return original(world, world.server(task.server), call)

        return handle

    replace_handler(_UPDATE, wrap)


@broken("foreign-tasks-are-404", "not-your-task", "update-own-only")
def _not_there() -> None:
    NotYourTaskError.status = 404


@broken("foreign-tasks-are-400", "not-your-task", "update-own-only")
def _invalid() -> None:
    NotYourTaskError.status = 400


@broken("foreign-tasks-are-401", "not-your-task", "update-own-only")
def _unauthorized() -> None:
    NotYourTaskError.status = 401


@broken("unknown-tasks-are-403", "not-found")
def _forbidden() -> None:
    NotFoundError.status = 403


@broken("unknown-tasks-are-400", "not-found")
def _bad() -> None:
    NotFoundError.status = 400


@broken("unknown-tasks-are-500", "not-found", "no-system-error")
def _crash() -> None:
    NotFoundError.status = 500


@broken("unknown-tasks-are-updated", "not-found")
def _anything() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            try:
                return original(world, server, call)
            except NotFoundError:
                return {"success": True, "data": {"updated": True, "link_id": call.parameters["id"]}}

        return handle

    replace_handler(_UPDATE, wrap)


# What is accepted


@broken_spec("update-takes-any-status", "update-status", "bad-request")
def _any_status(root: Json) -> None:
    root["components"]["schemas"]["TaskUpdate"]["properties"]["status"] = {"type": "string"}


@broken_spec("update-takes-numbers-for-links", "update-links", "bad-request")
def _any_link(root: Json) -> None:
    root["components"]["schemas"]["TaskUpdate"]["properties"]["link_profile"] = {}


def _refuses(status: str) -> Callable[[], None]:
    def refuse() -> None:
        def change(call: Call) -> Call:
            if call.body.get("status") == status:
                raise InvalidRequestError(f"{status} is no status")
            return call

        _bodies(change)

    return refuse


for _status in ("queued", "failed", "canceled"):
    broken(f"update-refuses-{_status}", "update-status", "update")(_refuses(_status))


@broken("update-needs-a-status", "update", "update-links", "update-status")
def _needs_status() -> None:
    def change(call: Call) -> Call:
        if "status" not in call.body:
            raise InvalidRequestError("status is missing")
        return call

    _bodies(change)


@broken("update-refuses-error-messages", "update", "update-status")
def _no_message() -> None:
    def change(call: Call) -> Call:
        if "error_message" in call.body:
            raise InvalidRequestError("error_message is no field")
        return call

    _bodies(change)


@broken_spec("update-takes-is-indexed-as-text", "update", "bad-request")
def _indexed(root: Json) -> None:
    root["components"]["schemas"]["TaskUpdate"]["properties"]["is_indexed"] = {"type": "string"}


@broken("update-crashes-on-a-note", "no-system-error")
def _note() -> None:
    def change(call: Call) -> Call:
        return call if "note" not in call.body else without_fields(call, str(call.body["nothing"]))

    _bodies(change)


# The answer


@broken("update-names-another-task", "update-echo")
def _other_task() -> None:
    other = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
    change_answer(_UPDATE, lambda it: it.update(data={"updated": True, "link_id": other}))


@broken("update-says-not-updated", "update")
def _not_updated() -> None:
    change_answer(_UPDATE, lambda it: it.update(data={**it["data"], "updated": False}))


@broken("update-is-no-success", "update")
def _failure() -> None:
    change_answer(_UPDATE, lambda it: it.update(success=False))


@broken("update-answers-nothing", "update")
def _nothing() -> None:
    replace_answer(_UPDATE, lambda answer, call: None)


@broken("update-answers-the-task", "update")
def _the_task() -> None:
    def make(answer: Json, call: Call) -> Any:
        return {"success": True, "data": {"id": answer["data"]["link_id"], **call.body}}

    replace_answer(_UPDATE, make)
