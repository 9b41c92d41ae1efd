"""A finding as a capsule: the exchanges that show it, behind those that led to it, without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from workerkit.contracts.page.rules import RULES
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.saved.listings import Listing, names
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.record.recording_pseudonyms import RecordingPseudonyms
from workerkit.openapi.exchange import Exchange

_SOURCES = {rule.id: rule.source for rule in RULES}


def saved_capsules(
    findings: Sequence[Finding], exchanges: Sequence[Exchange], listings: Sequence[Listing], upstream: str
) -> Iterator[str]:
    """The file of each finding's capsule; the exchanges and what they listed are all of the run.

    A server that keeps the promise does not reproduce it. Nor does the mock, but where its world, made from
    what the capsule shows, has what there should not be: a task that is nobody's, or a key of no server.
    """
    known = RecordingPseudonyms()
    for exchange in exchanges if findings else ():
        known.disguised(Recorded.plainly(exchange))
    for finding in findings:
        chosen = {each.number: each for each in (*_leading(finding, exchanges, listings), *finding.exchanges)}
        in_order = [replace(chosen[number], number=place) for place, number in enumerate(sorted(chosen), 1)]
        recorded = tuple(known.disguised(Recorded.plainly(each)) for each in in_order)
        yield capsule_text(
            Capsule(
                min(each.began for each in in_order),
                recorded,
                upstream=upstream,
                expected=_SOURCES[finding.rule],
                notes=(known.text(f"{finding.rule}: {finding.message}"),),
            )
        )


def _leading(
    finding: Finding, exchanges: Sequence[Exchange], listings: Sequence[Listing]
) -> Iterator[Exchange]:
    """The last list of each task that the finding's requests name, and what changed the task since."""
    first = min((each.number for each in finding.exchanges), default=0)
    shown = {
        task.id: listing.number for listing in listings if listing.number < first for task in listing.tasks
    }
    named = {
        task_id: number
        for task_id, number in shown.items()
        if any(names(each, task_id) for each in finding.exchanges)
    }
    listed = set(named.values())
    for exchange in exchanges:
        if exchange.number < first and (exchange.number in listed or _changed(exchange, named)):
            yield exchange


def _changed(exchange: Exchange, since: dict[str, int]) -> bool:
    return exchange.method != "GET" and any(
        number < exchange.number and names(exchange, task_id) for task_id, number in since.items()
    )
