"""Findings as files, for those who want to see them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import repeat

from workerkit.contracts.report.report import Report, SavedFinding
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.saved.as_capsule import saved_capsules
from workerkit.contracts.saved.as_scenario import saved_scenario
from workerkit.contracts.saved.listings import listing_of
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
    """A scenario and, where asked for, a capsule for each finding, named after its rule.

    The exchanges are all of the run.
    """
    listings = tuple(map(listing_of, exchanges)) if findings else ()
    capsules = saved_capsules(findings, exchanges, listings, report.target) if with_capsules else repeat("")
    taken: Counter[str] = Counter()
    saved = []
    for each, capsule in zip(findings, capsules, strict=False):
        taken[each.rule] += 1
        name = each.rule if taken[each.rule] == 1 else f"{each.rule}-{taken[each.rule]}"
        saved.append(SavedFinding(name, saved_scenario(each, listings, report, mask, name), capsule))
    return tuple(saved)
