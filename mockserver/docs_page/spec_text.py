"""The spec of the running mock, as text: in the dialect of its default world, with the mock as the server."""

from __future__ import annotations

from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import Scope

from workerkit.mockserver.control.access import host_header
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.published import SpecFormat, published_spec, spec_text

_CACHE_SIZE = 32


def dialect_now(worlds: Worlds) -> Dialect:
    """The dialect of the world that answers requests without a key. A mock without worlds has the default."""
    director = worlds.director_for_key(None)
    return Dialect() if director is None else director.world.dialect


def base_url_of(scope: Scope) -> str:
    """The URL of the Worker API, as the client of a request reached it.

    If the Host header is missing or not valid, the URL has the address that the mock listens on.
    """
    host = host_header(Headers(scope=scope))
    authority = host.text if host is not None else _own_authority(scope)
    return f"{scope['scheme']}://{authority}{worker_api().base_path}"


@lru_cache(maxsize=_CACHE_SIZE)
def cached_spec_text(dialect: Dialect, base_url: str, spec_format: SpecFormat) -> bytes:
    """The published spec of a dialect as text, with `base_url` as its only server.

    The texts that were used last are cached.
    """
    return spec_text(published_spec(dialect, base_url=base_url), spec_format).encode()


def _own_authority(scope: Scope) -> str:
    host, port = scope["server"]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
