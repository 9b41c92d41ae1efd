"""Groups the findings of a run by their cause: one mistake of the server often breaks several rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from workerkit.contracts.fields.update_operation import BULK, LINK_COMPLETE, LINK_UPDATE, PUT
from workerkit.contracts.page.rules import OPERATION_RULES, RULES
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.request_text import is_plain, operation_title
from workerkit.contracts.run.failing_fields import Place, places_of
from workerkit.contracts.run.key_causes import key_cause_groups
from workerkit.contracts.run.ledger import Finding, Ledger
from workerkit.contracts.run.lost_links import lost_link_group
from workerkit.contracts.run.stale_answers import STALE
from workerkit.mockserver.reports.message_pattern import message_pattern
from workerkit.openapi.languages.phrase import phrase

_SYSTEM_ERROR_RULE = "no-system-error"
_PLACES = {rule.id: place for place, rule in enumerate(RULES)}
# If the status of one answer breaks several rules, the rule in the first of these groups is the cause.
_SYSTEM_ERROR, _SPECIFIC, _BAD_REQUEST, _OPERATION, _STATUS_LIST = range(5)

# The rules whose findings can say that an accepted update is not in the list afterwards.
_LOST_UPDATE_RULES = frozenset(
    {
        "update",
        "update-status",
        "update-links",
        "bulk-results",
        "link-update",
        "link-update-optional",
        "link-complete",
        "list-total",
        "list-status",
    }
)
_OPERATIONS = {
    "updateTask": PUT,
    "bulkUpdateTasks": BULK,
    "updateLink": LINK_UPDATE,
    "completeLink": LINK_COMPLETE,
}
# The titles of the operations that change a task, and the rules that say that they store a status.
_UPDATES = {name: operation.title for name, operation in _OPERATIONS.items()}
_STATUS_RULES = {name: operation.status_rule for name, operation in _OPERATIONS.items()}

CauseKey = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Cause:
    """One mistake of the server.

    finding: the finding that shows the mistake best. Fix this mistake first.
    followers: the findings that also disappear after the fix. They belong to this rule or to other rules.
    """

    finding: Finding
    followers: tuple[Finding, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of all rules that the mistake breaks, without repetitions. First the rule of `finding`."""
        return tuple(dict.fromkeys(finding.rule for finding in (self.finding, *self.followers)))


def causes_of(ledger: Ledger) -> tuple[Cause, ...]:
    """The causes of all findings. The cause that breaks the most rules comes first.

    Of the causes of one rule that break equally many rules, the one with the fewest exchanges comes first.
    """
    occurrences = _occurrences(ledger.findings)
    shortest = {key: min(findings, key=_length) for key, findings in occurrences.items()}
    never_stored, always_failing = _never_stored(occurrences, ledger), _always_failing(occurrences, ledger)
    for operation, keys in never_stored.items():
        shortest[keys[0]] = _with_summary(shortest[keys[0]], operation)
    for place, keys in always_failing.items():
        shortest[keys[0]] = _with_failing_field(shortest[keys[0]], *place)
    parents = _parents(occurrences, ledger, [*never_stored.values(), *always_failing.values()])
    followers: dict[CauseKey, list[Finding]] = {key: [] for key in shortest}
    for key, finding in shortest.items():
        root = _root(key, parents)
        if root != key:
            followers[root].append(finding)
    causes = [Cause(shortest[key], tuple(followers[key])) for key in shortest if _root(key, parents) == key]
    return tuple(sorted(causes, key=_order))


def distinct_findings(rule_id: str, ledger: Ledger) -> list[Finding]:
    """The findings of a rule, only one for each cause: the finding with the fewest exchanges."""
    occurrences = _occurrences(finding for finding in ledger.findings if finding.rule == rule_id)
    return [min(findings, key=_length) for findings in occurrences.values()]


def _occurrences(findings: Iterable[Finding]) -> dict[CauseKey, list[Finding]]:
    found: dict[CauseKey, list[Finding]] = {}
    for finding in findings:
        operation = finding.exchanges[-1].operation if finding.exchanges else None
        key = (finding.rule, operation, message_pattern(finding.message))
        found.setdefault(key, []).append(finding)
    return found


def _order(cause: Cause) -> tuple[int, int, int]:
    return -len(cause.rules), _PLACES[cause.finding.rule], _length(cause.finding)


def _length(finding: Finding) -> int:
    return len(finding.exchanges)


