"""Keys and servers that are taken or refused against the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.broken.mutant import Json, broken, respecified
from tests.broken.surgery import put
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.refusal import UnauthorizedError
from workerkit.mockserver.world.world import World

_holder = World.key_holder
_authenticate = WorkerApp._authenticate


def _first(world: World) -> Server:
    return next(iter(world.servers.values()))


def _hold(holder: Callable[[World, str], Server | None]) -> None:
    put(World, "key_holder", holder)


def _open(*operations: str) -> None:
    """Lets operations be called with any key, or none."""

    def authenticate(app: WorkerApp, visit: Any) -> Server:
        if visit.operation in operations:
            known = _holder(visit.world, visit.key) if visit.key else None
            return known or _first(visit.world)
        return _authenticate(app, visit)

    put(WorkerApp, "_authenticate", authenticate)


@broken("any-key-is-taken", "key-checked")
def _any_key() -> None:
    _hold(lambda world, key: _holder(world, key) or _first(world))


@broken("key-with-a-tail-is-taken", "key-checked")
def _tail() -> None:
    def holder(world: World, key: str) -> Server | None:
        return next(
            (_holder(world, known_key) for known_key in world.known_keys() if key.startswith(known_key)), None
        )

    _hold(holder)


@broken("beginning-of-a-key-is-taken", "key-checked")
def _beginning() -> None:
    def holder(world: World, key: str) -> Server | None:
        whole = (known_key for known_key in world.known_keys() if len(key) > 4 and known_key.startswith(key))
        return _holder(world, next(whole, key))

    _hold(holder)


@broken("no-key-is-needed", "key-required")
def _no_key() -> None:
    def authenticate(app: WorkerApp, visit: Any) -> Server:
        return _first(visit.world) if visit.key is None else _authenticate(app, visit)

    put(WorkerApp, "_authenticate", authenticate)


@broken("heartbeat-is-open", "key-required", "key-checked")
def _open_heartbeat() -> None:
    _open("heartbeat")


@broken("list-is-open", "key-required", "key-checked")
def _open_list() -> None:
    _open("listTasks")


@broken("logs-are-open", "key-required", "key-checked")
def _open_logs() -> None:
    _open("sendLogs")


@broken("bulk-is-open", "key-required", "key-checked")
def _open_bulk() -> None:
    _open("bulkUpdateTasks")


@broken("callbacks-are-open-as-they-once-were", "key-required", "key-checked")
def _open_callbacks() -> None:
    _open("updateLink", "completeLink", "setRequestStatus", "setAccountStatus")


@broken("wrong-key-is-403", "key-checked", "key-required")
def _forbidden() -> None:
    UnauthorizedError.status = 403


@broken("wrong-key-is-400", "key-checked", "key-required")
def _bad() -> None:
    UnauthorizedError.status = 400


@broken("wrong-key-is-500", "no-system-error", "key-checked")
def _crash() -> None:
    def authenticate(app: WorkerApp, visit: Any) -> Server:
        if visit.key is not None and _holder(visit.world, visit.key) is None:
            raise KeyError(visit.key)
        return _authenticate(app, visit)

    put(WorkerApp, "_authenticate", authenticate)


@respecified("offline-server-works", "server-active", "key-checked")
def _offline(root: Json) -> None:
    root["components"]["securitySchemes"]["serverKey"]["x-active-statuses"].append("offline")
