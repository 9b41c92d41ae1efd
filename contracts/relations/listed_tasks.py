"""The tasks that a list shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange

Task = dict[str, Any]


def tasks_in(exchange: Exchange) -> list[Task]:
    """The tasks of a list answer, or none where it is no such answer."""
    data = ParsedExchange(exchange).answered_field("data") if exchange.accepted else None
    return [task for task in data if isinstance(task, dict)] if isinstance(data, list) else []


def usable_tasks_in(exchange: Exchange) -> list[Task]:
    """The tasks of a list answer that have what a step needs of them: id, status and request."""
    needed = ("id", "status", "request_id")
    return [task for task in tasks_in(exchange) if all(isinstance(task.get(name), str) for name in needed)]


def total_in(exchange: Exchange) -> int:
    """The total of a list answer, or -1 where it is no such answer."""
    total = ParsedExchange(exchange).answered_field("total")
    return total if isinstance(total, int) else -1


def following(status: str) -> str:
    """The next status of the flow: pending → queued → running → completed."""
    return {"pending": "queued", "queued": "running"}.get(status, "completed")


def steps_to(task: Task, end: str) -> Iterator[str]:
    status = following(str(task["status"]))
    while status != "completed":
        yield status
        status = following(status)
    yield end
