"""The report as text, for a terminal or a log."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.cause_report import CauseReport
from workerkit.contracts.report.comparison_text import comparison_lines
from workerkit.contracts.report.evidence import Evidence
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.rule_report import RuleFlaw
from workerkit.contracts.report.sentence_report import SentenceStatus
from workerkit.contracts.sandbox.receipt import Receipt
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.mockserver.reports.report import more_phrase
from workerkit.openapi.formats.visible_text import visible_line
from workerkit.openapi.languages.phrase import changed_text, counted_phrase, joined, phrase

_MAX_LINE_LENGTH = 400
_MAX_WITHHELD = 5
_MAX_NUMBERS = 10
_MAX_SENTENCES = 4
_MAX_CAUSES = 10
_INDENT = " " * 10
_SILENCES_TITLE = phrase("The API page leaves these points open. This server behaves as follows:")
_DEFECT = phrase("This is a defect of workerkit, please report it")


def plan_text(target: Target, plan: Plan) -> str:
    """One line that tells what the run will do. It is printed before the run."""
    limit = (
        phrase("no limit on the number of requests")
        if plan.max_requests is None
        else phrase("at most {max_requests} requests", max_requests=plan.max_requests)
    )
    per_second = plan.rate_to(target)
    rate = "" if per_second is None else phrase(", {number:g} a second", number=per_second)
    return phrase(
        "Testing {base_url} with {limit}{rate}. {writes}",
        base_url=target.base_url,
        limit=limit,
        rate=rate,
        writes=_writes_text(target, plan),
    )


def _writes_text(target: Target, plan: Plan) -> str:
    """What the run may change."""
    match Writes(plan.writes):
        case Writes.ALL:
            return phrase(
                "The run may change all tasks, customers' requests and accounts on the server. It does not "
                "put the old values back."
            )
        case Writes.NONE:
            return phrase(
                "The run changes nothing: it sends only GET /tasks, and requests that a correct server "
                "refuses."
            )
    return phrase(
        "The run changes only the sandbox ({sandbox}). Afterwards it puts the old values of the tasks back, "
        "as far as the API allows. It does not change heartbeats, logs or the status of {other_account}.",
        sandbox=_sandbox_text(target, plan),
        other_account=phrase("an account") if target.account_id is None else phrase("another account"),
    )


def _sandbox_text(target: Target, plan: Plan) -> str:
    requests = [
        phrase("the tasks and the status of the request {name!r}", name=name)
        for name in plan.sandbox_requests
    ]
    tasks = [phrase("task {id}", id=task_id) for task_id in plan.sandbox_tasks]
    accounts = (
        []
        if target.account_id is None
        else [phrase("the status of the account {account_id}", account_id=target.account_id)]
    )
    return joined(", ", [*requests, *tasks, *accounts])


def report_text(report: Report) -> str:
    """The broken rules with their exchanges, the untested rules with the reasons, notes, and the verdict."""
    # If there is only one cause, the text begins with it.
    fix_first = list(_fix_first(report)) if len(report.causes) > 1 else []
    receipt = receipt_lines(report)
    lines = [
        *fix_first[:1],
        *(_INDENT + line for line in fix_first[1:]),
        *_broken_rules(report),
        *_untested_rules(report),
        _sentence_counts(report),
        *_silence_list(report),
        *_other_notes(report),
        *receipt[:1],
        *(_INDENT + line for line in receipt[1:]),
        *_comparison(report),
        verdict_line(report),
    ]
    return "\n".join(map(visible_line, lines))


def report_notes(report: Report) -> list[str]:
    """Notes about the whole run, for a report in which each note is one line."""
    values = ", ".join(_known_silences(report))
    silences = [joined("", (_SILENCES_TITLE, f" {values}."))] if values else []
    return [_sentence_counts(report), *silences, *_other_notes(report)]


def receipt_lines(report: Report) -> list[str]:
    """The changes in the sandbox: a summary, then a line for each task with changes that were not put back.

    Without a sandbox there are no lines.
    """
    return [] if report.receipt is None else list(_receipt(report.receipt))


def fix_first_heading(report: Report) -> str:
    """A sentence with the number of the causes. Empty without a finding."""
    if not report.causes:
        return ""
    order = phrase(" The cause that breaks the most rules is the first.") if len(report.causes) > 1 else ""
    causes = counted_phrase(len(report.causes), "{count} cause", "{count} causes")
    return phrase("Fix first: {causes}.{order}", causes=causes, order=order)


def cause_extent(cause: CauseReport) -> str:
    """How many rules a cause breaks. Empty if it breaks only one."""
    return phrase("breaks {count} rules", count=len(cause.rules)) if len(cause.rules) > 1 else ""


def cause_message(cause: CauseReport) -> str:
    """The message of the finding that shows the cause best. It has at most 400 characters."""
    return _shortened(cause.flaw.message)


def mending_hint(rule_id: str) -> str:
    """A sentence that names the command which explains a rule."""
    return phrase(
        "What this rule means, with a wrong and the right answer: workerkit rule show {rule}", rule=rule_id
    )


def evidence_lines(evidence: Evidence) -> list[str]:
    """An exchange in two lines: a curl command for the request, and the answer."""
    return [f"#{evidence.number}  $ {evidence.curl}", "    " + answer_text(evidence)]


def answer_text(evidence: Evidence) -> str:
    """The status and the body of the answer in one line."""
    if evidence.status is None:
        return phrase("no answer")
    answer = _shortened(_json(evidence.answer))
    return phrase("answer: {status} {answer}", status=evidence.status, answer=answer)


def verdict_line(report: Report) -> str:
    """The verdict in one line."""
    counts = joined(", ", (f"{len(report.with_status(status))} " + status.text for status in RuleStatus))
    compared = "" if report.comparison is None else phrase(", compared with the baseline")
    return phrase(
        "server verdict: {verdict}{compared} ({counts} of {total} rules; {requests} "
        "requests in {seconds:.1f} s, seed {seed})",
        verdict=report.verdict,
        compared=compared,
        counts=counts,
        total=len(report.rules),
        requests=report.requests,
        seconds=report.seconds,
        seed=report.seed,
    )


def _comparison(report: Report) -> Iterator[str]:
    if report.comparison is not None:
        summary, *details = comparison_lines(report.comparison)
        yield summary
        yield from (_INDENT + line for line in details)


def _sentence_counts(report: Report) -> str:
    counts = Counter(sentence.status for sentence in report.sentences)
    text = joined(", ", (f"{counts[status]} " + status.text for status in SentenceStatus))
    return phrase("Sentences of the API page: {text}.", text=text)


def _silence_list(report: Report) -> Iterator[str]:
    values = _known_silences(report)
    if values:
        yield _SILENCES_TITLE
        yield from (_INDENT + value for value in values)


def _known_silences(report: Report) -> list[str]:
    return [f"{silence}: {value}" for silence, value in report.observed_values if value is not None]


def _costs(report: Report) -> Iterator[str]:
    """How many requests each part of the run sent, and what the limit of the run left out."""
    if report.costs:
        costs = joined(", ", (cost.name + f" {cost.requests}" for cost in report.costs))
        yield phrase("Requests: {costs}.", costs=costs)
    short = [cost for cost in report.costs if cost.share < 1]
    if short:
        shares = (phrase("{share:.0%} of the {name}", share=cost.share, name=cost.name) for cost in short)
        parts = joined(", ", shares)
        yield phrase(
            "The limit of requests left room for only {parts}: give a higher --max-requests to test more.",
            parts=parts,
        )


def _other_notes(report: Report) -> Iterator[str]:
    yield from (phrase("Note: {note}.", note=note) for note in report.notes)
    yield from _costs(report)
    if report.no_episodes_reason:
        yield phrase(
            "No answers were compared with a model: {reason}.",
            reason=report.no_episodes_reason,
        )
    if report.end_reason:
        yield phrase("The run ended early: {reason}.", reason=report.end_reason)
    if report.trouble:
        yield report.trouble + "."
    yield from _withheld(report)


def _broken_rules(report: Report) -> Iterator[str]:
    """Each cause under its rule. If several causes have the same exchange, it is printed only once."""
    numbers: set[int] = set()
    rules = {rule.id: rule for rule in report.rules}
    evidence = {item.number: item for rule in report.rules for item in rule.evidence}
    for place, cause in enumerate(report.causes, 1):
        sentence = rules[cause.rule].rule.sentence.bilingual
        yield phrase("BROKEN    {rule}: {sentence}", rule=cause.rule, sentence=sentence)
        yield f"{_INDENT}{place}. " + cause.flaw.message
        yield from _exchange_lines(cause.flaw, evidence, numbers)
        if cause.followers:
            followers = _followers_text(cause)
            yield _INDENT + phrase("The same mistake also breaks: {followers}", followers=followers)
        yield _INDENT + mending_hint(cause.rule)


def _followers_text(cause: CauseReport) -> str:
    """The rules that are broken by the same mistake, each with the number of its findings."""
    counts = Counter(rule for rule, _ in cause.followers)
    findings = (
        counted_phrase(count, "{rule} ({count} finding)", "{rule} ({count} findings)", rule=rule)
        for rule, count in counts.items()
    )
    return joined(", ", findings)


def _fix_first(report: Report) -> Iterator[str]:
    yield fix_first_heading(report)
    for place, cause in enumerate(report.causes[:_MAX_CAUSES], 1):
        extent = (" (", cause_extent(cause), ")") if cause_extent(cause) else ()
        yield joined("", (f"{place}. {cause.rule}", *extent, ": ", cause_message(cause)))
    if len(report.causes) > _MAX_CAUSES:
        yield more_phrase(len(report.causes) - _MAX_CAUSES)


def _exchange_lines(
    flaw: RuleFlaw, evidence: Mapping[int, Evidence], printed_numbers: set[int]
) -> Iterator[str]:
    """The exchanges of a flaw. Adds their numbers to `printed_numbers`."""
    for number in flaw.exchanges:
        if number in evidence and number not in printed_numbers:
            yield from (f"{_INDENT}  " + line for line in evidence_lines(evidence[number]))
    above = [f"#{number}" for number in flaw.exchanges if number in printed_numbers]
    printed_numbers.update(flaw.exchanges)
    if above:
        numbers = ", ".join(above[:_MAX_NUMBERS])
        yield f"{_INDENT}  " + phrase("(see above: {numbers})", numbers=numbers)


def _untested_rules(report: Report) -> Iterator[str]:
    """The untested rules, grouped by the reason. Each group has the first sentences with this reason."""
    rule_ids: dict[str, list[str]] = {}
    for rule in report.with_status(RuleStatus.UNTESTED):
        rule_ids.setdefault(rule.why, []).append(rule.id)
    untested = [sentence for sentence in report.sentences if sentence.status is SentenceStatus.UNTESTED]
    for why, ids in rule_ids.items():
        yield phrase("untested  {rules}: {why}", rules=", ".join(ids), why=why)
        sentences = [report.sentence for report in untested if why in report.why]
        yield from (_INDENT + sentence.bilingual for sentence in sentences[:_MAX_SENTENCES])
        if len(sentences) > _MAX_SENTENCES:
            yield _INDENT + counted_phrase(
                len(sentences) - _MAX_SENTENCES,
                "and {count} more sentence: see --html or --json",
                "and {count} more sentences: see --html or --json",
            )


def _receipt(receipt: Receipt) -> Iterator[str]:
    if not receipt.changes and not receipt.notes:
        yield phrase("In the sandbox the run changed nothing.")
        return
    tasks = len({change.task for change in receipt.changes})
    count = len(receipt.changes) - len(receipt.not_put_back)
    fields = len(receipt.changes)
    yield phrase(
        "In the sandbox the run changed {tasks}. It put back {count} of {fields}.",
        tasks=counted_phrase(tasks, "{count} task", "{count} tasks"),
        count=count,
        fields=counted_phrase(fields, "{count} field", "{count} fields"),
    )
    for (task_id, why), changes in _unrestored_fields(receipt).items():
        yield phrase(
            "not put back: task {task_id}: {changes} ({why})",
            task_id=task_id,
            changes=joined(", ", changes),
            why=why,
        )
    yield from receipt.notes


def _unrestored_fields(receipt: Receipt) -> dict[tuple[str, str], list[str]]:
    """The fields that were not put back, by task id and reason."""
    changes: dict[tuple[str, str], list[str]] = {}
    for change in receipt.not_put_back:
        before = (
            ""
            if change.before is None and change.is_hidden
            else phrase(" was {value},", value=_json(change.before))
        )
        text = phrase(
            "{field}{before} is now {value}", field=change.field, before=before, value=_json(change.after)
        )
        changes.setdefault((change.task, change.why), []).append(text)
    return changes


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _withheld(report: Report) -> Iterator[str]:
    if report.withheld:
        yield counted_phrase(
            len(report.withheld),
            "{count} request not sent, because --writes does not allow this. {defect}:",
            "{count} requests not sent, because --writes does not allow this. {defect}:",
            defect=_DEFECT,
        )
        yield from (_INDENT + request for request in report.withheld[:_MAX_WITHHELD])


def _shortened(text: str) -> str:
    return changed_text(
        text, lambda text: text if len(text) <= _MAX_LINE_LENGTH else f"{text[:_MAX_LINE_LENGTH]}..."
    )
