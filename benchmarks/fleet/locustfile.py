"""The simulated servers of the benchmark."""

from __future__ import annotations

from locust import constant_pacing

from workerkit.contracts.fleet import WorkerUser


class Worker(WorkerUser):
    """A tool server that does four tasks in twenty seconds."""

    wait_time = constant_pacing(20)
