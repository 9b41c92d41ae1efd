"""A task of another server that changes although each update was refused is found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.small_server import Json, RefusedError, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.scripted.foreign_tasks import update_foreign_tasks

CHANGED = "is no longer"


class RefusesForeignBatches(SmallServer):
    """A batch with a task of another server is refused as a whole, which breaks bulk-foreign and statuses."""

    def _bulk(self, server: str, body: Any) -> Json:
        for item in body["items"]:
            self.own_task(server, item["link_id"])
        return super()._bulk(server, body)


class UsesAnotherWord(SmallServer):
    """A result of a batch has another word. The rule bulk-foreign is broken."""

    def _result(self, server: str, task_id: Any, change: Json) -> Json:
        result = super()._result(server, task_id, change)
        return result if result["success"] else {**result, "error": "forbidden"}


class UpdatesThoughRefused(SmallServer):
    """A fault: a refused update changes the task."""

    def own_task(self, server: str, task_id: Any) -> Json:
        try:
            return super().own_task(server, task_id)
        except RefusedError as refused:
            if refused.status == 403:
                next(task for task in self.tasks if task["id"] == task_id)["status"] = "running"
            raise


class RefusesBatchesAndUpdates(RefusesForeignBatches, UpdatesThoughRefused):
    pass


class UsesAnotherWordAndUpdates(UsesAnotherWord, UpdatesThoughRefused):
    pass


class TakesForeignTasks(SmallServer):
    """A fault: the owner of a task is not checked. The answers say so, so the changed task is no news."""

    def own_task(self, server: str, task_id: Any) -> Json:
        owner = next((task["server"] for task in self.tasks if task["id"] == task_id), server)
        return super().own_task(owner, task_id)


@pytest.mark.parametrize(
    ("server", "rules", "is_change_found"),
    [
        (SmallServer, set(), False),
        (RefusesForeignBatches, {"bulk-foreign", "statuses"}, False),
        (UsesAnotherWord, {"bulk-foreign"}, False),
        (UpdatesThoughRefused, {"update-own-only"}, True),
        (RefusesBatchesAndUpdates, {"bulk-foreign", "statuses", "update-own-only"}, True),
        (UsesAnotherWordAndUpdates, {"bulk-foreign", "update-own-only"}, True),
        (TakesForeignTasks, {"bulk-foreign", "update-own-only"}, False),
    ],
)
def test_a_refused_update_of_a_foreign_task_must_not_change_it(
    server: type[SmallServer], rules: set[str], is_change_found: bool
) -> None:
    with serving(server()) as target:
        ledger, _ = run_steps(target, [update_foreign_tasks])
    assert {finding.rule for finding in ledger.findings} == rules
    assert any(CHANGED in finding.message for finding in ledger.findings) is is_change_found
