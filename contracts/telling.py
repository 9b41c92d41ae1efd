"""A report in words: for people at a terminal and in a log."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from workerkit.contracts.evidence import Evidence
from workerkit.contracts.plan import Plan, Writes
from workerkit.contracts.receipt import Receipt
from workerkit.contracts.report import Report, RuleReport
from workerkit.contracts.rules import Status
from workerkit.contracts.target import Target

_LONGEST = 400
_MOST_WITHHELD = 5
_WRITES = {
    Writes.ALL: "anything may be sent: tasks, requests and accounts are changed, and not put back",
    Writes.SANDBOX: (
        "only what belongs to the sandbox is changed ({sandbox}), and put back afterwards as far as the API "
        "allows; no heartbeat, log entry or status of an account is sent"
    ),
    Writes.NONE: "nothing that a correct server acts on is sent: lists, and requests it must refuse",
}
_KIT = "That is a defect of the kit, please report it"


def intention(target: Target, plan: Plan) -> str:
    """What a run is about to do, said before it begins."""
    most = (
        "as many requests as it takes"
        if plan.max_requests is None
        else f"at most {plan.max_requests} requests"
    )
    pace = "" if plan.rate is None else f", {plan.rate:g} a second"
    writes = _WRITES[plan.writes].format(sandbox=_sandbox(plan))
    return f"Testing {target.base_url} with {most}{pace}; {writes}."


def _sandbox(plan: Plan) -> str:
    requests = [f"tasks of the request {each!r}" for each in plan.sandbox_requests]
    return ", ".join([*requests, *(f"task {each}" for each in plan.sandbox_tasks)])


def told(report: Report) -> str:
    """The broken rules with their evidence, the untested ones with the reason, and the verdict."""
    broken = [_broken(each) for each in report.of(Status.BROKEN)]
    untested = [f"untested  {', '.join(rules)}: {why}" for why, rules in _untested(report).items()]
    seen = [f"{silence} {value}" for silence, value in report.silences if value is not None]
    left_open = [f"The page leaves open, and was seen: {', '.join(seen)}."] if seen else []
    ended = [f"The run ended early: {report.ended}."] if report.ended else []
    return "\n".join(
        [
            *broken,
            *untested,
            *left_open,
            *_receipt(report.receipt),
            *ended,
            *_withheld(report),
            _verdict(report),
        ]
    )


def _untested(report: Report) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for each in report.of(Status.UNTESTED):
        reasons.setdefault(each.why, []).append(each.id)
    return reasons


def _receipt(receipt: Receipt | None) -> Iterator[str]:
    if receipt is None:
        return
    if not receipt.changes and not receipt.notes:
        yield "In the sandbox nothing was changed."
        return
    tasks = len({each.task for each in receipt.changes})
    back = len(receipt.changes) - len(receipt.left)
    yield f"In the sandbox {tasks} tasks were changed, and {back} of {len(receipt.changes)} fields put back."
    for (task, why), fields in _left(receipt).items():
        yield f"          task {task}: {', '.join(fields)} ({why})"
    yield from (f"          {note}" for note in receipt.notes)


def _left(receipt: Receipt) -> dict[tuple[str, str], list[str]]:
    left: dict[tuple[str, str], list[str]] = {}
    for each in receipt.left:
        was = "" if each.was is None and each.is_hidden else f" was {_value(each.was)},"
        left.setdefault((each.task, each.why), []).append(f"{each.field}{was} is {_value(each.now)}")
    return left


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _withheld(report: Report) -> Iterator[str]:
    if report.withheld:
        yield f"{len(report.withheld)} requests were not sent, because --writes does not allow them. {_KIT}:"
        yield from (f"          {each}" for each in report.withheld[:_MOST_WITHHELD])


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
