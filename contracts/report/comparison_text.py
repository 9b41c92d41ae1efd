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

_MAX_FIELDS = 30
_HEADS = {
    RuleChangeKind.NEWLY_BROKEN: "newly broken",
    RuleChangeKind.STILL_BROKEN: "still broken",
    RuleChangeKind.MENDED: "mended",
    RuleChangeKind.UNTESTED_NOW: "untested now",
    RuleChangeKind.TESTED_NOW: "tested now and kept",
}
_NOTHING = "nothing has changed"


def comparison_lines(comparison: Comparison) -> list[str]:
    """A summary, then a line for each change: rules, silences and fields of answers."""
    details = [*_rule_lines(comparison), *_silence_lines(comparison), *_field_lines(comparison.fields)]
    notes = [f"note: {note}" for note in comparison.notes]
    return [f"Compared with the baseline {comparison.name}: {_summary(comparison)}.", *notes, *details]


def rule_change_text(change: RuleChange) -> str:
    """One sentence for the report of the rule."""
    match change.kind:
        case RuleChangeKind.STILL_BROKEN:
            return "This rule was broken in the baseline, too, so it does not make the run fail."
        case RuleChangeKind.NEWLY_BROKEN if change.before is None:
            return "The baseline does not have this rule."
    return f"In the baseline this rule was {change.before or 'missing'}."


def _summary(comparison: Comparison) -> str:
    counts = [(len(comparison.with_kind(kind)), head) for kind, head in _HEADS.items()]
    texts = [_counted(count, "rule", head) for count, head in counts if count]
    if comparison.silences:
        texts.append(_counted(len(comparison.silences), "silence", "changed"))
    if comparison.fields:
        texts.append(_counted(len(comparison.fields), "field", "of answers changed"))
    return ", ".join(texts) or _NOTHING


def _rule_lines(comparison: Comparison) -> Iterator[str]:
    """One line for all rules that changed in the same way for the same reason."""
    for kind, head in _HEADS.items():
        rules: dict[str, list[str]] = {}
        for change in comparison.with_kind(kind):
            rules.setdefault(_rule_details(change), []).append(change.rule)
        yield from (f"{head}: {', '.join(ids)}{details}" for details, ids in rules.items())


def _rule_details(change: RuleChange) -> str:
    if change.kind in (RuleChangeKind.MENDED, RuleChangeKind.STILL_BROKEN):
        return ""
    before = "not in the baseline" if change.before is None else f"{change.before} in the baseline"
    return f" ({before})" + (f": {change.why}" if change.why else "")


def _silence_lines(comparison: Comparison) -> Iterator[str]:
    for change in comparison.silences:
        yield f"changed silence: {change.silence}: {_silence_details(change)}"


def _silence_details(change: SilenceChange) -> str:
    if change.now is None:
        return f"{change.before} before, not seen now"
    return f"{change.before or 'not seen'} before, {change.now} now"


def _field_lines(changes: Sequence[SeenFieldChange]) -> Iterator[str]:
    yield from map(_field_line, changes[:_MAX_FIELDS])
    if len(changes) > _MAX_FIELDS:
        yield f"and {len(changes) - _MAX_FIELDS} more fields of answers: see --json"


def _field_line(change: SeenFieldChange) -> str:
    where = f"{change.operation} {change.status}: {change.path}"
    if not change.before:
        return f"new field: {where} ({_types(change.now)})"
    if not change.now:
        return f"missing field: {where} ({_types(change.before)})"
    return f"changed field: {where} ({_types(change.before)} before, {_types(change.now)} now)"


def _types(types: Sequence[str]) -> str:
    return " or ".join(types)


def _counted(count: int, noun: str, what: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'} {what}"
