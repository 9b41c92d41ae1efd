"""Mutants with wrong callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.mockserver.mutants.mutant import Json, broken, broken_spec
from workerkit.mockserver.mutants.patches import patch_member, replace_handler, with_body, without_fields
from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.refusal import InvalidRequestError, NotFoundError
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

_complete = World.complete_task


def _bodies(operation: str, change: Callable[[Call], Call]) -> None:
    def wrap(original: Handler) -> Handler:
        return lambda world, server, call: original(world, server, change(call))

    replace_handler(operation, wrap)


def _takes(operation: str, *refused: type[Exception]) -> None:
    """Answers 200 if the original handler raises one of these errors."""

    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            try:
                return original(world, server, call)
            except refused:
                ids: dict[str, Any] = {
                    name: value for name, value in call.body.items() if name.endswith("_id")
                }
                return {"success": True, "data": {"updated": True, **ids}}

        return handle

    replace_handler(operation, wrap)


def _for_owner(operation: str) -> None:
    """Runs the operation for the server that has the task, not for the server that sent the request."""

    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            return original(world, world.server(world.task(call.body["link_id"]).server), call)

        return handle

    replace_handler(operation, wrap)


@broken(
    "link-update-is-lost",
    "A link update answers success, but changes nothing.",
    "link-update",
    operations=("updateLink",),
)
def _update_lost() -> None:
    names = ("status", "link_profile", "link_post", "error_message")
    _bodies("updateLink", lambda call: without_fields(call, *names))


@broken(
    "link-update-loses-the-links",
    "A link update does not store the links.",
    "link-update",
    "update-links",
    operations=("updateLink",),
)
def _update_links() -> None:
    _bodies("updateLink", lambda call: without_fields(call, "link_profile", "link_post"))


@broken(
    "link-update-loses-the-status",
    "A link update does not store the status.",
    "link-update",
    operations=("updateLink",),
)
def _update_status() -> None:
    _bodies("updateLink", lambda call: without_fields(call, "status"))


@broken(
    "link-update-of-foreign-tasks",
    "A link update changes tasks of other servers.",
    "update-own-only",
    "not-your-task",
    "link-update",
    operations=("updateLink",),
)
def _update_foreign() -> None:
    _for_owner("updateLink")


@broken(
    "link-update-of-unknown-tasks",
    "A link update of an unknown task answers success.",
    "not-found",
    "link-update",
    operations=("updateLink",),
)
def _update_unknown() -> None:
    _takes("updateLink", NotFoundError)


@broken_spec(
    "link-update-needs-a-status",
    "A link update without status is refused, but status is optional.",
    "link-update-optional",
    "link-update",
    operations=("updateLink",),
)
def _update_needs(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["required"].append("status")


@broken_spec(
    "link-update-needs-a-profile",
    "A link update without link_profile is refused, but link_profile is optional.",
    "link-update-optional",
    "link-update",
    operations=("updateLink",),
)
def _update_needs_profile(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["required"].append("link_profile")


@broken_spec(
    "link-update-needs-no-link",
    "A link update without link_id is accepted.",
    "link-update-required",
    "bad-request",
    operations=("updateLink",),
)
def _update_without_link(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["required"].remove("link_id")
    _takes("updateLink", KeyError)


@broken_spec(
    "link-update-takes-any-status",
    "A link update accepts a status that does not exist.",
    "link-update",
    "bad-request",
    "update-status",
    operations=("updateLink",),
)
def _update_any(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["properties"]["status"] = {"type": "string"}


@broken(
    "link-complete-is-lost",
    "A completion answers success, but changes nothing.",
    "link-complete",
    operations=("completeLink",),
)
def _complete_lost() -> None:
    patch_member(World, "complete_task", lambda self, task, fields: None)


@broken(
    "link-complete-leaves-the-status",
    "A completion stores the links, but not the status completed.",
    "link-complete",
    operations=("completeLink",),
)
def _complete_status() -> None:
    patch_member(World, "complete_task", lambda self, task, fields: self.change_task(task, fields))


@broken(
    "link-complete-fails-the-task",
    "A completion sets the task to failed.",
    "link-complete",
    operations=("completeLink",),
)
def _complete_fails() -> None:
    def complete(world: World, task: Task, fields: Json) -> None:
        world.update_task(task, {**fields, "status": "failed"})

    patch_member(World, "complete_task", complete)


@broken(
    "link-complete-loses-the-links",
    "A completion does not store the links.",
    "link-complete",
    "update-links",
    operations=("completeLink",),
)
def _complete_links() -> None:
    patch_member(World, "complete_task", lambda self, task, fields: _complete(self, task, {}))


@broken(
    "link-complete-loses-the-post",
    "A completion does not store link_post.",
    "link-complete",
    "update-links",
    operations=("completeLink",),
)
def _complete_post() -> None:
    _bodies("completeLink", lambda call: without_fields(call, "link_post"))


@broken(
    "link-complete-of-foreign-tasks",
    "A completion changes tasks of other servers.",
    "update-own-only",
    "not-your-task",
    "link-complete",
    operations=("completeLink",),
)
def _complete_foreign() -> None:
    _for_owner("completeLink")


@broken(
    "link-complete-of-unknown-tasks",
    "A completion of an unknown task answers success.",
    "not-found",
    "link-complete",
    operations=("completeLink",),
)
def _complete_unknown() -> None:
    _takes("completeLink", NotFoundError)


@broken(
    "link-complete-needs-a-running-task",
    "A completion is refused if the task has no profile link yet.",
    "link-complete",
    operations=("completeLink",),
)
def _complete_needs_running() -> None:
    def complete(world: World, task: Task, fields: Json) -> None:
        if task.link_profile == "":
            raise InvalidRequestError(f"task {task.id} has no profile yet")
        _complete(world, task, fields)

    patch_member(World, "complete_task", complete)


@broken(
    "request-status-is-never-found",
    "The status of a customer's request is refused with 404, although the request exists.",
    "request-status",
    operations=("setRequestStatus",),
)
def _request_unknown() -> None:
    _bodies("setRequestStatus", lambda call: with_body(call, request_id=call.body["request_id"][::-1]))


@broken(
    "request-status-of-unknown-requests",
    "The status of an unknown customer's request is accepted.",
    "not-found",
    "request-status",
    operations=("setRequestStatus",),
)
def _request_any() -> None:
    _takes("setRequestStatus", NotFoundError)


@broken(
    "request-status-crashes",
    "The status of a customer's request is answered with 500.",
    "no-system-error",
    "request-status",
    operations=("setRequestStatus",),
)
def _request_crash() -> None:
    _bodies("setRequestStatus", lambda call: with_body(call, status=call.body["state"]))


@broken_spec(
    "request-status-takes-numbers",
    "A number is accepted as the status of a customer's request.",
    "bad-request",
    "request-status",
    operations=("setRequestStatus",),
)
def _request_number(root: Json) -> None:
    root["components"]["schemas"]["RequestStatus"]["properties"]["status"] = {}


@broken(
    "account-status-of-unknown-accounts",
    "The status of an unknown account is accepted.",
    "not-found",
    "account-status",
    operations=("setAccountStatus",),
)
def _account_any() -> None:
    _takes("setAccountStatus", NotFoundError)


@broken(
    "account-status-crashes",
    "The status of an account is answered with 500.",
    "no-system-error",
    "account-status",
    operations=("setAccountStatus",),
)
def _account_crash() -> None:
    _bodies("setAccountStatus", lambda call: with_body(call, status=call.body["state"]))
