"""Baselines: an application that does nothing, and a socket. No mock can be faster than the socket."""

from __future__ import annotations

import sys
from importlib.metadata import version

from benchmarks.peers.measured_server import MeasuredServer, Workspace


def empty_app(workspace: Workspace) -> MeasuredServer:
    """Returns an application in uvicorn. It reads nothing and has a fixed answer for each method."""
    return MeasuredServer(
        name=f"uvicorn {version('uvicorn')}, an empty application",
        command=(
            sys.executable,
            "-m",
            "benchmarks.peers.servers.empty_app",
            str(workspace.port),
            _answers(workspace),
        ),
        does="checks nothing; one fixed answer for each call",
        environment={"PYTHONPATH": sys.path[0]},
        is_mock=False,
    )


def bare_socket(workspace: Workspace) -> MeasuredServer:
    """Returns a socket that answers everything at once. It shows how fast the load can be."""
    return MeasuredServer(
        name="a bare socket",
        command=(
            sys.executable,
            "-m",
            "benchmarks.peers.servers.bare_socket",
            str(workspace.port),
            _answers(workspace),
        ),
        does="checks nothing; shows how fast the load can be",
        environment={"PYTHONPATH": sys.path[0]},
        is_mock=False,
    )


def _answers(workspace: Workspace) -> str:
    """Writes the fixed answers by HTTP method. Returns the file's path. No two calls have the same method."""
    return workspace.write("answers.json", {call.method: call.answer.decode() for call in workspace.calls})
