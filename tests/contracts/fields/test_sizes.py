"""A server that loses items of large batches is found, and a correct one is not blamed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.small_server import Json, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.fields.single_fields import update_single_fields
from workerkit.contracts.fields.sizes import send_batch_sizes


class LosesEveryHundredth(SmallServer):
    """A fault: item 100 of a batch is reported as updated, and is not updated."""

    def is_lost(self, place: int, size: int) -> bool:
        return place % 100 == 0

    def _bulk(self, server: str, body: Any) -> Json:
        items = body["items"]
        kept = [
            {"link_id": item["link_id"]} if self.is_lost(place, len(items)) else item
            for place, item in enumerate(items, 1)
        ]
        return super()._bulk(server, {"items": kept})


class LosesTheRest(LosesEveryHundredth):
    """A fault: only whole hundreds of a large batch are updated."""

    def is_lost(self, place: int, size: int) -> bool:
        return size > 100 and place > size - size % 100


@pytest.mark.parametrize(
    ("server", "places"), [(SmallServer, []), (LosesEveryHundredth, [100]), (LosesTheRest, [499])]
)
def test_a_lost_item_of_a_large_batch_is_found(server: type[SmallServer], places: list[int]) -> None:
    with serving(server()) as target:
        ledger, _ = run_steps(target, [send_batch_sizes])
    assert [finding.rule for finding in ledger.findings] == ["bulk-results"] * len(places)
    for finding, place in zip(ledger.findings, places, strict=True):
        assert f"the item at place {place} has the result success: true" in finding.message


def test_a_link_that_no_batch_stores_is_not_reported_again() -> None:
    class Lost(LosesEveryHundredth):
        def is_lost(self, place: int, size: int) -> bool:
            return True

    with serving(Lost()) as target:
        ledger, _ = run_steps(target, [update_single_fields, send_batch_sizes])
    assert {finding.rule for finding in ledger.findings} == {"update-links", "bulk-results"}
    assert not [finding for finding in ledger.findings if "many items" in finding.message]
