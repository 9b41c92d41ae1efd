"""Bodies of the updates that a run sends."""

from __future__ import annotations

from typing import Any

from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.observation import Observation, seen
from workerkit.openapi.exchange import Exchange

_LINK = "https://example.com/workerkit/{}"

LINK_FIELDS = ("link_profile", "link_post")


def links_of(task: Task) -> dict[str, str]:
    """Both links of a task, by which one knows it again in a list."""
    return {name: _LINK.format(f"{name}/{task['id']}") for name in LINK_FIELDS}


def callback_body_of(exchange: Exchange) -> Observation:
    """Which body a callback that was taken is answered with."""
    data = ParsedExchange(exchange).answered_field("data")
    return seen("callback-body", "like-update" if isinstance(data, dict) else "success-only", exchange)


def objects_of(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


# The language of the page.
NOTE = "Không giải được captcha: đã thử 3 lần"
