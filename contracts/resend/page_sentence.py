"""The sentence of the API's documentation page that a difference is about."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from workerkit.contracts.page.rules import OPERATION_RULES
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.page.page import page_sections

# The rules about a status, by the status that the page demands.
_STATUS_RULES = {"400": "bad-request", "401": "key-checked", "403": "update-own-only", "404": "not-found"}
# The rules about a part of an answer, by the operation and the place. The first pattern that fits counts.
_PLACE_RULES = (
    ("listTasks answer/total", "list-total"),
    ("listTasks answer/next_cursor", "list-next-cursor"),
    ("listTasks answer/data", "list-limit"),
    ("listTasks answer/limit", "list-limit"),
    ("listTasks answer/page", "list-page"),
    (r"listTasks answer/data/\d+/status", "update-status"),
    (r"listTasks answer/data/\d+/link_\w+", "update-links"),
    (r"bulkUpdateTasks answer/results/\d+/error", "bulk-foreign"),
    (r"bulkUpdateTasks answer/results.*", "bulk-results"),
    (r"bulkUpdateTasks answer/\w+", "bulk-counts"),
    ("sendLogs answer/created", "logs-created"),
    (r"updateTask answer/data/link_id", "update-echo"),
)
# The rules about which tasks a list shows, by the parameters of the request. The first parameter counts.
_PARAMETER_RULES = {"after": "list-after", "page": "list-page", "service_type": "list-service-type"}
# Words of the sentence about an update that a list does not show.
_SET_STATUS = " set the status of this task to "
_LISTING = re.compile(r"answer/data/\d+")


def page_sentence(difference: Difference, exchange: Exchange) -> str:
    """The sentence of the page that a difference is about, with its meaning in English. Empty if unknown.

    exchange: the recorded exchange that differs.
    """
    rule = _rule(difference, exchange)
    sentences = (sentence for section in page_sections() for sentence in section.sentences)
    return next((sentence.bilingual for sentence in sentences if sentence.rule == rule), "")


def _rule(difference: Difference, exchange: Exchange) -> str | None:
    if difference.place == "status" and difference.now in _STATUS_RULES:
        return _STATUS_RULES[difference.now]
    if difference.operation == "listTasks" and _LISTING.fullmatch(difference.place):
        return _rule_of_list(difference, exchange)
    if difference.operation == "bulkUpdateTasks" and (difference.recorded, difference.now) == (
        "true",
        "false",
    ):
        return "update-own-only"
    place = f"{difference.operation} {difference.place}"
    rules = (rule for pattern, rule in _PLACE_RULES if re.fullmatch(pattern, place))
    return next(rules, OPERATION_RULES.get(difference.operation or ""))


def _rule_of_list(difference: Difference, exchange: Exchange) -> str:
    given = dict(parse_qsl(exchange.query))
    if difference.why.startswith("The status of this task"):
        return "list-status"
    if _SET_STATUS in difference.why:
        return "update-status"
    return next((rule for name, rule in _PARAMETER_RULES.items() if name in given), "list-status")
