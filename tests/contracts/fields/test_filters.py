"""A filter with a status of the API page has to be accepted, and no page may make the server fail."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.contracts.small_server import Json, RefusedError, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.fields.filters import send_bad_page
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


class CrashesAtFractions(SmallServer):
    """A fault: takes any number for the page."""

    def _number(self, text: Any) -> int:
        if re.fullmatch(r"[0-9.e]+", str(text)) and not str(text).isdigit():
            raise RefusedError(500, "offset")
        return super()._number(text)


def test_a_page_that_is_no_whole_number_must_not_make_the_server_fail() -> None:
    with serving(CrashesAtFractions()) as target:
        ledger, _ = run_steps(target, [send_bad_page])
    assert [(finding.rule, finding.message.partition(";")[0]) for finding in ledger.findings] == [
        ("no-system-error", f'GET /tasks with page "{page}" was answered 500') for page in ("1.5", "1e300")
    ]


@pytest.mark.parametrize("status", [400, 404])
def test_a_page_that_is_no_whole_number_may_be_refused(status: int) -> None:
    class Refuses(SmallServer):
        def _number(self, text: Any) -> int:
            if text in ("1.5", "1e300"):
                raise RefusedError(status, "no_such_page")
            return super()._number(text)

    with serving(Refuses()) as target:
        ledger, _ = run_steps(target, [send_bad_page])
    assert ledger.findings == []


def test_a_correct_server_has_no_finding() -> None:
    with serving(SmallServer()) as target:
        ledger, _ = run_steps(target, [filter_lists])
    assert ledger.findings == []
