"""A filter with a status of the API page has to be accepted."""

from __future__ import annotations

from tests.contracts.small_server import Json, RefusedError, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.scripted.lists import filter_lists


class WithoutCanceled(SmallServer):
    """A fault: the filter does not know the status canceled."""

    def selected(self, tasks: list[Json], query: Json) -> list[Json]:
        if "canceled" in query.get("status", ""):
            raise RefusedError(400, "bad_request")
        return super().selected(tasks, query)


def test_a_refused_status_is_named() -> None:
    with serving(WithoutCanceled()) as target:
        ledger, _ = run_steps(target, [filter_lists])
    assert [finding.rule for finding in ledger.findings] == ["list-status"] * 2
    assert "GET /tasks?status=canceled&limit=1 was answered 400, expected 2xx" in {
        finding.message for finding in ledger.findings
    }


def test_a_correct_server_has_no_finding() -> None:
    with serving(SmallServer()) as target:
        ledger, _ = run_steps(target, [filter_lists])
    assert ledger.findings == []
