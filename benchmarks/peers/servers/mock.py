"""The mock of this kit, started with `workerkit serve`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.calls import SEED
from benchmarks.peers.measured_server import MeasuredServer, Workspace


def mock(workspace: Workspace) -> MeasuredServer:
    """Returns the mock with its default world. The tasks of the calls are added later."""
    program = str(Path(sys.executable).with_name("workerkit"))
    return MeasuredServer(
        name=f"workerkit {version('likepion-workerkit')}",
        command=(program, "serve", "--port", str(workspace.port), "--seed", str(SEED)),
        does="keeps state; checks keys, bodies and parameters; keeps a journal of 10,000 exchanges",
    )
