"""Bodies for requests, and helpers to read the bodies of answers."""

from __future__ import annotations

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.observation import Observation, not_observed, observed
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_LINK = "https://example.com/workerkit/{}"
_LEVELS_ELSEWHERE = ("TRACE", "WARNING", "FATAL", "CRITICAL", "NOTICE")


def links_of(task: Task) -> dict[str, str]:
    """Values for both link fields of a task. They contain the id of the task."""
    return {name: _LINK.format(f"{name}/{task['id']}") for name in LINK_FIELDS}


def unknown_levels() -> tuple[str, ...]:
    """Two log levels that other logging systems have, and this API does not."""
    known = lenient_spec.enum_values("LogLevel")
    return tuple(level for level in _LEVELS_ELSEWHERE if level not in known)[:2]


def observe_callback_body(exchange: Exchange) -> Observation:
    """The value of the silence `callback-body`, from the answer to an accepted link callback."""
    match ParsedExchange(exchange).answer_json:
        case {"success": True, "data": {"updated": True, "link_id": str()}}:
            return observed("callback-body", "like-update", exchange)
        case {"success": True, "data": {"updated": True, **others}} if not others:
            return observed("callback-body", "updated", exchange)
        case {"success": True, **others} if not others:
            return observed("callback-body", "success-only", exchange)
    why = phrase("the answer says success in another form, which the API page allows")
    return not_observed("callback-body", why, exchange)


# Vietnamese, like the API page, to test characters that are not ASCII.
NOTE = "Không giải được captcha: đã thử 3 lần"
