from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.openapi.formats.http_date import http_date_text, read_http_date


@given(st.integers(0, 253_402_300_799))
def test_a_date_that_was_written_is_read_again(at: int) -> None:
    assert read_http_date(http_date_text(at)) == at


def test_parts_of_a_second_are_rounded_up() -> None:
    assert http_date_text(1_764_583_200.25) == "Mon, 01 Dec 2025 10:00:01 GMT"


@pytest.mark.parametrize(
    "text",
    ["Mon, 01 Dec 2025 10:00:00 GMT", "Monday, 01-Dec-25 10:00:00 GMT", "Mon Dec  1 10:00:00 2025"],
)
def test_all_three_forms_of_http_are_read(text: str) -> None:
    assert read_http_date(text) == 1_764_583_200


@pytest.mark.parametrize("text", ["", "soon", "Mon, 99 Dec 2025 10:00:00 GMT", "1.5"])
def test_other_texts_are_no_dates(text: str) -> None:
    assert read_http_date(text) is None
