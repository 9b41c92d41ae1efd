"""The largest batch that the API page allows has to be accepted, also if each item has two links."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.small_server import RefusedError, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.scripted.bulk import send_full_batch


class SmallBodies(SmallServer):
    """A server with the limit of a web framework that nobody has changed."""

    LIMIT = 100 * 1024

    def body_of(self, body: bytes, content_type: str) -> Any:
        if len(body) > self.LIMIT:
            raise RefusedError(413, "too_large")
        return super().body_of(body, content_type)


class LargeBodies(SmallBodies):
    LIMIT = 1_000_000


@pytest.mark.parametrize(("server", "found"), [(SmallBodies, True), (LargeBodies, False)])
def test_a_full_batch_with_links_needs_more_than_the_usual_limit_of_bodies(
    server: type[SmallServer], found: bool
) -> None:
    with serving(server()) as target:
        ledger, _ = run_steps(target, [send_full_batch])
    assert [(finding.rule, finding.message) for finding in ledger.findings] == [
        (
            "bulk",
            "PUT /tasks/bulk with 500 items, each with two links of 100 characters (151 kB in all) "
            "was answered 413, expected 2xx",
        )
    ] * found
