"""Makes a scenario from a finding: the tasks of the finding, and the observed dialect of the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.report.evidence import Evidence
from workerkit.contracts.report.report import Report
from workerkit.contracts.run.ledger import Finding
from workerkit.contracts.saved.task_lists import DEFAULT_SERVER_NAME, ListedTask, TaskList, names_task
from workerkit.mockserver.capsules.file.body import json_line
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.fields.vocabulary import api_vocabulary

_MAX_TASKS = 20
_MAX_EXCHANGES = 20
# Without the fields of the account, which may be secrets. The mock makes its own accounts.
_FIELDS = (
    *("id", "status", "service_type", "site_name", "link_profile", "link_post", "retry_count"),
    *("max_retries", "request_name", "config"),
)


def scenario_text(finding: Finding, lists: Sequence[TaskList], report: Report, mask: Mask, name: str) -> str:
    """The text of a scenario file for a finding.

    lists: all task lists of the run.
    name: the name of the file, without its ending.
    """
    lines = [*_description(finding, report, mask, name), *_world(finding, lists, report, mask)]
    return "\n".join(lines) + "\n"


def _description(finding: Finding, report: Report, mask: Mask, name: str) -> Iterator[str]:
    message = mask.text(finding.message)
    rule = next(rule for rule in report.rules if rule.id == finding.rule)
    yield from _comment(f"`workerkit conform` found this at {report.target}, with the seed {report.seed}.")
    yield from _comment(f"Rule {rule.id}. The API page says: {rule.rule.source}")
    yield from _comment(f"Seen: {message}")
    yield "#"
    yield from _comment("These are the requests, in their order. The mock answers them as the API page says:")
    yield from _comment(f"$ workerkit serve --scenario {name}.yaml")
    evidence_by_number = {evidence.number: evidence for evidence in rule.evidence}
    for exchange in finding.exchanges[:_MAX_EXCHANGES]:
        yield from _exchange_comment(evidence_by_number[exchange.number])
    yield f"title: {json_line(f'A server broke the rule {rule.id}')}"
    yield f"about: {json_line(f'{message}. The API page says: {rule.rule.source}')}"


def _world(finding: Finding, lists: Sequence[TaskList], report: Report, mask: Mask) -> Iterator[str]:
    yield "world:"
    choices = {name: value for name, value in report.observed_values if value is not None}
    if choices:
        yield "  dialect:"
        yield from (f"    {name}: {json_line(value)}" for name, value in choices.items())
    tasks = _tasks(finding, lists)
    yield "  servers:"
    for server in dict.fromkeys(task.server for task in tasks) or [DEFAULT_SERVER_NAME]:
        yield f"    - {{name: {json_line(server)}}}"
    if tasks:
        yield "  tasks:"
    for task in tasks:
        fields = {"count": 1, "server": task.server, **_valid_fields(mask.value(task.task))}
        yield f"    - {json_line(fields)}"


def _exchange_comment(evidence: Evidence) -> Iterator[str]:
    yield "#"
    yield from _comment(f"#{evidence.number}  $ {evidence.curl}")
    has_answer = evidence.status is not None
    answer = f"answer: {evidence.status} {json_line(evidence.answer)}" if has_answer else "no answer"
    yield from _comment(f"    {answer}")


def _tasks(finding: Finding, lists: Sequence[TaskList]) -> list[ListedTask]:
    """The tasks that the requests of the finding name. If they name none: the tasks in its answers.

    A task is taken from its last list before the finding, or from its first list after that.
    """
    numbers = {exchange.number for exchange in finding.exchanges}
    known: dict[str, ListedTask] = {}
    for task_list in lists:
        for task in task_list.tasks:
            if task_list.number < min(numbers, default=0) or task.id not in known:
                known[task.id] = task
    named = [
        task_id for task_id in known if any(names_task(exchange, task_id) for exchange in finding.exchanges)
    ]
    answered = [task.id for task_list in lists if task_list.number in numbers for task in task_list.tasks]
    chosen = named or list(dict.fromkeys(answered))
    return [known[task_id] for task_id in chosen if task_id in known][:_MAX_TASKS]


def _valid_fields(task: Task) -> dict[str, Any]:
    """The fields of the task that a scenario may have, without values that the API page does not allow."""
    vocabulary = api_vocabulary()
    given = {name: task[name] for name in _FIELDS if task.get(name) is not None}
    return {
        name: value for name, value in given.items() if vocabulary.flaw_of_task_field(name, value) is None
    }


def _comment(text: str) -> Iterator[str]:
    printable = "".join(character if character.isprintable() else " " for character in text)
    yield f"# {printable}"
