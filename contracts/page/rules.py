"""The catalogue: what the page promises, each with the page's own words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workerkit.contracts.page.page import Sentence, page


class RuleStatus(StrEnum):
    """What a run found out about a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class ServerRule:
    """A promise, and the sentence of the page that makes it."""

    id: str
    sentence: Sentence

    @property
    def source(self) -> str:
        """The page's sentence, heading, table row or line of an example, word for word."""
        return self.sentence.text


RULES = tuple(
    ServerRule(each.rule, each) for section in page() for each in section.sentences if each.rule is not None
)
RULE_IDS = frozenset(rule.id for rule in RULES)

# The rule that an operation as a whole stands for: it takes legal requests and answers in its form.
OPERATION_RULES = {
    "heartbeat": "heartbeat",
    "listTasks": "list",
    "updateTask": "update",
    "bulkUpdateTasks": "bulk",
    "sendLogs": "logs",
    "updateLink": "link-update",
    "completeLink": "link-complete",
    "setRequestStatus": "request-status",
    "setAccountStatus": "account-status",
}
