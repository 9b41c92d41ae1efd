"""The recorded changes of a world."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from workerkit.mockserver.world.clock import Clock
from workerkit.mockserver.world.journal import Journal
from workerkit.scenarios.run_record.change import Change

_MAX_CHANGES = 10_000
_MAX_CHANGES_OF_ALL_KINDS = 200_000


class ChangeLog:
    """Records changes in bounded memory and passes them to a listener.

    changes: the newest recorded changes, the oldest first.
    listener: is called with each change of a status, an API key or a task's server; None for no listener.

    `record` always records a change. `report` and `record_detail` record a change only after a call of
    `record_all`.
    """

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self.changes: deque[Change] = deque(maxlen=_MAX_CHANGES)
        self.listener: Callable[[Change], None] | None = None
        self._clock = clock
        self._journal = journal
        self._records_all = False

    def record_all(self) -> None:
        """From now on records all changes: those that workers make, and every changed field of a task."""
        self.changes = deque(self.changes, maxlen=_MAX_CHANGES_OF_ALL_KINDS)
        self._records_all = True

    @property
    def is_full(self) -> bool:
        """Whether the log is full, so that old changes are dropped."""
        return len(self.changes) == self.changes.maxlen

    def record(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> None:
        """Always records a change, and calls the listener. Does nothing if `was` equals `now`."""
        if was == now:
            return
        change = self._change(kind, subject, field, was, now, by)
        self.changes.append(change)
        if self.listener is not None:
            self.listener(change)

    def report(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> None:
        """Calls the listener with a change. Records the change only after `record_all`."""
        self.record_detail(kind, subject, field, was, now, by)
        if self.listener is not None:
            self.listener(self._change(kind, subject, field, was, now, by))

    def record_detail(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> None:
        """Records a change only after `record_all`, and only if `was` and `now` differ. Calls no listener."""
        if self._records_all and was != now:
            self.changes.append(self._change(kind, subject, field, was, now, by))

    def _change(self, kind: str, subject: str, field: str, was: Any, now: Any, by: str) -> Change:
        return Change(kind, subject, field, was, now, self._clock.peek(), self._journal.count, by)
