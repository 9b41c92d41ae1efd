"""A report in words: for people at a terminal and in a log."""

from __future__ import annotations

import json
import textwrap

from workerkit.contracts.evidence import Evidence
from workerkit.contracts.plan import Plan, Writes
from workerkit.contracts.report import Report, RuleReport
from workerkit.contracts.rules import Status
from workerkit.contracts.target import Target

_LONGEST = 400
_WRITES = {
    Writes.ALL: "anything may be sent: its tasks, requests and accounts will be changed",
    Writes.NONE: "nothing that a correct server acts on is sent: lists, and requests it must refuse",
}


def intention(target: Target, plan: Plan) -> str:
    """What a run is about to do, said before it begins."""
    most = (
        "as many requests as it takes"
        if plan.max_requests is None
        else f"at most {plan.max_requests} requests"
    )
    pace = "" if plan.rate is None else f", {plan.rate:g} a second"
    return f"Testing {target.base_url} with {most}{pace}; {_WRITES[plan.writes]}."


def told(report: Report) -> str:
    """The broken rules with their evidence, the untested ones with the reason, and the verdict."""
    broken = [_broken(each) for each in report.of(Status.BROKEN)]
    untested = [f"untested  {each.id}: {each.why}" for each in report.of(Status.UNTESTED)]
    seen = [f"{silence} {value}" for silence, value in report.silences if value is not None]
    left_open = [f"The page leaves open, and was seen: {', '.join(seen)}."] if seen else []
    ended = [f"The run ended early: {report.ended}."] if report.ended else []
    return "\n".join([*broken, *untested, *left_open, *ended, _verdict(report)])


def _broken(rule: RuleReport) -> str:
    head = f"BROKEN    {rule.id}: {rule.why}\n          The page: {rule.source}"
    return "\n".join([head, *(textwrap.indent(_evidence(each), " " * 10) for each in rule.evidence)])


def _evidence(evidence: Evidence) -> str:
    answer = json.dumps(evidence.answer, ensure_ascii=False)
    status = "no answer" if evidence.status is None else evidence.status
    return f"$ {_short(evidence.curl)}\n  {status} {_short(answer)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _verdict(report: Report) -> str:
    counts = ", ".join(f"{len(report.of(status))} {status}" for status in Status)
    return (
        f"server verdict: {report.verdict} ({counts} of {len(report.rules)} rules; "
        f"{report.requests} requests in {report.seconds:.1f} s, seed {report.seed})"
    )
