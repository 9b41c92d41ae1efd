from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workerkit.openapi.masking.literal_regex import regex_of_any

WORDS = st.text("ab|(.\\*", min_size=1, max_size=20) | st.text(min_size=1, max_size=6)


@settings(deadline=None)
@given(words=st.sets(WORDS, min_size=1, max_size=12), around=st.text("ab|(.\\*", max_size=10), data=st.data())
@example(words={"a", "ab", "abb", "b"}, around="b", data=None)
def test_the_longest_word_is_found_at_the_first_place_where_one_stands(
    words: set[str], around: str, data: st.DataObject | None
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(words)), max_size=3)) if data else sorted(words)
    text = around.join(["", *chosen, ""])
    assert [found[0] for found in re.finditer(regex_of_any(words), text)] == brute_force(words, text)


def brute_force(words: set[str], text: str) -> list[str]:
    found, place = [], 0
    while place < len(text):
        here = max((word for word in words if text.startswith(word, place)), key=len, default="")
        found += [here] if here else []
        place += len(here) or 1
    return found


@pytest.mark.parametrize("length", [13, 100, 400])
def test_words_that_begin_alike_for_long_are_told_apart(length: int) -> None:
    words = ["a" * count for count in range(1, length)]
    assert re.findall(regex_of_any(words), "a" * (length - 1)) == ["a" * (length - 1)]
