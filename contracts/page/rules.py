"""The rules for servers. Each rule comes from one sentence of the API page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.page.page import Sentence, page_sections


class RuleStatus(StrEnum):
    """The result of one rule in a run."""

    KEPT = "kept"
    BROKEN = "broken"
    UNTESTED = "untested"

    @property
    def text(self) -> str:
        """The result in one word, for people."""
        return _STATUS_TEXTS[self]


_STATUS_TEXTS = {
    RuleStatus.KEPT: phrase("kept"),
    RuleStatus.BROKEN: phrase("broken"),
    RuleStatus.UNTESTED: phrase("untested"),
}


@dataclass(frozen=True, slots=True)
class ServerRule:
    """One rule for servers.

    id: the name of the rule in reports.
    sentence: the sentence of the API page that the rule comes from.
    """

    id: str
    sentence: Sentence

    @property
    def source(self) -> str:
        """The original text of the sentence, word for word."""
        return self.sentence.text


RULES = tuple(
    ServerRule(sentence.rule, sentence)
    for section in page_sections()
    for sentence in section.sentences
    if sentence.rule is not None
)
RULE_IDS = frozenset(rule.id for rule in RULES)

# The main rule of each operation: the operation accepts legal requests, and its answers have the documented
# form.
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