def _parents(
    occurrences: Mapping[CauseKey, list[Finding]], ledger: Ledger, summarized: Iterable[list[CauseKey]]
) -> dict[CauseKey, CauseKey | None]:
    """For each finding: the one from which it follows, or None if it is a cause.

    summarized: groups of findings with one cause. The first of each group has a message about all of them.
    """
    wrong_statuses = _wrong_statuses(occurrences)
    parents = {key: _parent(key, findings, wrong_statuses) for key, findings in occurrences.items()}
    grouped = set[CauseKey]()
    for keys in summarized:
        parents |= {keys[0]: None, **dict.fromkeys(keys[1:], keys[0])}
        grouped.update(keys)
    others = {key: findings for key, findings in occurrences.items() if key not in grouped}
    for keys in _same_cause(others, ledger):
        parents |= dict.fromkeys(keys[1:], keys[0])
    roots = [key for key, parent in parents.items() if parent is None]
    for keys in key_cause_groups(occurrences, roots, ledger.wrong_keys):
        parents |= dict.fromkeys(keys[1:], keys[0])
    parents = _with_parents_by_root(occurrences, wrong_statuses, parents)
    return parents | _parents_of_stale(occurrences, ledger, parents)


def _parent(
    key: CauseKey, findings: list[Finding], wrong_statuses: Mapping[int, list[CauseKey]]
) -> CauseKey | None:
    """The cause from which all these findings follow. None if they are a cause of their own."""
    common = set.intersection(*_candidates(key, findings, wrong_statuses))
    return min(common, key=_rank, default=None)


def _with_parents_by_root(
    occurrences: Mapping[CauseKey, list[Finding]],
    wrong_statuses: Mapping[int, list[CauseKey]],
    parents: Mapping[CauseKey, CauseKey | None],
) -> dict[CauseKey, CauseKey | None]:
    """The parents, also of findings that follow from several findings, if these have one cause."""
    found = dict(parents)
    for key, findings in occurrences.items():
        if found[key] is None:
            candidates = _candidates(key, findings, wrong_statuses)
            roots = [{_root(other, found) for other in others} for others in candidates]
            found[key] = min(set.intersection(*roots) - {key}, key=_rank, default=None)
    return found


def _parents_of_stale(
    occurrences: Mapping[CauseKey, list[Finding]],
    ledger: Ledger,
    parents: Mapping[CauseKey, CauseKey | None],
) -> dict[CauseKey, CauseKey]:
    """The causes of findings whose lists are old, if a finding proves that the server keeps old lists."""
    proof = next((key for key, found in occurrences.items() if found[0].topic == STALE), None)
    if proof is None:
        return {}
    return {
        key: proof
        for key, findings in occurrences.items()
        if key != proof
        and parents[key] is None
        and all(finding.exchanges[-1].number in ledger.stale_answers for finding in findings)
    }


def _candidates(
    key: CauseKey, findings: Iterable[Finding], wrong_statuses: Mapping[int, list[CauseKey]]
) -> list[set[CauseKey]]:
    """For each of these findings: the findings from which it can follow."""
    return [
        {other for other in _explaining(finding, wrong_statuses) if _explains(other, key, finding)}
        for finding in findings
    ]


def _rank(key: CauseKey) -> tuple[int, int, CauseKey]:
    return _group(key), _PLACES[key[0]], key


def _never_stored(occurrences: Mapping[CauseKey, list[Finding]], ledger: Ledger) -> dict[str, list[CauseKey]]:
    """For each operation of which no update is stored: the findings that say so, the clearest first.

    Only operations with at least two such findings.
    """
    found: dict[str, list[CauseKey]] = {}
    for key, findings in occurrences.items():
        common = set.intersection(*(_lost_operations(finding, ledger) for finding in findings))
        if common:
            found.setdefault(min(common), []).append(key)
    return {
        operation: sorted(keys, key=lambda key: _clearness(key, occurrences[key], operation))
        for operation, keys in found.items()
        if len(keys) > 1
    }


def _always_failing(
    occurrences: Mapping[CauseKey, list[Finding]], ledger: Ledger
) -> dict[Place, list[CauseKey]]:
    """For each field at which an operation always fails: the findings that say so, if there are several.

    Those with plain requests come first.
    """
    found: dict[Place, list[CauseKey]] = {}
    for key, findings in occurrences.items():
        if key[0] == _SYSTEM_ERROR_RULE:
            common = set.intersection(*(set(places_of(finding.exchanges[-1])) for finding in findings))
            place = min(common & ledger.failing_fields, default=None)
            if place:
                found.setdefault(place, []).append(key)
    return {
        place: sorted(keys, key=lambda key: not any(map(_has_plain_request, occurrences[key])))
        for place, keys in found.items()
        if len(keys) > 1
    }


