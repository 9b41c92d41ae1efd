"""The sandbox: the tasks that a run may change. They are listed before the first change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workerkit.contracts.gate.client import Client
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in, usable_tasks_in
from workerkit.contracts.target.plan import BadPlanError, Plan
from workerkit.contracts.target.target import Target
from workerkit.openapi.languages.phrase import counted_phrase, phrase

# A run does not need more tasks, and all changed tasks have to be put back.
_MOST_OWN, _MOST_FOREIGN = 25, 3
# Generated requests change only a few tasks. They also write fields that no answer shows, for example `note`,
# and the old values of these fields cannot be put back.
_MOST_GENERATED = 4
_MOST_PAGES = 5
_MOST_NAMES = 5


class NoSandboxError(BadPlanError):
    """The server does not list a task or a customer's request of the plan, or GET /tasks fails."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The tasks that a run may change.

    own: tasks of the server of `api_key`, with the fields from the list.
    foreign: tasks of the server of `other_api_key`, with the fields from the list.
    requests: the customers' requests of the plan: the id and the name of each.
    """

    own: tuple[Task, ...]
    foreign: tuple[Task, ...]
    requests: tuple[tuple[str, str], ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks of the sandbox."""
        return self.own + self.foreign

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all tasks, in lower case."""
        return frozenset(str(task["id"]).lower() for task in self.tasks)

    @property
    def generated_ids(self) -> frozenset[str]:
        """The ids of the own tasks that generated requests may change, as the server wrote them."""
        return frozenset(str(task["id"]) for task in self.own[-_MOST_GENERATED:])

    @property
    def request_ids(self) -> frozenset[str]:
        """The ids of the customers' requests, in lower case."""
        return frozenset(request_id.lower() for request_id, _ in self.requests)

    def text(self) -> str:
        """One sentence with the tasks and the customers' requests of the sandbox."""
        counts: dict[str, int] = {}
        for task in self.tasks:
            counts[str(task["status"])] = counts.get(str(task["status"]), 0) + 1
        statuses = ", ".join(f"{count} {status}" for status, count in counts.items())
        ids = ", ".join(str(task["id"]) for task in self.tasks)
        names = ", ".join(sorted({name for _, name in self.requests}))
        owner = phrase(" of the request {names}", names=names) if names else ""
        tasks = counted_phrase(len(self.tasks), "{count} task", "{count} tasks")
        return phrase(
            "The sandbox has {tasks}{owner} ({statuses}): {ids}.",
            tasks=tasks,
            owner=owner,
            statuses=statuses,
            ids=ids,
        )


def find_sandbox(client: Client, target: Target, plan: Plan) -> Sandbox:
    """Finds the tasks of the plan in the lists of the target. Raises NoSandboxError."""
    listed = list(_listed(client, plan, None))
    own = [task for task in listed if _is_in_plan(task, plan)]
    _check_all_found(plan, own, listed)
    foreign = list(_foreign(client, target, plan))
    requests = {
        str(task["request_id"]): str(task.get("request_name"))
        for task in own
        if _is_of_request(task, plan) and task.get("request_id") is not None
    }
    waiting = lenient_spec.waiting_statuses()
    best_first = sorted(own, key=lambda task: (not _has_id(task, plan), task["status"] not in waiting))
    return Sandbox(
        tuple(best_first[:_MOST_OWN]), tuple(foreign[:_MOST_FOREIGN]), tuple(sorted(requests.items()))
    )


def list_all(client: Client, key: str | None, statuses: tuple[str, ...]) -> Iterator[Task]:
    """The tasks with these statuses, up to a limited number of pages. Raises NoSandboxError on a refusal."""
    limit = lenient_spec.parameter_maximum("limit")
    for page in range(1, _MOST_PAGES + 1):
        exchange = client.get_tasks(key=key, status=",".join(statuses), limit=limit, page=page)
        if not exchange.accepted:
            result = f"was answered {exchange.status}" if exchange.status else "got no answer"
            raise NoSandboxError(f"cannot read the sandbox: GET /tasks {result}")
        yield from usable_tasks_in(exchange)
        if len(tasks_in(exchange)) < limit or page * limit >= total_in(exchange):
            return


def _listed(client: Client, plan: Plan, key: str | None) -> Iterator[Task]:
    """The listed tasks. Waiting tasks come first, and the others only if the waiting ones are not enough."""
    waiting = lenient_spec.waiting_statuses()
    others = tuple(status for status in lenient_spec.enum_values("TaskStatus") if status not in waiting)
    count, missing_ids = 0, set(plan.sandbox_tasks)
    for statuses in (waiting, others):
        for task in list_all(client, key, statuses):
            yield task
            count += _is_in_plan(task, plan)
            missing_ids.discard(str(task["id"]).lower())
        if count >= _MOST_OWN and not missing_ids:
            return


def _foreign(client: Client, target: Target, plan: Plan) -> Iterator[Task]:
    if target.other_api_key is not None:
        listed = _listed(client, plan, target.other_api_key)
        yield from (task for task in listed if _is_in_plan(task, plan))


def _is_in_plan(task: Task, plan: Plan) -> bool:
    return _has_id(task, plan) or _is_of_request(task, plan)


def _has_id(task: Task, plan: Plan) -> bool:
    return str(task["id"]).lower() in plan.sandbox_tasks


def _is_of_request(task: Task, plan: Plan) -> bool:
    return task.get("request_name") in plan.sandbox_requests


def _check_all_found(plan: Plan, own: list[Task], listed: list[Task]) -> None:
    ids = {str(task["id"]).lower() for task in own}
    names = {str(task.get("request_name")) for task in listed}
    for task_id in plan.sandbox_tasks:
        if task_id not in ids:
            raise NoSandboxError(f"--sandbox-task {task_id}: the server of this API key has no such task")
    for name in plan.sandbox_requests:
        if name not in names:
            known = ", ".join(sorted(names)[:_MOST_NAMES]) or "none"
            raise NoSandboxError(
                f"--sandbox-request {name!r}: the server of this API key has no task of this request; "
                f"it has tasks of these requests: {known}. More: workerkit docs how-to/sandbox-on-staging"
            )
