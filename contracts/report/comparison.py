"""Compares a run with a baseline: rules, silences and fields of answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workerkit.contracts.page.rules import RULE_IDS, RuleStatus
from workerkit.contracts.report.baseline import Baseline
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.report.seen_fields import LEFT_OUT, SeenFields
from workerkit.contracts.report.silence_report import SilenceReport

# The path of each field with its types.
Fields = Mapping[str, tuple[str, ...]]


class RuleChangeKind(StrEnum):
    """How a rule differs from the baseline.

    NEWLY_BROKEN: broken now, and not broken in the baseline. Only this makes a run fail.
    STILL_BROKEN: broken now and in the baseline.
    MENDED: broken in the baseline, and kept now.
    UNTESTED_NOW: kept or broken in the baseline, and untested now.
    TESTED_NOW: untested or missing in the baseline, and kept now.
    """

    NEWLY_BROKEN = "newly-broken"
    STILL_BROKEN = "still-broken"
    MENDED = "mended"
    UNTESTED_NOW = "untested-now"
    TESTED_NOW = "tested-now"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that differs from the baseline, or that is broken in both.

    rule: the id of the rule.
    kind: how it differs.
    before: its status in the baseline. None if the baseline does not have the rule.
    now: its status in this run.
    why: the reason of the status now.
    """

    rule: str
    kind: RuleChangeKind
    before: RuleStatus | None
    now: RuleStatus
    why: str

    @property
    def before_text(self) -> str:
        """The status in the baseline, in words."""
        return "missing" if self.before is None else str(self.before)

    def as_json(self) -> dict[str, Any]:
        """The change as an object of the JSON report."""
        return {
            "id": self.rule,
            "change": str(self.kind),
            "before": self.before and str(self.before),
            "now": str(self.now),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class SilenceChange:
    """A silence whose observed value differs from the baseline. None means that no value was observed."""

    silence: str
    before: str | None
    now: str | None

    def as_json(self) -> dict[str, Any]:
        """The change as an object of the JSON report."""
        return {"id": self.silence, "before": self.before, "now": self.now}


@dataclass(frozen=True, slots=True)
class SeenFieldChange:
    """A field of answers that differs from the baseline.

    operation: the operation.
    status: the HTTP status of the answers.
    path: the path of the field, for example `data[].id`.
    before: the types that the field had in the baseline. Empty for a new field.
    now: the types that the field has now. Empty for a missing field.
    """

    operation: str
    status: str
    path: str
    before: tuple[str, ...]
    now: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The change as an object of the JSON report."""
        return {
            "operation": self.operation,
            "status": self.status,
            "path": self.path,
            "before": list(self.before),
            "now": list(self.now),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a run differs from its baseline.

    name: the file of the baseline.
    notes: why the run and the baseline may differ although the server has not changed.
    rules: the rules that differ, and the rules that are broken in both, in the order of the API page.
    silences: the silences that differ.
    fields: the fields of answers that differ.
    """

    name: str
    notes: tuple[str, ...]
    rules: tuple[RuleChange, ...]
    silences: tuple[SilenceChange, ...]
    fields: tuple[SeenFieldChange, ...]

    def with_kind(self, kind: RuleChangeKind) -> tuple[RuleChange, ...]:
        """The rules that differ in this way."""
        return tuple(change for change in self.rules if change.kind is kind)

    def change_of(self, rule: str) -> RuleChange | None:
        """How this rule differs. None if it does not differ."""
        return next((change for change in self.rules if change.rule == rule), None)

    def as_json(self) -> dict[str, Any]:
        """The comparison as an object of the JSON report."""
        return {
            "file": self.name,
            "notes": list(self.notes),
            "rules": [change.as_json() for change in self.rules],
            "silences": [change.as_json() for change in self.silences],
            "fields": [change.as_json() for change in self.fields],
        }


def compare(
    baseline: Baseline,
    target: str,
    rules: Iterable[RuleReport],
    silences: Iterable[SilenceReport],
    fields: SeenFields,
) -> Comparison:
    """Compares the results of a run with a baseline.

    target: the base URL of the server that this run has tested.
    rules: the reports of all rules.
    silences: the reports of all silences.
    fields: the seen fields of this run.
    """
    changes = (_rule_change(baseline, rule) for rule in rules)
    return Comparison(
        name=baseline.name,
        notes=tuple(_notes(baseline, target)),
        rules=tuple(change for change in changes if change is not None),
        silences=tuple(_silence_changes(baseline, silences)),
        fields=tuple(_field_changes(baseline.fields, fields)),
    )


def _notes(baseline: Baseline, target: str) -> Iterator[str]:
    if baseline.target != target:
        yield f"the baseline is of another target, {baseline.target}"
    if baseline.end_reason:
        yield f"the run of the baseline ended early: {baseline.end_reason}"
    unknown = sorted(baseline.statuses.keys() - RULE_IDS)
    if unknown:
        yield f"the baseline has rules that this version of workerkit does not have: {', '.join(unknown)}"


def _rule_change(baseline: Baseline, rule: RuleReport) -> RuleChange | None:
    before = baseline.statuses.get(rule.id)
    kind = _kind(before, rule.status)
    return None if kind is None else RuleChange(rule.id, kind, before, rule.status, rule.why)


def _kind(before: RuleStatus | None, now: RuleStatus) -> RuleChangeKind | None:
    was_broken = before is RuleStatus.BROKEN
    if now is RuleStatus.BROKEN:
        return RuleChangeKind.STILL_BROKEN if was_broken else RuleChangeKind.NEWLY_BROKEN
    was_tested = before in (RuleStatus.KEPT, RuleStatus.BROKEN)
    if now is RuleStatus.UNTESTED:
        return RuleChangeKind.UNTESTED_NOW if was_tested else None
    if was_broken:
        return RuleChangeKind.MENDED
    return None if was_tested else RuleChangeKind.TESTED_NOW


def _silence_changes(baseline: Baseline, silences: Iterable[SilenceReport]) -> Iterator[SilenceChange]:
    for silence in silences:
        before, now = baseline.silences.get(silence.silence), silence.observed
        # The run does not look for a value that --dialect gives.
        if before != now and not (now is None and silence.stated):
            yield SilenceChange(silence.silence, before, now)


def _field_changes(before: SeenFields, now: SeenFields) -> Iterator[SeenFieldChange]:
    """The changed fields of each operation and status that both runs have seen."""
    for operation, statuses in now.items():
        for status, fields in statuses.items():
            known = before.get(operation, {}).get(status)
            if known is not None and LEFT_OUT not in known and LEFT_OUT not in fields:
                for path in _changed_paths(known, fields):
                    types = known.get(path, ()), fields.get(path, ())
                    yield SeenFieldChange(operation, status, path, *types)


def _changed_paths(before: Fields, now: Fields) -> Iterator[str]:
    for path in sorted(before.keys() | now.keys()):
        if path not in before or path not in now:
            is_changed = _has_seen_parent(path, before, now)
        else:
            is_changed = before[path] != now[path]
        if is_changed:
            yield path


def _has_seen_parent(path: str, before: Fields, now: Fields) -> bool:
    """False for the members of an empty list, and for all fields inside a new or missing field."""
    if path.endswith("[]"):
        return False
    parent = path.rpartition(".")[0]
    return not parent or (parent in before and parent in now)
