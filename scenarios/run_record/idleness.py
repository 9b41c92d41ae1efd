"""For how long a worker has done nothing although it has open tasks."""

from __future__ import annotations

from functools import partial
from itertools import takewhile

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.run_record.run import Run

_LIST = "listTasks"
# Requests that a worker sends again and again when it has nothing to do.
POLLING = (_LIST, "heartbeat")
_FEWEST_READS = 10


def idle_seconds(run: Run) -> float:
    """Returns for how many seconds the worker was able to work on its open tasks and did not.

    In this time the worker only read the list, and sent heartbeats. All of these requests succeeded, the list
    was read ten times or more, and nothing changed in the world. The worker's longest pause between requests,
    up to 2 seconds, is subtracted, because a busy machine may have caused it.

    Returns 0 if the worker has no open task, if it read the list less often, and while a fault holds an
    answer back.
    """
    ended = run.api.statuses_in("ended")
    is_waiting = any(not applied.is_over for applied in run.applied_faults)
    if is_waiting or all(task["status"] in ended for task in run.own_tasks()):
        return 0.0
    idle = list(takewhile(partial(_is_plain_poll, run), reversed(run.own_exchanges)))
    reads = [exchange for exchange in idle if exchange.operation == _LIST]
    if len(reads) < _FEWEST_READS:
        return 0.0
    return max(0.0, run.seconds_to_act(_last_news(run, len(idle)), reads[0].ended))


def _is_plain_poll(run: Run, exchange: Exchange) -> bool:
    is_readable = exchange.accepted and exchange.number not in run.unreadable
    return is_readable and exchange.operation in POLLING


def _last_news(run: Run, idle_count: int) -> float:
    """The time of the last request that was no poll, or of the last change of the world after it."""
    own = run.own_exchanges
    times = [exchange.ended for exchange in own[: len(own) - idle_count][-1:]]
    times += [event.time for event in run.events[-1:]]
    times += [change.at for change in run.changes[-1:]]
    return max(times, default=own[0].began)
