"""The index of secrets finds every secret in a text. It may also name secrets that are not in the text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import ADDRESSES, BORDERS, ENCODING, ENCODINGS, PASSWORDS, WORDS
from workerkit.openapi.masking.known_secrets import SecretIndex
from workerkit.openapi.masking.mask import may_show_a_secret
from workerkit.openapi.masking.pseudonyms import Pseudonyms, are_all_uuids, is_uuid

# Secrets of all lengths and with all letters. Short secrets are found only as whole words.
SECRETS = PASSWORDS | WORDS | ADDRESSES | st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
OTHERS = st.lists(SECRETS, max_size=3)


@settings(max_examples=200, deadline=None)
@given(
    secret=SECRETS, others=OTHERS, encoding=ENCODING, before=BORDERS, after=BORDERS, noise=st.text(max_size=9)
)
def test_what_pseudonyms_would_replace_is_suspected(
    secret: str, others: list[str], encoding: str, before: str, after: str, noise: str
) -> None:
    known = SecretIndex()
    known.add(known.new_secrets(("password", text) for text in (*others, secret)))
    text = f"{noise}{before}{ENCODINGS[encoding](secret)}{after}{noise}"
    masked = Pseudonyms([("password", secret)], salt=b"s").text(text)
    blank = Pseudonyms(salt=b"s").text(text)
    assert ("password", secret) in known.possible_secrets(text) or masked == blank


@settings(max_examples=100, deadline=None)
@given(secret=SECRETS, others=OTHERS, change=st.sampled_from([str.upper, str.lower, str.swapcase, str.title]))
def test_a_secret_in_other_case_is_suspected(
    secret: str, others: list[str], change: Callable[[str], str]
) -> None:
    known = SecretIndex()
    known.add(known.new_secrets(("password", text) for text in (*others, secret)))
    text = f"({change(secret)})"
    masked = Pseudonyms([("password", secret)], salt=b"s").text(text)
    blank = Pseudonyms(salt=b"s").text(text)
    assert ("password", secret) in known.possible_secrets(text) or masked == blank


def test_a_text_without_any_is_not_suspected() -> None:
    known = SecretIndex()
    known.add([("password", f"pass-{number * 7919:08x}!") for number in range(1000)])
    assert known.possible_secrets("https://example.com/profile/0a1b2c3d and the rest of it") == frozenset()


@settings(max_examples=100, deadline=None)
@given(
    secret=SECRETS,
    encoding=ENCODING,
    beginning=st.text("https:/exampl.com?=Q0", min_size=8, max_size=30),
    ends=st.lists(st.text("abcXYZ019./=", max_size=12), min_size=1, max_size=4),
    cut=st.integers(0, 40),
)
@example(
    secret="abcd-efgh-ijkl-mnop", encoding="plain", beginning="https://a.example", ends=["1", "2"], cut=14
)
def test_lines_that_begin_alike_are_as_suspect_as_any(
    secret: str, encoding: str, beginning: str, ends: list[str], cut: int
) -> None:
    """A secret may be in the common beginning of the lines, after it, or in both."""
    known = SecretIndex()
    known.add([("password", secret)])
    form = ENCODINGS[encoding](secret).replace("\n", "")
    beginning = f"{beginning}{form[:cut]}"
    together = "\n".join(["other", *(f"{beginning}{form[cut:]}{end}" for end in ends)])
    beginnings = [beginning, "https://other.example/"]
    assert known.possible_secrets_in_plain_text(together, beginnings) >= known.possible_secrets_in_plain_text(
        together
    )


def in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


LETTERS = "hijklmnopqrstuvwxyz"
WITHOUT_CAPITALS = [
    group
    for group in map("".join, product(LETTERS, repeat=3))
    if in_base64(group) == in_base64(group).lower()
]


@settings(deadline=None)
@given(groups=st.lists(st.sampled_from(WITHOUT_CAPITALS), min_size=4, max_size=6), before=st.integers(0, 2))
def test_base64_in_which_no_letter_is_a_capital_is_suspected(groups: list[str], before: int) -> None:
    whole = "".join(groups)
    known = SecretIndex()
    known.add([("password", whole[before:])])
    assert known.possible_secrets_in_plain_text(f"({in_base64(whole)})") == {("password", whole[before:])}


IDS = st.uuids().map(str) | st.uuids().map(lambda uuid: str(uuid).upper())
NO_IDS = st.text("0123456789abcdef-", min_size=35, max_size=37) | st.text(max_size=36) | st.none()


@settings(deadline=None)
@given(values=st.lists(IDS, max_size=4), other=st.lists(NO_IDS, max_size=2))
def test_many_ids_are_known_as_one_is(values: list[str], other: list[str | None]) -> None:
    together = [*values, *other]
    expected = bool(together) and all(value is not None and is_uuid(value) for value in together)
    assert are_all_uuids(together) == expected


FRAGMENTS = st.sampled_from(
    [
        "password",
        "E-mail",
        "Email",
        "x-api-key",
        "Authorization",
        "token",
        *"=:'\" @.&;-",
        "Bearer ",
        "an",
        "7Ab",
    ]
)


@settings(max_examples=300, deadline=None)
@given(text=st.lists(FRAGMENTS, max_size=8).map("".join))
def test_a_text_in_which_a_secret_shows_by_its_name_may_show_one(text: str) -> None:
    assert may_show_a_secret(text) or Pseudonyms(salt=b"s").text(text) == text
