"""Finds out whether GET /tasks only reads tasks, or changes the listed tasks from pending to queued."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import EndCause, Gate, RunEndedError
from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.relations.listed_tasks import tasks_in
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.observation import Observation, not_observed, observed
from workerkit.contracts.target.plan import Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_MOST_LISTS = 3
_END_REASON = phrase(
    "GET /tasks changes the tasks of this server: it sets the listed tasks from pending "
    "to queued. With --writes none, the run must change nothing: give --writes sandbox "
    "or all"
)


def check_listing(target: Target, gate: Gate, ledger: Ledger, writes: Writes) -> None:
    """Lists one pending task twice, unless the value of the silence `listing` is known.

    Ends the run if lists change tasks and `writes` is none.
    """
    with suppress(RunEndedError, LeftOutError):
        if ledger.known_value("listing") is None:
            ledger.add_observation(_observe_listing(Client(gate, target.api_key)))
        if ledger.known_value("listing") == "hands-out" and writes is Writes.NONE:
            gate.end_run(_END_REASON, EndCause.TARGET)


def _observe_listing(client: Client) -> Observation:
    """Lists the first pending task until two signs show that lists change tasks, or one shows the opposite.

    The signs are a task that the filter for pending lists as queued, and a first task that is not listed
    again. One sign is not enough, because somebody else may take a task between two lists.
    """
    lists: list[Exchange] = []
    signs = 0
    while signs < 2:
        lists.append(client.get_tasks(status="pending", limit=1))
        first = [tasks_in(listed)[:1] for listed in lists]
        signs += bool(first[-1]) and first[-1][0].get("status") == "queued"
        if len(lists) > 1:
            if first[-1] and first[-1][0].get("id") == first[-2][0].get("id"):
                return observed("listing", "reads", *lists[-2:])
            signs += 1
        if signs < 2 and (not first[-1] or len(lists) == _MOST_LISTS):
            return not_observed("listing", phrase("the server does not have enough pending tasks"), *lists)
    return observed("listing", "hands-out", *lists)


def handed_out_note(ledger: Ledger, exchanges: Iterable[Exchange]) -> str:
    """A sentence about the tasks that the lists of the run set to queued. Empty if lists do not do this."""
    if ledger.known_value("listing") != "hands-out":
        return ""
    lists = (exchange for exchange in exchanges if exchange.operation == "listTasks")
    queued = (task for listed in lists for task in tasks_in(listed) if task.get("status") == "queued")
    count = len({str(task.get("id")) for task in queued})
    return phrase(
        "GET /tasks sets the listed tasks from pending to queued. The lists of this run show "
        "{count} tasks as queued, also tasks outside a sandbox, so at most {count} tasks "
        "were set to queued",
        count=count,
    )
