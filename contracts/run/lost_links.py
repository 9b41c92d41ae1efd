"""Groups the findings about links that no list ever shows as they were written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workerkit.contracts.relations.listed_tasks import LINK_FIELDS
from workerkit.contracts.run.ledger import Finding, Ledger

_RULE = "update-links"
# An operation and a link field.
_Place = tuple[str, str]


def lost_link_group(findings: Iterable[Finding], ledger: Ledger) -> str | None:
    """What these findings have in common: the operation and the field whose links are never listed right.

    If no operation writes a field right, the group is the field. If none writes a link right, it is `links`.
    None if one of the findings is about something else.
    """
    lost = {place for place, is_listed in ledger.listed_links.items() if not is_listed}
    groups = [_group_of(finding, lost, ledger.listed_links) for finding in findings]
    known = [group for group in groups if group is not None]
    return min(known, default=None) if len(known) == len(groups) else None


def _group_of(finding: Finding, lost: set[_Place], known: Iterable[_Place]) -> str | None:
    places = sorted(lost & set(_places(finding)))
    if not places:
        return None
    fields = {field for _, field in lost if _is_lost_everywhere(field, lost, known)}
    if fields.issuperset(LINK_FIELDS):
        return "links"
    operation, field = places[0]
    return field if field in fields else f"{operation} {field}"


def _places(finding: Finding) -> Iterator[_Place]:
    if finding.rule == _RULE:
        fields = finding.links or [field for field in LINK_FIELDS if field in finding.message]
        for write in finding.exchanges[:-1]:
            yield from ((str(write.operation), field) for field in fields if write.accepted)


def _is_lost_everywhere(field: str, lost: set[_Place], known: Iterable[_Place]) -> bool:
    places = {place for place in known if place[1] == field}
    return len(places) > 1 and places <= lost
