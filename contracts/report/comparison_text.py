"""The comparison with a baseline as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workerkit.contracts.report.comparison import (
    Comparison,
    RuleChange,
    RuleChangeKind,
    SeenFieldChange,
    SilenceChange,
)
from workerkit.openapi.languages.phrase import counted_phrase, joined, phrase

_MAX_FIELDS = 30
_HEADS = {
    RuleChangeKind.NEWLY_BROKEN: phrase("newly broken"),
    RuleChangeKind.STILL_BROKEN: phrase("still broken"),
    RuleChangeKind.MENDED: phrase("mended"),
    RuleChangeKind.UNTESTED_NOW: phrase("untested now"),
    RuleChangeKind.TESTED_NOW: phrase("tested now and kept"),
}
_NOTHING = phrase("nothing has changed")


def comparison_lines(comparison: Comparison) -> list[str]:
    """A summary, then a line for each change: rules, silences and fields of answers."""
    details = [*_rule_lines(comparison), *_silence_lines(comparison), *_field_lines(comparison.fields)]
    notes = [phrase("note: {note}", note=note) for note in comparison.notes]
    return [
        phrase(
            "Compared with the baseline {name}: {summary}.",
            name=comparison.name,
            summary=_summary(comparison),
        ),
        *notes,
        *details,
    ]


def rule_change_text(change: RuleChange) -> str:
    """One sentence for the report of the rule."""
    match change.kind:
        case RuleChangeKind.STILL_BROKEN:
            return phrase("This rule was broken in the baseline, too, so it does not make the run fail.")
        case RuleChangeKind.NEWLY_BROKEN if change.before is None:
            return phrase("The baseline does not have this rule.")
    return phrase("In the baseline this rule was {status}.", status=change.before or phrase("missing"))


def _summary(comparison: Comparison) -> str:
    counts = [(len(comparison.with_kind(kind)), head) for kind, head in _HEADS.items()]
    texts = [
        counted_phrase(count, "{count} rule {change}", "{count} rules {change}", change=head)
        for count, head in counts
        if count
    ]
    if comparison.silences:
        count = len(comparison.silences)
        texts.append(counted_phrase(count, "{count} silence changed", "{count} silences changed"))
    if comparison.fields:
        count = len(comparison.fields)
        texts.append(
            counted_phrase(count, "{count} field of answers changed", "{count} fields of answers changed")
        )
    return joined(", ", texts) if texts else _NOTHING


def _rule_lines(comparison: Comparison) -> Iterator[str]:
    """One line for all rules that changed in the same way for the same reason."""
    for kind, head in _HEADS.items():
        rules: dict[str, list[str]] = {}
        for change in comparison.with_kind(kind):
            rules.setdefault(_rule_details(change), []).append(change.rule)
        yield from (joined("", (head, ": ", ", ".join(ids), details)) for details, ids in rules.items())


def _rule_details(change: RuleChange) -> str:
    if change.kind in (RuleChangeKind.MENDED, RuleChangeKind.STILL_BROKEN):
        return ""
    before = (
        phrase("not in the baseline")
        if change.before is None
        else phrase("{before} in the baseline", before=change.before)
    )
    return joined("", (" (", before, ")", *((": ", change.why) if change.why else ())))


def _silence_lines(comparison: Comparison) -> Iterator[str]:
    for change in comparison.silences:
        yield phrase(
            "changed silence: {silence}: {details}",
            silence=change.silence,
            details=_silence_details(change),
        )


def _silence_details(change: SilenceChange) -> str:
    if change.now is None:
        return phrase("{before} before, not seen now", before=change.before)
    return phrase("{before} before, {now} now", before=change.before or phrase("not seen"), now=change.now)


def _field_lines(changes: Sequence[SeenFieldChange]) -> Iterator[str]:
    yield from map(_field_line, changes[:_MAX_FIELDS])
    if len(changes) > _MAX_FIELDS:
        yield phrase("and {count} more fields of answers: see --json", count=len(changes) - _MAX_FIELDS)


def _field_line(change: SeenFieldChange) -> str:
    where = f"{change.operation} {change.status}: {change.path}"
    if not change.before:
        return phrase("new field: {where} ({types})", where=where, types=_types(change.now))
    if not change.now:
        return phrase("missing field: {where} ({types})", where=where, types=_types(change.before))
    return phrase(
        "changed field: {where} ({before} before, {now} now)",
        where=where,
        before=_types(change.before),
        now=_types(change.now),
    )


def _types(types: Sequence[str]) -> str:
    return joined(phrase(" or "), types)
