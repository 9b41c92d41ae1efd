"""Checks that the threads of this process are real. The mock runs in a thread of its own."""

from __future__ import annotations

import sys

from workerkit.openapi.errors import CannotRunError


class NoRealThreadsError(CannotRunError):
    """A library has replaced the threads of this process. The message says which, and what to do."""


def check_threads() -> None:
    """Raises NoRealThreadsError if gevent or eventlet has replaced the threads.

    Without real threads, the mock and the test would wait for each other for ever.
    """
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    if gevent is not None and gevent.is_module_patched("threading"):
        raise NoRealThreadsError(_message("gevent", "gevent.monkey.patch_all(thread=False)"))
    if eventlet is not None and eventlet.is_monkey_patched("thread"):
        raise NoRealThreadsError(_message("eventlet", "eventlet.monkey_patch(thread=False)"))


def _message(library: str, call: str) -> str:
    return (
        f"{library} replaced the threads of this process, so the mock cannot run here. Patch with {call}, "
        "or run `workerkit serve` in a process of its own. More: workerkit docs reference/python"
    )
