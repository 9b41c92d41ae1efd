"""Mutants with wrong updates of single tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.mockserver.mutants.mutant import NAMED_ENTITY, TASK_CHANGES, Json, broken, broken_spec
from workerkit.mockserver.mutants.patches import (
    change_answer,
    patch_member,
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

    patch_member(World, "change_task", change_task)


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


@broken(
    "update-is-lost",
    "An update answers success, but changes nothing.",
    "update",
    "update-status",
    "update-links",
    operations=(_UPDATE,),
)
def _lost() -> None:
    _bodies(lambda call: with_body(call, **{}) if not call.body else without_fields(call, *call.body))


@broken(
    "update-loses-the-status",
    "An update does not store the status.",
    "update",
    "update-status",
    operations=(_UPDATE,),
)
def _no_status() -> None:
    _bodies(lambda call: without_fields(call, "status"))


@broken(
    "update-loses-the-profile",
    "link_profile is not stored.",
    "update-links",
    "update",
    operations=TASK_CHANGES,
)
def _no_profile() -> None:
    _replace_change_task(_without_links("link_profile"))


@broken(
    "update-loses-the-post", "link_post is not stored.", "update-links", "update", operations=TASK_CHANGES
)
def _no_post() -> None:
    _replace_change_task(_without_links("link_post"))


@broken(
    "update-loses-links-that-come-with-a-status",
    "An update with a status does not store its links.",
    "update-links",
    "update",
    operations=(_UPDATE,),
)
def _either() -> None:
    _bodies(lambda call: without_fields(call, "link_profile", "link_post") if "status" in call.body else call)


@broken(
    "update-swaps-the-links",
    "link_profile and link_post are stored in each other's place.",
    "update-links",
    "update",
    operations=TASK_CHANGES,
)
def _swapped() -> None:
    def change(world: World, task: Task, fields: Json) -> None:
        other = {"link_profile": "link_post", "link_post": "link_profile"}
        _change(world, task, {other.get(name, name): value for name, value in fields.items()})

    _replace_change_task(change)


@broken(
    "update-clears-links-that-did-not-come",
    "A change without links clears the links of the task.",
    "update-links",
    "update",
    operations=TASK_CHANGES,
)
def _cleared() -> None:
    def change(world: World, task: Task, fields: Json) -> None:
        _change(world, task, {"link_profile": "", "link_post": "", **fields})

    _replace_change_task(change)


@broken(
    "update-stores-running-as-queued",
    "An update to running stores queued.",
    "update",
    "update-status",
    operations=(_UPDATE,),
)
def _queued() -> None:
    _bodies(lambda call: with_body(call, status="queued") if call.body.get("status") == "running" else call)


@broken(
    "update-changes-another-task-too",
    "An update also cancels another task.",
    "update",
    "update-status",
    operations=(_UPDATE,),
)
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


@broken(
    "update-is-stored-one-request-late",
    "A change is stored only when the next one comes.",
    "update",
    "update-status",
    "update-links",
    operations=TASK_CHANGES,
)
def _late() -> None:
    waiting: list[tuple[Task, Json]] = []

    def change(world: World, task: Task, fields: Json) -> None:
        waiting.append((task, fields))
        if len(waiting) > 1:
            _change(world, *waiting.pop(0))

    _replace_change_task(change)


@broken(
    "update-that-is-refused-is-stored-all-the-same",
    "A change of another server's task is refused with 403, but the task is changed.",
    "update-status",
    "update-own-only",
    "not-your-task",
    operations=TASK_CHANGES,
)
def _refused_and_done() -> None:
    def own(world: World, server: Server, task_id: str) -> Task:
        try:
            return _own(world, server, task_id)
        except NotYourTaskError:
            world.change_task(
                world.task(task_id), {"link_post": "https://taken.example", "status": "running"}
            )
            raise

    patch_member(World, "own_task", own)


# The owner of the task


@broken(
    "foreign-tasks-are-updated",
    "Tasks of other servers can be changed.",
    "update-own-only",
    "not-your-task",
    operations=TASK_CHANGES,
)
def _foreign() -> None:
    patch_member(World, "own_task", lambda self, server, task_id: self.task(task_id))


@broken(
    "foreign-tasks-are-updated-one-by-one",
    "An update changes tasks of other servers.",
    "update-own-only",
    "not-your-task",
    operations=(_UPDATE,),
)
def _foreign_single() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            task = world.task(call.parameters["id"])
            return original(world, world.server(task.server), call)

        return handle

    replace_handler(_UPDATE, wrap)


@broken(
    "foreign-tasks-are-404",
    "A change of another server's task is answered with 404 instead of 403.",
    "not-your-task",
    "update-own-only",
    operations=NAMED_ENTITY,
)
def _not_there() -> None:
    NotYourTaskError.status = 404


@broken(
    "foreign-tasks-are-400",
    "A change of another server's task is answered with 400 instead of 403.",
    "not-your-task",
    "update-own-only",
    operations=NAMED_ENTITY,
)
def _invalid() -> None:
    NotYourTaskError.status = 400


@broken(
    "foreign-tasks-are-401",
    "A change of another server's task is answered with 401 instead of 403.",
    "not-your-task",
    "update-own-only",
    operations=NAMED_ENTITY,
)
def _unauthorized() -> None:
    NotYourTaskError.status = 401


@broken(
    "unknown-tasks-are-403",
    "What does not exist is answered with 403 instead of 404.",
    "not-found",
    operations=NAMED_ENTITY,
)
def _forbidden() -> None:
    NotFoundError.status = 403


@broken(
    "unknown-tasks-are-400",
    "What does not exist is answered with 400 instead of 404.",
    "not-found",
    operations=NAMED_ENTITY,
)
def _bad() -> None:
    NotFoundError.status = 400


@broken(
    "unknown-tasks-are-500",
    "What does not exist is answered with 500 instead of 404.",
    "not-found",
    "no-system-error",
    operations=NAMED_ENTITY,
)
def _crash() -> None:
    NotFoundError.status = 500


@broken(
    "unknown-tasks-are-updated",
    "An update of an unknown task answers success.",
    "not-found",
    operations=(_UPDATE,),
)
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


@broken_spec(
    "update-takes-any-status",
    "An update accepts a status that does not exist.",
    "update-status",
    "bad-request",
    operations=(_UPDATE,),
)
def _any_status(root: Json) -> None:
    root["components"]["schemas"]["TaskUpdate"]["properties"]["status"] = {"type": "string"}


@broken_spec(
    "update-takes-numbers-for-links",
    "An update accepts a number as link_profile.",
    "update-links",
    "bad-request",
    operations=(_UPDATE,),
)
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
    broken(
        f"update-refuses-{_status}",
        f"An update to {_status} is refused.",
        "update-status",
        "update",
        operations=(_UPDATE,),
    )(_refuses(_status))


@broken(
    "update-needs-a-status",
    "An update without status is refused, but status is optional.",
    "update",
    "update-links",
    "update-status",
    operations=(_UPDATE,),
)
def _needs_status() -> None:
    def change(call: Call) -> Call:
        if "status" not in call.body:
            raise InvalidRequestError("status is missing")
        return call

    _bodies(change)


@broken(
    "update-refuses-error-messages",
    "An update with error_message is refused.",
    "update",
    "update-status",
    operations=(_UPDATE,),
)
def _no_message() -> None:
    def change(call: Call) -> Call:
        if "error_message" in call.body:
            raise InvalidRequestError("error_message is no field")
        return call

    _bodies(change)


@broken_spec(
    "update-takes-is-indexed-as-text",
    "An update accepts text as is_indexed.",
    "update",
    "bad-request",
    operations=(_UPDATE,),
)
def _indexed(root: Json) -> None:
    root["components"]["schemas"]["TaskUpdate"]["properties"]["is_indexed"] = {"type": "string"}


@broken(
    "update-crashes-on-a-note",
    "An update with a note is answered with 500.",
    "no-system-error",
    operations=(_UPDATE,),
)
def _note() -> None:
    def change(call: Call) -> Call:
        return call if "note" not in call.body else without_fields(call, str(call.body["nothing"]))

    _bodies(change)


# The answer


@broken(
    "update-names-another-task",
    "The answer to an update names another task.",
    "update-echo",
    operations=(_UPDATE,),
)
def _other_task() -> None:
    other = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
    change_answer(_UPDATE, lambda it: it.update(data={"updated": True, "link_id": other}))


@broken(
    "update-says-not-updated",
    "The answer to an update says that nothing was updated.",
    "update",
    operations=(_UPDATE,),
)
def _not_updated() -> None:
    change_answer(_UPDATE, lambda it: it.update(data={**it["data"], "updated": False}))


@broken(
    "update-is-no-success", "success in the answer to an update is false.", "update", operations=(_UPDATE,)
)
def _failure() -> None:
    change_answer(_UPDATE, lambda it: it.update(success=False))


@broken("update-answers-nothing", "The answer to an update is null.", "update", operations=(_UPDATE,))
def _nothing() -> None:
    replace_answer(_UPDATE, lambda answer, call: None)


@broken(
    "update-answers-the-task",
    "The answer to an update is the task instead of updated and link_id.",
    "update",
    operations=(_UPDATE,),
)
def _the_task() -> None:
    def make(answer: Json, call: Call) -> Any:
        return {"success": True, "data": {"id": answer["data"]["link_id"], **call.body}}

    replace_answer(_UPDATE, make)