def _has_plain_request(finding: Finding) -> bool:
    return is_plain(ParsedExchange(finding.exchanges[-1]))


def _clearness(key: CauseKey, findings: list[Finding], operation: str) -> tuple[bool, bool, int, int]:
    """Sorts findings that say that no update by an operation is stored. The clearest is the least.

    Its rule is about the operation itself. The rules of lists are the least clear.
    """
    rule = key[0]
    is_own = rule in (OPERATION_RULES[operation], _STATUS_RULES[operation])
    return not is_own, rule.startswith("list-"), min(map(_length, findings)), _PLACES[rule]


def _same_cause(occurrences: Mapping[CauseKey, list[Finding]], ledger: Ledger) -> Iterator[list[CauseKey]]:
    """The findings of one cause that have different messages, the shortest finding of each group first."""
    groups: dict[tuple[str, str], list[CauseKey]] = {}
    for key, findings in occurrences.items():
        topics = {finding.topic for finding in findings}
        topic = lost_link_group(findings, ledger) or (topics.pop() if len(topics) == 1 else "")
        if topic:
            groups.setdefault((key[0], topic), []).append(key)
    for keys in groups.values():
        yield sorted(keys, key=lambda key: min(map(_length, occurrences[key])))


def _lost_operations(finding: Finding, ledger: Ledger) -> set[str]:
    """The operations whose accepted updates no list shows, neither in this finding nor in the whole run."""
    if finding.rule not in _LOST_UPDATE_RULES or finding.exchanges[-1].operation != "listTasks":
        return set()
    wrote = {write.operation for write in finding.exchanges[:-1] if write.accepted}
    return (_UPDATES.keys() & wrote) - ledger.effective_operations


def _with_summary(finding: Finding, operation: str) -> Finding:
    summary = phrase(
        "the list shows no update by {updates} afterwards, for example: ", updates=_UPDATES[operation]
    )
    return replace(finding, message=summary + finding.message)


def _with_failing_field(finding: Finding, operation: str, field: str) -> Finding:
    summary = phrase(
        "the server fails at each request for {operation} with {field}, for example: ",
        operation=operation_title(operation),
        field=field,
    )
    return replace(finding, message=summary + finding.message)


def _wrong_statuses(occurrences: Mapping[CauseKey, list[Finding]]) -> dict[int, list[CauseKey]]:
    """For each exchange whose status is wrong by itself: the findings that say so."""
    found: dict[int, list[CauseKey]] = {}
    for key, findings in occurrences.items():
        for finding in findings:
            if len(finding.exchanges) == 1 and _is_about_status(finding):
                found.setdefault(finding.exchanges[0].number, []).append(key)
    return found


def _explaining(finding: Finding, wrong_statuses: Mapping[int, list[CauseKey]]) -> Iterator[CauseKey]:
    for exchange in finding.exchanges:
        # If the answer was a wrong 2xx, a later exchange shows another mistake.
        if len(finding.exchanges) == 1 or not exchange.accepted:
            yield from wrong_statuses.get(exchange.number, ())


def _explains(other: CauseKey, key: CauseKey, finding: Finding) -> bool:
    """Whether the wrong status of an exchange is the reason for the finding with this key."""
    if len(finding.exchanges) > 1:
        return other != key
    if finding.exchanges[0].accepted and other[0] == "bad-request" and not _is_about_status(finding):
        # What the answer to a request says that had to be refused.
        return True
    return _rank(other) < _rank(key) and _is_about_status(finding)


def _root(key: CauseKey, parents: Mapping[CauseKey, CauseKey | None]) -> CauseKey:
    parent = parents[key]
    return key if parent is None else _root(parent, parents)


def _is_about_status(finding: Finding) -> bool:
    """Whether the finding is about the HTTP status of its last answer. All such messages name the status."""
    return f"answered {finding.exchanges[-1].status}" in finding.message if finding.exchanges else False


def _group(key: CauseKey) -> int:
    rule = key[0]
    if rule == _SYSTEM_ERROR_RULE:
        return _SYSTEM_ERROR
    if rule == "bad-request":
        return _BAD_REQUEST
    if rule == "statuses":
        return _STATUS_LIST
    return _OPERATION if rule in OPERATION_RULES.values() else _SPECIFIC
