"""The API key that the page `/docs` has filled in."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

from workerkit.mockserver.control.access import (
    host_header,
    is_from_other_site,
    is_from_this_machine,
)
from workerkit.mockserver.http.host_name import is_loopback
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds


class PageKey:
    """Decides which requests for the page get an API key with it.

    Only a mock that listens on this machine alone, and that has no control token, gives keys away. The
    request must come from this machine and name it as its host, and no other site may have led to it.

    worlds: the worlds of the mock.
    host: the address that the mock listens on.
    token: the control token, or None.
    """

    def __init__(self, worlds: Worlds, *, host: str, token: str | None) -> None:
        self._worlds = worlds
        self._is_open = token is None and is_loopback(host)

    def for_request(self, scope: Scope) -> str | None:
        """The first API key that works in the default world, or None if the request must not see it."""
        if not (self._is_open and DEFAULT in self._worlds.names() and _may_see_keys(scope)):
            return None
        return _first_active_key(self._worlds.world(DEFAULT))


def _may_see_keys(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    host = host_header(headers)
    names_this_machine = host is not None and is_loopback(host.name)
    return names_this_machine and is_from_this_machine(scope) and not is_from_other_site(headers)


def _first_active_key(world: World) -> str | None:
    # `World.is_active` would start the clock of the world. To look at the page must change nothing.
    active = (server for server in world.servers.values() if server.status in world.api.active_statuses)
    return next((server.keys[0] for server in active if server.keys and not server.revoked), None)
