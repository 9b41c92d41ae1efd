"""Mutants with wrong checks of API keys and servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.broken.mutant import Json, broken, broken_spec
from tests.broken.patches import patch_method
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
    patch_method(KeyRing, "server_for", server_for)


def _open(*operations: str) -> None:
    """Accepts any key or no key for these operations."""

    def authenticate(app: WorkerApp, visit: Any) -> Server:
        if visit.operation in operations:
            known = _server_for(visit.world.key_ring, visit.key) if visit.key else None
            return known or _first(visit.world)
        return _authenticate(app, visit)

    patch_method(WorkerApp, "_authenticate", authenticate)


@broken("any-key-is-taken", "key-checked")
def _any_key() -> None:
    _replace_server_for(lambda ring, key: _server_for(ring, key) or next(iter(ring._servers.values())))


@broken("key-with-a-tail-is-taken", "key-checked")
def _tail() -> None:
    def server_for(ring: KeyRing, key: str) -> Server | None:
        beginnings = (known_key for known_key in ring.all_keys() if key.startswith(known_key))
        return next((_server_for(ring, known_key) for known_key in beginnings), None)

    _replace_server_for(server_for)


@broken("beginning-of-a-key-is-taken", "key-checked")
def _beginning() -> None:
    def server_for(ring: KeyRing, key: str) -> Server | None:
        longer = (known_key for known_key in ring.all_keys() if len(key) > 4 and known_key.startswith(key))
        return _server_for(ring, next(longer, key))

    _replace_server_for(server_for)


@broken("no-key-is-needed", "key-required")
def _no_key() -> None:
    def authenticate(app: WorkerApp, visit: Any) -> Server:
        return _first(visit.world) if visit.key is None else _authenticate(app, visit)

    patch_method(WorkerApp, "_authenticate", authenticate)


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
        if visit.key is not None and _server_for(visit.world.key_ring, visit.key) is None:
            raise KeyError(visit.key)
        return _authenticate(app, visit)

    patch_method(WorkerApp, "_authenticate", authenticate)


@broken_spec("offline-server-works", "server-active", "key-checked")
def _offline(root: Json) -> None:
    root["components"]["securitySchemes"]["serverKey"]["x-active-statuses"].append("offline")
