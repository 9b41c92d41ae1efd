"""What the exchanges of a recording prove that no request can change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workerkit.mockserver.capsules.comparison.exchange_keys import exchanges_by_key, refuses_key
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import Json, key_of, listed_tasks, server_identity

_LASTING_FIELDS = ("request_id", "service_type", "site_id")


@dataclass(frozen=True)
class LastingFacts:
    """Facts that are true during the whole recording, even if exchanges are missing in it.

    servers: for each API key that was accepted, the part of an answer that names its server. It is empty if
        no answer names it.
    owners: for each listed task, the API key of the first list that shows it.
    fields: for each listed task, the fields that never change, with the values of the first list.
    """

    servers: Mapping[str, Json]
    owners: Mapping[str, str]
    fields: Mapping[str, Mapping[str, Any]]


def lasting_facts(exchanges: Sequence[Exchange]) -> LastingFacts:
    """The facts that these exchanges prove."""
    owners: dict[str, str] = {}
    fields: dict[str, dict[str, Any]] = {}
    for exchange in exchanges:
        for task in listed_tasks(exchange) or ():
            task_id = str(task["id"]).lower()
            owners.setdefault(task_id, key_of(exchange))
            shown = {name: task[name] for name in _LASTING_FIELDS if task.get(name) is not None}
            fields[task_id] = {**shown, **fields.get(task_id, {})}
    servers = {
        key: server_of(group)
        for key, group in exchanges_by_key([*exchanges]).items()
        if not all(map(refuses_key, group))
    }
    return LastingFacts(servers, owners, fields)


def server_of(exchanges: Sequence[Exchange]) -> Json:
    """The part of an answer that names the server of these exchanges. Empty if there is none.

    A list is preferred: some servers answer a heartbeat with the name that the heartbeat has.
    """
    lists_first = sorted(exchanges, key=lambda exchange: exchange.operation != "listTasks")
    return next(filter(None, map(server_identity, lists_first)), {})
