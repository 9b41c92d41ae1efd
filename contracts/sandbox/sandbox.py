"""The tasks that a run may change: found before anything is written, with all that the API shows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workerkit.contracts.gate.client import Client
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in, usable_tasks_in
from workerkit.contracts.target.plan import BadPlanError, Plan
from workerkit.contracts.target.target import Target

# As many as a run has use for: each one more would have to be put back, too.
_MOST_OWN, _MOST_FOREIGN = 25, 3
# The generated requests go to a few tasks only: what they write into fields that no list shows stays there.
_MOST_GENERATED = 4
MOST_PAGES = 5
_NAMES_SHOWN = 5


class NoSandboxError(BadPlanError):
    """Nothing of what the plan names is there; the text says what is."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What may be changed.

    `own` are tasks of the server of the run's key, `foreign` those of the other key's server, each as they
    were listed; `requests` are the ids of the requests that the plan names, with their names.
    """

    own: tuple[Task, ...]
    foreign: tuple[Task, ...]
    requests: tuple[tuple[str, str], ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All its tasks."""
        return self.own + self.foreign

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its tasks, in lower case."""
        return frozenset(str(task["id"]).lower() for task in self.tasks)

    @property
    def generated_ids(self) -> frozenset[str]:
        """The ids, in lower case, of the own tasks that generated requests may go to: the least useful."""
        return frozenset(str(each["id"]).lower() for each in self.own[-_MOST_GENERATED:])

    @property
    def request_ids(self) -> frozenset[str]:
        """The ids of its requests, in lower case."""
        return frozenset(request_id.lower() for request_id, _ in self.requests)

    def text(self) -> str:
        """Which tasks and requests it has, in one sentence."""
        counts: dict[str, int] = {}
        for task in self.tasks:
            counts[str(task["status"])] = counts.get(str(task["status"]), 0) + 1
        statuses = ", ".join(f"{count} {status}" for status, count in counts.items())
        ids = ", ".join(str(each["id"]) for each in self.tasks)
        names = ", ".join(sorted({name for _, name in self.requests}))
        of = f" of the request {names}" if names else ""
        return f"The sandbox has {len(self.tasks)} tasks{of} ({statuses}): {ids}."


def find_sandbox(client: Client, target: Target, plan: Plan) -> Sandbox:
    """The sandbox that a plan names, by what the target lists. Raises NoSandbox."""
    listed = list(_listed(client, plan, None))
    own = [each for each in listed if _is_named(each, plan)]
    _check_all_there(plan, own, listed)
    foreign = list(_foreign(client, target, plan))
    named = {
        str(each["request_id"]): str(each.get("request_name")) for each in own if _by_request(each, plan)
    }
    waiting = lenient_spec.waiting()
    first = sorted(own, key=lambda task: (not _by_id(task, plan), task["status"] not in waiting))
    return Sandbox(tuple(first[:_MOST_OWN]), tuple(foreign[:_MOST_FOREIGN]), tuple(sorted(named.items())))


def list_all(client: Client, key: str | None, statuses: tuple[str, ...]) -> Iterator[Task]:
    """The tasks of these statuses, page after page, as far as a run looks. Raises NoSandbox for no list."""
    most = lenient_spec.highest("limit")
    for page in range(1, MOST_PAGES + 1):
        exchange = client.tasks(key=key, status=",".join(statuses), limit=most, page=page)
        if not exchange.accepted:
            raise NoSandboxError(
                f"cannot read the sandbox: GET /tasks answered {exchange.status or 'nothing'}"
            )
        yield from usable_tasks_in(exchange)
        if len(tasks_in(exchange)) < most or page * most >= total_in(exchange):
            return


def _listed(client: Client, plan: Plan, key: str | None) -> Iterator[Task]:
    """What is listed, until there is enough of it: a backlog may be long, and few of it are needed."""
    waiting = lenient_spec.waiting()
    others = tuple(each for each in lenient_spec.enumeration("TaskStatus") if each not in waiting)
    found, ids = 0, set(plan.sandbox_tasks)
    for statuses in (waiting, others):
        for task in list_all(client, key, statuses):
            yield task
            found += _is_named(task, plan)
            ids.discard(str(task["id"]).lower())
        if found >= _MOST_OWN and not ids:
            return


def _foreign(client: Client, target: Target, plan: Plan) -> Iterator[Task]:
    if target.other_api_key is not None:
        listed = _listed(client, plan, target.other_api_key)
        yield from (each for each in listed if _is_named(each, plan))


def _is_named(task: Task, plan: Plan) -> bool:
    return _by_id(task, plan) or _by_request(task, plan)


def _by_id(task: Task, plan: Plan) -> bool:
    return str(task["id"]).lower() in plan.sandbox_tasks


def _by_request(task: Task, plan: Plan) -> bool:
    return task.get("request_name") in plan.sandbox_requests


def _check_all_there(plan: Plan, own: list[Task], listed: list[Task]) -> None:
    ids = {str(each["id"]).lower() for each in own}
    names = {str(each.get("request_name")) for each in listed}
    for task_id in plan.sandbox_tasks:
        if task_id not in ids:
            raise NoSandboxError(f"--sandbox-task {task_id}: the list of this key's server has no such task")
    for name in plan.sandbox_requests:
        if name not in names:
            there = ", ".join(sorted(names)[:_NAMES_SHOWN]) or "none"
            raise NoSandboxError(
                f"--sandbox-request {name!r}: no task that is listed for this key belongs to such a request; "
                f"those that are there: {there}"
            )
