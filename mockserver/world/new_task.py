"""Creates tasks. Fields that are not given get realistic values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workerkit.mockserver.world.entities import Account, CustomerRequest, Task
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.scenarios.fields.vocabulary import api_vocabulary

SERVICE_TYPES = ("entity", "social", "blog")
_ACCOUNT = {"email": "email", "username": "username", "password": "password", "about": "about"}
_REQUEST = {
    "request_name": "name",
    "request_website": "website",
    "type_request": "type",
    "auction_price": "auction_price",
}
_TASK = {
    "id",
    "service_type",
    "site_id",
    "site_name",
    "status",
    "config",
    "details",
    "retry_count",
    "max_retries",
    "link_profile",
    "link_post",
    "error_message",
    "note",
    "is_indexed",
}
FIELDS = frozenset({"server", "request_id", "account_id", *_ACCOUNT, *_REQUEST, *_TASK})
_RESULTS = ("completed", "failed")


def create_task(world: World, fields: dict[str, Any], *, created_at: float | None = None) -> Task:
    """Adds a new task to a world and returns it.

    fields: the fields of the task, with the API page's names, and `server`, `request_id` and `account_id`.
        Missing fields are filled in, some with random values. If `fields` contains a field of an account or
        of a customer's request, the account or request is copied, and only the copy gets the value.
    created_at: the creation time in seconds since 1970. None means now.

    Raises InvalidRequestError for an unknown field, a wrong value or an id that exists already.
    Raises NotFoundError for an unknown server, request or account.
    """
    _check(world, fields)
    server = world.server(fields.get("server") or next(iter(world.servers)))
    at = world.clock.peek() if created_at is None else created_at
    site = world.random.randrange(100)
    task = Task(
        id=world.random.uuid(),
        place=world.new_place(),
        server=server.name,
        request=_request(world, fields),
        account=_account(world, fields),
        service_type=SERVICE_TYPES[world.random.randrange(len(SERVICE_TYPES))],
        site_id=world.random.uuid(),
        site_name=f"site-{site:02}.example",
        created_at=at,
    )
    for name in _TASK & fields.keys():
        setattr(task, name, fields[name])
    task.id = task.id.lower()
    if task.status in (*world.api.statuses_in("working"), *_RESULTS):
        task.started_at = task.created_at
    _set_result_fields(task, fields)
    return world.add_task(task)


def _check(world: World, fields: dict[str, Any]) -> None:
    for name in fields:
        if name not in FIELDS:
            raise InvalidRequestError(f"a task has no field {name}{did_you_mean(name, FIELDS)}")
        _check_value(name, fields[name])
    if str(fields.get("id")).lower() in world.tasks:
        raise InvalidRequestError(f"there is already a task with the id {fields['id']}")
    for name, pick in (("request_id", world.pick_request), ("account_id", world.pick_account)):
        if fields.get(name) is not None:
            pick(fields[name])


def _check_value(name: str, value: Any) -> None:
    vocabulary = api_vocabulary()
    flaw = vocabulary.flaw_of_task_field(name, value) if name in vocabulary.task_fields else None
    if flaw is not None:
        raise InvalidRequestError(f"{name}: {flaw}")


def _request(world: World, fields: dict[str, Any]) -> CustomerRequest:
    chosen = world.pick_request(fields.get("request_id"))
    own = {_REQUEST[name]: fields[name] for name in _REQUEST if name in fields}
    return (
        world.add_request(replace(chosen, id=world.random.uuid(), created_links=0, **own)) if own else chosen
    )


def _account(world: World, fields: dict[str, Any]) -> Account:
    chosen = world.pick_account(fields.get("account_id"))
    own = {_ACCOUNT[name]: fields[name] for name in _ACCOUNT if name in fields}
    return world.add_account(replace(chosen, id=world.random.uuid(), **own)) if own else chosen


def _set_result_fields(task: Task, fields: dict[str, Any]) -> None:
    """Sets the fields that a task gets with its result. For example, a failed task gets an error message."""
    if task.status == "failed" and task.error_message is None:
        task.error_message = "Captcha failed"
    if task.status == "completed":
        task.completed_at = task.created_at
        task.link_profile = fields.get("link_profile", f"https://{task.site_name}/u/{task.account.username}")
