from __future__ import annotations

import pytest

from workerkit.scenarios.fields.duration import DurationError, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"), [("500ms", 0.5), ("0.5s", 0.5), ("30s", 30.0), ("2m", 120.0), (" 1h ", 3600.0)]
)
def test_a_number_with_a_unit_is_a_duration(text: str, expected: float) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1e3s", "1 s", "5 days", "1.s", "inf s", "٣s"])
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(DurationError, match="as in 500ms"):
        parse_duration(text)
