"""Groups the findings about API keys. Servers check keys in one place, so one mistake shows everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.target.fake_ids import is_fake_key
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api

# In the order in which a server checks a key. A server that leaves out one check cannot do the next.
_RULES = ("key-required", "key-checked", "server-active")
_ORDER = ("no-system-error", *_RULES)
_LET_THROUGH = "let through"

# The rule, the operation and the pattern of the message.
_Key = tuple[str, str | None, str]
_Wrong = Mapping[int, str]
_Findings = Mapping[_Key, Sequence[Finding]]


def key_cause_groups(occurrences: _Findings, roots: Collection[_Key], wrong: _Wrong) -> Iterator[list[_Key]]:
    """The findings of each cause, the one that names it first. Only findings in `roots` are grouped.

    These are causes:
    - All operations refuse a wrong key with the same wrong status, or fail at it.
    - More than half of the operations do not check keys.
    - One operation does not check keys.

    wrong: what is wrong with the key of an exchange, by its number.
    """
    refused = _statuses_of_refused_lists(occurrences)
    answers = {key: _answer(occurrences[key], refused, wrong) for key in roots}
    counts = Counter((key[0], answer) for key, answer in answers.items())
    groups: dict[tuple[str | None, str], list[_Key]] = {}
    for key, answer in answers.items():
        if answer is not None:
            is_common = answer != _LET_THROUGH or counts[key[0], answer] * 2 > len(worker_api().operations)
            groups.setdefault((None if is_common else key[1], answer), []).append(key)
    for keys in groups.values():
        yield sorted(keys, key=_clearness)


def _clearness(key: _Key) -> int:
    """Sorts the findings of a cause. The clearest is the least."""
    return _ORDER.index(key[0]) if key[0] in _ORDER else len(_ORDER)


def _answer(findings: Sequence[Finding], refused: Collection[int], wrong: _Wrong) -> str | None:
    """What the server did with a wrong key. None if the findings are not about a wrong key."""
    exchanges = [exchange for finding in findings for exchange in finding.exchanges]
    statuses = {exchange.status or 0 for exchange in exchanges}
    kinds = {wrong.get(exchange.number) for exchange in exchanges}
    if len(statuses) != 1 or None in kinds:
        return None
    status, rule = statuses.pop(), findings[0].rule
    if status >= 500:
        return f"{status} {kinds.pop()}" if len(kinds) == 1 else None
    if status in refused:
        return str(status)
    is_similar_key = rule == "key-checked" and not any(map(_has_fake_key, exchanges))
    return _LET_THROUGH if rule in _RULES and not is_similar_key else None


def _has_fake_key(exchange: Exchange) -> bool:
    return is_fake_key(exchange.header(worker_api().key_header) or "")


def _statuses_of_refused_lists(occurrences: _Findings) -> frozenset[int]:
    """The wrong statuses of GET /tasks with a wrong key. With a right key, a list is never refused."""
    return frozenset(
        exchange.status
        for (rule, operation, _), findings in occurrences.items()
        if rule in _RULES and operation == "listTasks"
        for exchange in findings[0].exchanges
        if exchange.status is not None and not exchange.accepted
    )
