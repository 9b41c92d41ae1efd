"""Mutants with wrong callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.broken.mutant import Json, broken, broken_spec
from tests.broken.patches import patch_method, replace_handler, with_body, without_fields
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


@broken("link-update-is-lost", "link-update")
def _update_lost() -> None:
    names = ("status", "link_profile", "link_post", "error_message")
    _bodies("updateLink", lambda call: without_fields(call, *names))


@broken("link-update-loses-the-links", "link-update", "update-links")
def _update_links() -> None:
    _bodies("updateLink", lambda call: without_fields(call, "link_profile", "link_post"))


@broken("link-update-loses-the-status", "link-update")
def _update_status() -> None:
    _bodies("updateLink", lambda call: without_fields(call, "status"))


@broken("link-update-of-foreign-tasks", "update-own-only", "not-your-task", "link-update")
def _update_foreign() -> None:
    _for_owner("updateLink")


@broken("link-update-of-unknown-tasks", "not-found", "link-update")
def _update_unknown() -> None:
    _takes("updateLink", NotFoundError)


@broken_spec("link-update-needs-a-status", "link-update-optional", "link-update")
def _update_needs(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["required"].append("status")


@broken_spec("link-update-needs-a-profile", "link-update-optional", "link-update")
def _update_needs_profile(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["required"].append("link_profile")


@broken_spec("link-update-needs-no-link", "link-update-required", "bad-request")
def _update_without_link(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["required"].remove("link_id")
    _takes("updateLink", KeyError)


@broken_spec("link-update-takes-any-status", "link-update", "bad-request", "update-status")
def _update_any(root: Json) -> None:
    root["components"]["schemas"]["LinkUpdate"]["properties"]["status"] = {"type": "string"}


@broken("link-complete-is-lost", "link-complete")
def _complete_lost() -> None:
    patch_method(World, "complete_task", lambda self, task, fields: None)


@broken("link-complete-leaves-the-status", "link-complete")
def _complete_status() -> None:
    patch_method(World, "complete_task", lambda self, task, fields: self.change_task(task, fields))


@broken("link-complete-fails-the-task", "link-complete")
def _complete_fails() -> None:
    def complete(world: World, task: Task, fields: Json) -> None:
        world.update_task(task, {**fields, "status": "failed"})

    patch_method(World, "complete_task", complete)


@broken("link-complete-loses-the-links", "link-complete", "update-links")
def _complete_links() -> None:
    patch_method(World, "complete_task", lambda self, task, fields: _complete(self, task, {}))


@broken("link-complete-loses-the-post", "link-complete", "update-links")
def _complete_post() -> None:
    _bodies("completeLink", lambda call: without_fields(call, "link_post"))


@broken("link-complete-of-foreign-tasks", "update-own-only", "not-your-task", "link-complete")
def _complete_foreign() -> None:
    _for_owner("completeLink")


@broken("link-complete-of-unknown-tasks", "not-found", "link-complete")
def _complete_unknown() -> None:
    _takes("completeLink", NotFoundError)


@broken("link-complete-needs-a-running-task", "link-complete")
def _complete_needs_running() -> None:
    def complete(world: World, task: Task, fields: Json) -> None:
        if task.link_profile == "":
            raise InvalidRequestError(f"task {task.id} has no profile yet")
        _complete(world, task, fields)

    patch_method(World, "complete_task", complete)


@broken("request-status-is-never-found", "request-status")
def _request_unknown() -> None:
    _bodies("setRequestStatus", lambda call: with_body(call, request_id=call.body["request_id"][::-1]))


@broken("request-status-of-unknown-requests", "not-found", "request-status")
def _request_any() -> None:
    _takes("setRequestStatus", NotFoundError)


@broken("request-status-crashes", "no-system-error", "request-status")
def _request_crash() -> None:
    _bodies("setRequestStatus", lambda call: with_body(call, status=call.body["state"]))


@broken_spec("request-status-takes-numbers", "bad-request", "request-status")
def _request_number(root: Json) -> None:
    root["components"]["schemas"]["RequestStatus"]["properties"]["status"] = {}


@broken("account-status-of-unknown-accounts", "not-found", "account-status")
def _account_any() -> None:
    _takes("setAccountStatus", NotFoundError)


@broken("account-status-crashes", "no-system-error", "account-status")
def _account_crash() -> None:
    _bodies("setAccountStatus", lambda call: with_body(call, status=call.body["state"]))
