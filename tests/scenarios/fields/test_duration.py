from __future__ import annotations

import pytest

from workerkit.scenarios.fields.duration import DurationError, seconds


@pytest.mark.parametrize(
    ("text", "expected"), [("500ms", 0.5), ("0.5s", 0.5), ("30s", 30.0), ("2m", 120.0), (" 1h ", 3600.0)]
)
def test_a_number_with_its_unit_is_read(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1e3s", "1 s", "5 days", "1.s", "inf s", "٣s"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(DurationError, match="as in 500ms"):
        seconds(text)
