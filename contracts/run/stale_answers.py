"""Finds lists that are equal to an earlier list, although an update came in between."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.openapi.exchange import Exchange

# The topic of a finding which proves that some lists of the server are old.
STALE = "stale"
_UPDATES = frozenset({"updateTask", "bulkUpdateTasks", "updateLink", "completeLink"})


def stale_answers(exchanges: Iterable[Exchange]) -> frozenset[int]:
    """The numbers of the lists with the same bytes as the last answer to the same query, before an update.

    On a server that keeps old lists, such a list shows nothing about the update.
    """
    answers, updates, found = dict[str, tuple[bytes, int]](), 0, set[int]()
    for exchange in exchanges:
        if exchange.operation in _UPDATES and exchange.accepted:
            updates += 1
        elif exchange.operation == "listTasks" and exchange.accepted:
            body, seen_updates = answers.get(exchange.query, (b"", 0))
            if body == exchange.answer_body and seen_updates < updates:
                # The list stays as old as it was.
                found.add(exchange.number)
            else:
                answers[exchange.query] = exchange.answer_body, updates
    return frozenset(found)
