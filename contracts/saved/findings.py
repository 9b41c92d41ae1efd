"""Makes the files for the findings of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import repeat

from workerkit.contracts.report.report import Report, SavedFinding
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.saved.as_capsule import capsule_texts
from workerkit.contracts.saved.as_scenario import scenario_text
from workerkit.contracts.saved.task_lists import task_list_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask


def saved_findings(
    findings: Sequence[Finding],
    exchanges: Sequence[Exchange],
    report: Report,
    mask: Mask,
    *,
    with_capsules: bool,
) -> tuple[SavedFinding, ...]:
    """A scenario for each finding, and a capsule if `with_capsules` is true. The rule gives the file name.

    exchanges: all exchanges of the run.
    """
    lists = tuple(map(task_list_of, exchanges)) if findings else ()
    capsules = capsule_texts(findings, exchanges, lists, report.target) if with_capsules else repeat("")
    rule_counts: Counter[str] = Counter()
    saved = []
    for finding, capsule in zip(findings, capsules, strict=False):
        rule_counts[finding.rule] += 1
        count = rule_counts[finding.rule]
        name = finding.rule if count == 1 else f"{finding.rule}-{count}"
        saved.append(SavedFinding(name, scenario_text(finding, lists, report, mask, name), capsule))
    return tuple(saved)
