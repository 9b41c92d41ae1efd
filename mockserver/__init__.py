"""The mock server: worlds in memory, the Worker API that serves them, and the scenarios that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workerkit.lazy_names import lazy_names

__all__ = ["MockServer", "WorkerApi", "run_worker"]

if TYPE_CHECKING:
    from workerkit.mockserver.python_api.mock_server import MockServer
    from workerkit.mockserver.python_api.worker_api import WorkerApi
    from workerkit.mockserver.trials.run_worker import run_worker
else:
    __getattr__ = lazy_names(
        globals(),
        {
            "MockServer": "workerkit.mockserver.python_api.mock_server:MockServer",
            "WorkerApi": "workerkit.mockserver.python_api.worker_api:WorkerApi",
            "run_worker": "workerkit.mockserver.trials.run_worker:run_worker",
        },
    )
