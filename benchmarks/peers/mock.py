"""This kit's own mock, as `workerkit serve` starts it."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.calls import SEED
from benchmarks.peers.contender import Contender, Site


def mock(site: Site) -> Contender:
    """The mock with its default world, to which the tasks of the calls are added."""
    command = str(Path(sys.executable).with_name("workerkit"))
    return Contender(
        name=f"workerkit {version('likepion-workerkit')}",
        words=(command, "serve", "--port", str(site.port), "--seed", str(SEED)),
        does="state, keys, bodies and parameters checked; a journal of the last 10,000 exchanges",
    )
