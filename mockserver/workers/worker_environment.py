"""The environment variables of a worker's command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.director import Director


def worker_settings(mock: WorldServer, director: Director) -> dict[str, str]:
    """Returns the environment variables of a worker that works as the world's first server.

    If the mock has a certificate that was made for this run, they also let the worker trust it.
    """
    server = next(iter(director.world.servers.values()))
    trust = mock.tls.client_environment if mock.tls is not None else {}
    return {**settings_of(mock.base_url, server.keys[0], server.name), **trust}


def settings_of(base_url: str, api_key: str, server_name: str) -> dict[str, str]:
    """Returns the environment variables that hold a worker's base URL, API key and server name."""
    return {
        "LIKEPION_BASE_URL": base_url,
        "LIKEPION_API_KEY": api_key,
        "LIKEPION_SERVER_NAME": server_name,
    }


def no_proxy(base_url: str) -> dict[str, str]:
    """Returns the environment variables that keep a worker from sending its requests through a proxy."""
    hosts = ",".join(dict.fromkeys(("127.0.0.1", str(urlsplit(base_url).hostname))))
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def fill_placeholders(words: Sequence[str], settings: Mapping[str, str]) -> list[str]:
    """Returns the words of a command with the values for `{base_url}` and `{api_key}`."""
    url, key = settings["LIKEPION_BASE_URL"], settings["LIKEPION_API_KEY"]
    return [word.replace("{base_url}", url).replace("{api_key}", key) for word in words]
