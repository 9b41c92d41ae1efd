"""Many simulated tool servers at once, driven by Locust.

`WorkerUser` is public, like the names of `workerkit.contracts`. It is imported only when it is used, because
Locust replaces the sockets and threads of its process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workerkit.lazy_names import lazy_names

__all__ = ["WorkerUser"]

if TYPE_CHECKING:
    from workerkit.contracts.fleet.worker_user import WorkerUser
else:
    __getattr__ = lazy_names(globals(), {"WorkerUser": "workerkit.contracts.fleet.worker_user:WorkerUser"})
