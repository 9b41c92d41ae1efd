"""A fleet of careful workers, for Locust. docs/how-to/fleet.md shows how to run it."""

from __future__ import annotations

from workerkit.contracts.fleet import WorkerUser


class Worker(WorkerUser):
    """One simulated tool server. Its attributes say how it works, for example `heartbeat = 10.0`."""
