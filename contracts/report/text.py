"""A report in words: for people at a terminal and in a log."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.evidence import Evidence
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.report.sentence_report import Standing
from workerkit.contracts.sandbox.receipt import Receipt
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target

_LONGEST = 400
_MOST_WITHHELD = 5
_MOST_NUMBERS = 10
_MOST_SENTENCES = 4
_WRITES = {
    Writes.ALL: "anything may be sent: tasks, requests and accounts are changed, and not put back",
    Writes.SANDBOX: (
        "only what belongs to the sandbox is changed ({sandbox}), and put back afterwards as far as the API "
        "allows; no heartbeat, log entry or status of {other} account is sent"
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
    other = "an" if target.account_id is None else "another"
    writes = _WRITES[plan.writes].format(sandbox=_sandbox(target, plan), other=other)
    return f"Testing {target.base_url} with {most}{pace}; {writes}."


def _sandbox(target: Target, plan: Plan) -> str:
    requests = [f"tasks of the request {sandbox_request!r}" for sandbox_request in plan.sandbox_requests]
    accounts = [] if target.account_id is None else [f"the status of the account {target.account_id}"]
    return ", ".join([*requests, *(f"task {sandbox_task}" for sandbox_task in plan.sandbox_tasks), *accounts])


def report_text(report: Report) -> str:
    """The broken rules with their evidence, the untested ones with the reason, and the verdict."""
    receipt = [each if place == 0 else f"          {each}" for place, each in enumerate(receipt_of(report))]
    parts = [*_all_broken(report), *_untested(report), *remarks(report), *receipt, verdict_of(report)]
    return "\n".join(parts)


def remarks(report: Report) -> list[str]:
    """What is to be known beside the rules: sentences, silences, the end, what was withheld."""
    seen = [f"{silence} {value}" for silence, value in report.silences if value is not None]
    left_open = [f"The page leaves open, and was seen: {', '.join(seen)}."] if seen else []
    unplayed = [f"Nothing was held against a model: {report.unplayed}."] if report.unplayed else []
    ended = [f"The run ended early: {report.ended}."] if report.ended else []
    return [_sentences(report), *left_open, *unplayed, *ended, *_withheld(report)]


def receipt_of(report: Report) -> list[str]:
    """What was done in the sandbox in a line, then each thing that is left otherwise; nothing without one."""
    return [] if report.receipt is None else list(_receipt(report.receipt))


def evidence_lines(evidence: Evidence) -> list[str]:
    """An exchange in two lines: how to repeat it, and what was answered."""
    answer = json.dumps(evidence.answer, ensure_ascii=False)
    status = "no answer" if evidence.status is None else evidence.status
    return [f"#{evidence.number}  $ {_short(evidence.curl)}", f"    {status} {_short(answer)}"]


def verdict_of(report: Report) -> str:
    """The verdict in one line."""
    counts = ", ".join(f"{len(report.of(status))} {status}" for status in RuleStatus)
    return (
        f"server verdict: {report.verdict} ({counts} of {len(report.rules)} rules; "
        f"{report.requests} requests in {report.seconds:.1f} s, seed {report.seed})"
    )


def _sentences(report: Report) -> str:
    """How many of the page's sentences are kept, broken and untested, or promise nothing, in one line."""
    counts = Counter(sentence.standing for sentence in report.sentences)
    told = ", ".join(f"{counts[standing]} {standing.in_words}" for standing in Standing)
    return f"The page's sentences: {told}."


def _all_broken(report: Report) -> Iterator[str]:
    """Each broken rule with its flaws; an exchange that several of them share is shown once."""
    shown: set[int] = set()
    for rule in report.of(RuleStatus.BROKEN):
        yield f"BROKEN    {rule.id}: {rule.rule.sentence.bilingual}"
        for flaw in rule.flaws:
            yield f"          {flaw.message}"
            yield from _flaw_lines(rule, flaw, shown)
        if rule.more:
            yield f"          and {rule.more} more in the same way"


def _flaw_lines(rule: RuleReport, flaw: RuleFlaw, shown: set[int]) -> Iterator[str]:
    new = [each for each in rule.evidence if each.number in flaw.exchanges and each.number not in shown]
    old = [f"#{number}" for number in flaw.exchanges if number in shown]
    shown.update(flaw.exchanges)
    for each in new:
        yield from (f"            {line}" for line in evidence_lines(each))
    if old:
        yield f"            (shown above: {', '.join(old[:_MOST_NUMBERS])})"


def _untested(report: Report) -> Iterator[str]:
    """The untested rules by the reason, each with the first of the sentences that are untested for it."""
    rules: dict[str, list[str]] = {}
    for each in report.of(RuleStatus.UNTESTED):
        rules.setdefault(each.why, []).append(each.id)
    untested = [sentence for sentence in report.sentences if sentence.standing is Standing.UNTESTED]
    for why, ids in rules.items():
        yield f"untested  {', '.join(ids)}: {why}"
        said = [each.sentence for each in untested if why in each.why]
        yield from (f"          {each.bilingual}" for each in said[:_MOST_SENTENCES])
        if len(said) > _MOST_SENTENCES:
            more = _counted(len(said) - _MOST_SENTENCES, "more sentence")
            yield f"          and {more}, which --html and --json list"


def _receipt(receipt: Receipt) -> Iterator[str]:
    if not receipt.changes and not receipt.notes:
        yield "In the sandbox nothing was changed."
        return
    tasks = len({change.task for change in receipt.changes})
    changed = f"{_counted(tasks, 'task')} {'was' if tasks == 1 else 'were'} changed"
    back = len(receipt.changes) - len(receipt.left)
    yield f"In the sandbox {changed}, and {back} of {_counted(len(receipt.changes), 'field')} put back."
    for (task, why), fields in _left(receipt).items():
        yield f"task {task}: {', '.join(fields)} ({why})"
    yield from receipt.notes


def _left(receipt: Receipt) -> dict[tuple[str, str], list[str]]:
    left: dict[tuple[str, str], list[str]] = {}
    for each in receipt.left:
        was = "" if each.was is None and each.is_hidden else f" was {_value(each.was)},"
        left.setdefault((each.task, each.why), []).append(f"{each.field}{was} is {_value(each.now)}")
    return left


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _withheld(report: Report) -> Iterator[str]:
    if report.withheld:
        yield f"{len(report.withheld)} requests were not sent, because --writes does not allow them. {_KIT}:"
        yield from (f"          {each}" for each in report.withheld[:_MOST_WITHHELD])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
