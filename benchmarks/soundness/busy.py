"""A busy machine: verdicts must not depend on its speed."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def all_cores_busy() -> Iterator[None]:
    """Keeps every core busy until the block ends."""
    processes = [
        multiprocessing.Process(target=_keep_core_busy, daemon=True) for _ in range(os.cpu_count() or 1)
    ]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _keep_core_busy() -> None:
    while True:
        pass
