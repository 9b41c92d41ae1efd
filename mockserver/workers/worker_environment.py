"""The environment variables of a worker's command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.worlds.director import Director

# The mock is on this machine: a worker whose HTTP client honours proxies must not ask one for it.
NO_PROXY = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def worker_settings(mock: MockServer, director: Director) -> dict[str, str]:
    """The environment that tells a worker where its API is and who it is: the world's first server."""
    server = next(iter(director.world.servers.values()))
    return {
        "LIKEPION_BASE_URL": mock.base_url,
        "LIKEPION_API_KEY": server.keys[0],
        "LIKEPION_SERVER_NAME": server.name,
    }


def filled_in(words: Sequence[str], settings: Mapping[str, str]) -> list[str]:
    """The words of a command, with what stands there for the base URL and the key replaced."""
    url, key = settings["LIKEPION_BASE_URL"], settings["LIKEPION_API_KEY"]
    return [word.replace("{base_url}", url).replace("{api_key}", key) for word in words]
