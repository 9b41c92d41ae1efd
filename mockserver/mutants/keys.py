"""Mutants with wrong checks of API keys and servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.mockserver.mutants.mutant import EVERY_OPERATION, Json, broken, broken_spec
from workerkit.mockserver.mutants.patches import patch_member
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.key_ring import KeyRing
from workerkit.mockserver.world.refusal import UnauthorizedError
from workerkit.mockserver.world.world import World

_server_for = KeyRing.server_for
_authenticate = WorkerApp._authenticate


def _first(world: World) -> Server:
    return next(iter(world.servers.values()))


def _replace_server_for(server_for: Callable[[KeyRing, str], Server | None]) -> None:
    patch_member(KeyRing, "server_for", server_for)


def _open(*operations: str) -> None:
    """Accepts any key or no key for these operations."""

    def authenticate(app: WorkerApp, visit: Any) -> Server:
        if visit.operation in operations:
            known = _server_for(visit.world.key_ring, visit.key) if visit.key else None
            return known or _first(visit.world)
        return _authenticate(app, visit)

    patch_member(WorkerApp, "_authenticate", authenticate)


@broken(
    "any-key-is-taken",
    "Each API key is accepted, also an unknown one.",
    "key-checked",
    operations=EVERY_OPERATION,
)
def _any_key() -> None:
    _replace_server_for(lambda ring, key: _server_for(ring, key) or next(iter(ring._servers.values())))


@broken(
    "key-with-a-tail-is-taken",
    "An API key with further characters at its end is accepted.",
    "key-checked",
    operations=EVERY_OPERATION,
)
def _tail() -> None:
    def server_for(ring: KeyRing, key: str) -> Server | None:
        beginnings = (known_key for known_key in ring.all_keys() if key.startswith(known_key))
        return next((_server_for(ring, known_key) for known_key in beginnings), None)

    _replace_server_for(server_for)


@broken(
    "beginning-of-a-key-is-taken",
    "The beginning of an API key is accepted.",
    "key-checked",
    operations=EVERY_OPERATION,
)
def _beginning() -> None:
    def server_for(ring: KeyRing, key: str) -> Server | None:
        longer = (known_key for known_key in ring.all_keys() if len(key) > 4 and known_key.startswith(key))
        return _server_for(ring, next(longer, key))

    _replace_server_for(server_for)


@broken(
    "no-key-is-needed",
    "Requests without an API key are accepted.",
    "key-required",
    operations=EVERY_OPERATION,
)
def _no_key() -> None:
    def authenticate(app: WorkerApp, visit: Any) -> Server:
        return _first(visit.world) if visit.key is None else _authenticate(app, visit)

    patch_member(WorkerApp, "_authenticate", authenticate)


@broken(
    "heartbeat-is-open",
    "Heartbeats are accepted with a wrong key or none.",
    "key-required",
    "key-checked",
    operations=("heartbeat",),
)
def _open_heartbeat() -> None:
    _open("heartbeat")


@broken(
    "list-is-open",
    "The task list is given to requests with a wrong key or none.",
    "key-required",
    "key-checked",
    operations=("listTasks",),
)
def _open_list() -> None:
    _open("listTasks")


@broken(
    "logs-are-open",
    "Logs are accepted with a wrong key or none.",
    "key-required",
    "key-checked",
    operations=("sendLogs",),
)
def _open_logs() -> None:
    _open("sendLogs")


@broken(
    "bulk-is-open",
    "Bulk updates are accepted with a wrong key or none.",
    "key-required",
    "key-checked",
    operations=("bulkUpdateTasks",),
)
def _open_bulk() -> None:
    _open("bulkUpdateTasks")


@broken(
    "callbacks-are-open-as-they-once-were",
    "Callbacks are accepted with a wrong key or none.",
    "key-required",
    "key-checked",
    operations=(
        "updateLink",
        "completeLink",
        "setRequestStatus",
        "setAccountStatus",
    ),
)
def _open_callbacks() -> None:
    _open("updateLink", "completeLink", "setRequestStatus", "setAccountStatus")


@broken(
    "wrong-key-is-403",
    "Requests with a wrong key or none are answered with 403 instead of 401.",
    "key-checked",
    "key-required",
    operations=EVERY_OPERATION,
)
def _forbidden() -> None:
    UnauthorizedError.status = 403


@broken(
    "wrong-key-is-400",
    "Requests with a wrong key or none are answered with 400 instead of 401.",
    "key-checked",
    "key-required",
    operations=EVERY_OPERATION,
)
def _bad() -> None:
    UnauthorizedError.status = 400


@broken(
    "wrong-key-is-500",
    "Requests with a wrong key are answered with 500 instead of 401.",
    "no-system-error",
    "key-checked",
    operations=EVERY_OPERATION,
)
def _crash() -> None:
    def authenticate(app: WorkerApp, visit: Any) -> Server:
        if visit.key is not None and _server_for(visit.world.key_ring, visit.key) is None:
            raise KeyError(visit.key)
        return _authenticate(app, visit)

    patch_member(WorkerApp, "_authenticate", authenticate)


@broken_spec(
    "offline-server-works",
    "The key of a server that is offline is accepted.",
    "server-active",
    "key-checked",
    operations=EVERY_OPERATION,
)
def _offline(root: Json) -> None:
    root["components"]["securitySchemes"]["serverKey"]["x-active-statuses"].append("offline")
