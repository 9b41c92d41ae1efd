"""The two ways through the server give the same answers.

The long form is benchmarks/endurance/two_ways.py.
"""

from __future__ import annotations

import pytest

from tests.mockserver.server.two_ways import Comparison
from workerkit.mockserver.server import plain_request


def test_requests_are_answered_alike_by_all_ways() -> None:
    comparison = Comparison(seed=1)
    assert next(comparison.differences(800), None) is None
    assert {b"200", b"400", b"401", b"404"} <= comparison.statuses.keys()
    comparison.close()


def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_request, "has_valid_host", lambda headers, version: True)
    plain_request._cached_header_block.cache_clear()
    comparison = Comparison(seed=1)
    assert next(comparison.differences(800)).startswith("way 1: ")
    comparison.close()
    plain_request._cached_header_block.cache_clear()
