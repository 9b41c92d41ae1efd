"""What no mock can outrun: an application that does nothing, and a socket that does not even read."""

from __future__ import annotations

import sys
from importlib.metadata import version

from benchmarks.peers.contender import Contender, Site


def empty_app(site: Site) -> Contender:
    """An ASGI application under uvicorn that reads nothing and sends the canned answer of the path."""
    return Contender(
        name=f"uvicorn {version('uvicorn')}, an empty application",
        words=(sys.executable, "-m", "benchmarks.peers.empty_app", str(site.port), _answers(site)),
        does="nothing: the answer is the path's, whatever comes",
        environment={"PYTHONPATH": sys.path[0]},
        is_mock=False,
    )


def bare_socket(site: Site) -> Contender:
    """A socket that answers whatever arrives: what the load can do, with nobody to wait for."""
    return Contender(
        name="a bare socket",
        words=(sys.executable, "-m", "benchmarks.peers.bare_socket", str(site.port), _answers(site)),
        does="nothing: it shows what the load could do",
        environment={"PYTHONPATH": sys.path[0]},
        is_mock=False,
    )


def _answers(site: Site) -> str:
    """A file of the canned answers by method: each of the calls has another."""
    return site.write("answers.json", {call.method: call.answer.decode() for call in site.calls})
