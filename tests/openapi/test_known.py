"""A first look at texts for many secrets: it may suspect one that is not there, and misses none."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.openapi.test_masking_canaries import ADDRESSES, BORDERS, ENCODING, ENCODINGS, PASSWORDS, WORDS
from workerkit.openapi.known import Known
from workerkit.openapi.pseudonyms import Pseudonyms

# Of all lengths and letters; short ones are found as words.
SECRETS = PASSWORDS | WORDS | ADDRESSES | st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
OTHERS = st.lists(SECRETS, max_size=3)


@settings(max_examples=200, deadline=None)
@given(
    secret=SECRETS, others=OTHERS, encoding=ENCODING, before=BORDERS, after=BORDERS, noise=st.text(max_size=9)
)
def test_what_pseudonyms_would_replace_is_suspected(
    secret: str, others: list[str], encoding: str, before: str, after: str, noise: str
) -> None:
    known = Known()
    known.add(("password", each) for each in (*others, secret))
    text = f"{noise}{before}{ENCODINGS[encoding](secret)}{after}{noise}"
    shown = Pseudonyms([("password", secret)], salt=b"s").text(text)
    blank = Pseudonyms(salt=b"s").text(text)
    assert ("password", secret) in known.within(text) or shown == blank


def test_a_text_without_any_is_not_suspected() -> None:
    known = Known()
    known.add(("password", f"pass-{number * 7919:08x}!") for number in range(1000))
    assert known.within("https://example.com/profile/0a1b2c3d and the rest of it") == frozenset()
