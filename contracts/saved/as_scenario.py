"""A finding as a scenario that the mock plays: the tasks that it concerns, in the dialect that was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.report.evidence import Evidence
from workerkit.contracts.report.report import Report
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.saved.listings import NAMELESS, Listed, Listing, names
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.fields.vocabulary import documented

_MOST_TASKS = 20
_MOST_EXCHANGES = 20
# Not the account's fields, which are secrets or close to them: the mock makes up its own.
_FIELDS = (
    *("id", "status", "service_type", "site_name", "link_profile", "link_post", "retry_count"),
    *("max_retries", "request_name", "config"),
)


def saved_scenario(
    finding: Finding, listings: Sequence[Listing], report: Report, mask: Mask, name: str
) -> str:
    """The file of a finding's scenario, which has this name; the listings are all of the run."""
    lines = [*_story(finding, report, mask, name), *_world(finding, listings, report, mask)]
    return "\n".join(lines) + "\n"


def _story(finding: Finding, report: Report, mask: Mask, name: str) -> Iterator[str]:
    message, rule = mask.text(finding.message), next(each for each in report.rules if each.id == finding.rule)
    yield from _comment(f"What workerkit conform found at {report.target}, with the seed {report.seed}.")
    yield from _comment(f"Rule {rule.id}; the page says: {rule.rule.source}")
    yield from _comment(f"Seen: {message}")
    yield "#"
    yield from _comment("The requests in their order; the mock answers them as the page says:")
    yield from _comment(f"$ workerkit serve --scenario {name}.yaml")
    shown = {each.number: each for each in rule.evidence}
    for exchange in finding.exchanges[:_MOST_EXCHANGES]:
        yield from _exchange(shown[exchange.number])
    yield f"title: {_value(f'A server broke the rule {rule.id}')}"
    yield f"about: {_value(f'{message}. The page: {rule.rule.source}')}"


def _world(finding: Finding, listings: Sequence[Listing], report: Report, mask: Mask) -> Iterator[str]:
    yield "world:"
    seen = {name: value for name, value in report.silences if value is not None}
    if seen:
        yield "  dialect:"
        yield from (f"    {name}: {_value(value)}" for name, value in seen.items())
    tasks = _tasks(finding, listings)
    yield "  servers:"
    for server in dict.fromkeys(each.server for each in tasks) or [NAMELESS]:
        yield f"    - {{name: {_value(server)}}}"
    if tasks:
        yield "  tasks:"
    for task in tasks:
        yield f"    - {_value({'count': 1, 'server': task.server, **_fields(mask.value(task.task))})}"


def _exchange(evidence: Evidence) -> Iterator[str]:
    yield "#"
    yield from _comment(f"#{evidence.number}  $ {evidence.curl}")
    status = "no answer" if evidence.status is None else evidence.status
    yield from _comment(f"    {status} {_value(evidence.answer)}")


def _tasks(finding: Finding, listings: Sequence[Listing]) -> list[Listed]:
    """The tasks that the finding's requests name or, where they name none, those that their answers list.

    Each is as the target listed it last before the finding's first exchange, or else first after it.
    """
    numbers = {exchange.number for exchange in finding.exchanges}
    known: dict[str, Listed] = {}
    for listing in listings:
        for task in listing.tasks:
            if listing.number < min(numbers, default=0) or task.id not in known:
                known[task.id] = task
    named = [task_id for task_id in known if any(names(exchange, task_id) for exchange in finding.exchanges)]
    shown = [each.id for listing in listings if listing.number in numbers for each in listing.tasks]
    chosen = named or list(dict.fromkeys(shown))
    return [known[each] for each in chosen if each in known][:_MOST_TASKS]


def _fields(task: Task) -> dict[str, Any]:
    """What a scenario may say of a task, as far as it is what the page allows."""
    words = documented()
    given = {name: task[name] for name in _FIELDS if task.get(name) is not None}
    return {name: value for name, value in given.items() if words.flaw_of_task_field(name, value) is None}


def _value(value: Any) -> str:
    """A value as JSON on one line, which YAML reads as it is."""
    return render(value).decode()


def _comment(text: str) -> Iterator[str]:
    shown = "".join(each if each.isprintable() else " " for each in text)
    yield f"# {shown}"
