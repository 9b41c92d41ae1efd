"""Scripted requests that are sent at the same time. None may change what another one does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase

_TASKS = 4
_LISTS = 12
_FIELDS = ("link_profile", "link_post")
_LINK = "https://example.com/workerkit/rush/{}/{}"
_RULE = "update-links"


def list_concurrently(context: RunContext) -> None:
    """Lists the tasks of two servers at the same time. Each list must be that of the server of its key."""
    if context.target.other_api_key is None or not context.server_id:
        return
    # Another query: with the same one, a cache that ignores the key would give both keys the same answer.
    other_id = _server_id(context.client.get_tasks(key=context.target.other_api_key, limit=2))
    expected = {context.target.api_key: context.server_id, context.target.other_api_key: other_id}
    if other_id in (None, context.server_id):
        return
    with ThreadPoolExecutor(_LISTS) as pool:
        lists = list(pool.map(partial(_list, context), [*expected] * (_LISTS // 2)))
    wrong = [
        exchange for key, exchange in lists if exchange.accepted and _server_id(exchange) != expected[key]
    ]
    flaw = phrase(
        "of {count} lists at the same time with two API keys, {wrong} have the server_id of another server",
        count=len(lists),
        wrong=len(wrong),
    )
    context.ledger.record_check("list", flaw if wrong else None, *wrong[:1])


def _list(context: RunContext, key: str) -> tuple[str, Exchange]:
    return key, context.client.get_tasks(key=key, limit=1)


def _server_id(exchange: Exchange) -> Any:
    return ParsedExchange(exchange).answer_field("server_id")


def update_concurrently(context: RunContext) -> None:
    """Updates two fields of some tasks at the same time. Checks that the list has all new values."""
    tasks = context.tasks[:_TASKS]
    # A server that loses a field in a single update also loses it here.
    if not tasks or context.ledger.has_finding(_RULE):
        return
    with ThreadPoolExecutor(_TASKS * len(_FIELDS)) as pool:
        pending = [pool.submit(_write, context, task, field) for task in tasks for field in _FIELDS]
        writes = [future.result() for future in pending]
    for write in writes:
        context.expect_status("update", write)
    if not all(write.accepted for write in writes):
        return
    for number, task in enumerate(tasks):
        found, listed = context.find_task(str(task["id"]), str(task["status"]))
        lost = list(_lost_fields(task, found or {}))
        flaw = (
            phrase(
                "two updates of task {id} at the same time lost {lost}",
                id=task["id"],
                lost=joined(phrase(" and "), lost),
            )
            if lost
            else None
        )
        own = writes[number * len(_FIELDS) : (number + 1) * len(_FIELDS)]
        context.ledger.record_check(_RULE, flaw, *own, listed, topic="at the same time")


def _write(context: RunContext, task: Task, field: str) -> Exchange:
    return context.client.send("PUT", f"/tasks/{task['id']}", {field: _link(task, field)})


def _lost_fields(task: Task, listed: Task) -> Iterator[str]:
    return (field for field in _FIELDS if listed.get(field) != _link(task, field))


def _link(task: Task, field: str) -> str:
    return _LINK.format(field, task["id"])
