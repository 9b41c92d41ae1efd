from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats.yaml_nodes import InvalidInputError, load
from workerkit.openapi.spec.dialect import (
    Dialect,
    UnknownChoiceError,
    dialect_of,
    parse_dialect,
    read_dialect,
)
from workerkit.openapi.spec.silence import silences

DEFAULTS = {silence.id: silence.default for silence in silences().values()}
CHOICES = st.fixed_dictionaries(
    {}, optional={silence.id: st.sampled_from(list(silence.values)) for silence in silences().values()}
)


def parsed(text: str) -> Dialect:
    return parse_dialect(load(text, name="mine.yaml"))


def refusal(text: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        parsed(text)
    return str(caught.value)


# What a dialect is


def test_a_dialect_without_a_choice_has_every_default() -> None:
    assert dict(Dialect()) == DEFAULTS
    assert Dialect() == dialect_of({}) == dialect_of(DEFAULTS)


@given(CHOICES)
@settings(deadline=None)
def test_what_is_not_chosen_has_its_default(choices: dict[str, str]) -> None:
    assert dict(dialect_of(choices)) == {**DEFAULTS, **choices}


@given(CHOICES, CHOICES)
@settings(deadline=None)
def test_dialects_are_equal_where_all_their_values_are(one: dict[str, str], other: dict[str, str]) -> None:
    first, second = dialect_of(one), dialect_of(other)
    assert (first == second) is (dict(first) == dict(second))
    assert first != second or hash(first) == hash(second)
    assert dialect_of(dict(first)) == first


@given(CHOICES)
@settings(deadline=None)
def test_a_dialect_has_all_silences_in_the_order_of_their_file(choices: dict[str, str]) -> None:
    assert list(dialect_of(choices)) == list(silences())
    assert len(dialect_of(choices)) == len(silences())


def test_what_is_no_silence_has_no_value() -> None:
    with pytest.raises(KeyError):
        Dialect()["last-curser"]


def test_a_dialect_cannot_be_changed() -> None:
    dialect: Any = Dialect()
    with pytest.raises(TypeError):
        dialect["retry"] = "automatic"
    with pytest.raises(AttributeError):
        dialect.choices = frozenset()


# What is refused


@given(st.sampled_from(list(silences())), st.text(max_size=12))
@settings(deadline=None)
def test_a_value_that_a_silence_does_not_have_is_refused(silence: str, value: str) -> None:
    if value in silences()[silence].values:
        assert dialect_of({silence: value})[silence] == value
    else:
        with pytest.raises(UnknownChoiceError, match=rf"^{silence} has no value "):
            dialect_of({silence: value})


@given(st.text(max_size=12).filter(lambda name: name not in silences()))
@settings(deadline=None)
def test_a_silence_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(UnknownChoiceError, match=r"^there is no silence "):
        dialect_of({"retry": "automatic", name: "reject"})


def typos(word: str) -> Iterator[str]:
    """All words that are the word without one of its letters."""
    yield from (word[:place] + word[place + 1 :] for place in range(len(word)))


@pytest.mark.parametrize("silence", silences())
def test_a_mistyped_silence_is_refused_with_the_one_that_was_meant(silence: str) -> None:
    for typo in typos(silence):
        with pytest.raises(UnknownChoiceError) as caught:
            dialect_of({typo: "reject"})
        assert str(caught.value) == f'there is no silence {typo} (did you mean "{silence}"?)'


@pytest.mark.parametrize("silence", ["retry", "transitions", "error-body", "content-type", "list-order"])
def test_a_mistyped_value_is_refused_with_the_one_that_was_meant(silence: str) -> None:
    for value in silences()[silence].values:
        with pytest.raises(UnknownChoiceError) as caught:
            dialect_of({silence: value + "x"})
        assert str(caught.value) == f'{silence} has no value {value}x (did you mean "{value}"?)'


def test_where_no_value_is_near_all_are_named() -> None:
    with pytest.raises(UnknownChoiceError) as caught:
        dialect_of({"last-cursor": "zzz"})
    assert str(caught.value) == "last-cursor has no value zzz; its values are null, id, absent"


# Files


@given(CHOICES)
@settings(deadline=None)
def test_a_dialect_is_read_from_what_yaml_makes_of_it(choices: dict[str, str]) -> None:
    quoted = parsed(json.dumps(choices))
    bare = parsed("".join(f"{name}: {value}\n" for name, value in choices.items()) or "{}")
    assert quoted == bare == dialect_of(choices)


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("last-cursor: null", {"last-cursor": "null"}),
        ("last-cursor: 'null'", {"last-cursor": "null"}),
        ("last-cursor: ~", {"last-cursor": "null"}),
        ("refused-transition: 409", {"refused-transition": "409"}),
        ("refused-transition: '409'", {"refused-transition": "409"}),
        ("{retry: automatic, transitions: strict}", {"retry": "automatic", "transitions": "strict"}),
    ],
)
def test_values_need_no_quotes(text: str, choices: Mapping[str, str]) -> None:
    assert parsed(text) == dialect_of(choices)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("last-curser: id", '1:1: there is no silence last-curser (did you mean "last-cursor"?)'),
        ("retry: manual\nretrys: manual", '2:1: there is no silence retrys (did you mean "retry"?)'),
        (
            "retry: manual\n\nlast-cursor:   absnt",
            '3:16: last-cursor has no value absnt (did you mean "absent"?)',
        ),
        ("zzz: manual", "1:1: there is no silence zzz"),
        ("retry: true", "1:8: retry has no value True; its values are manual, automatic"),
        ("retry:", '1:7: retry has no value null (did you mean "manual"?)'),
        ("retry: [manual]", "1:8: retry has no value ['manual'] (did you mean \"manual\"?)"),
        ("retry: {manual: 1}", "1:8: retry has no value {'manual': 1} (did you mean \"manual\"?)"),
        ("retry: manual\nretry: manual", '2:1: the key "retry" is given twice: remove one'),
        (
            "- retry",
            "1:1: a dialect is a mapping from silence ids to values, for example last-cursor: absent",
        ),
        ("retry", "1:1: a dialect is a mapping from silence ids to values, for example last-cursor: absent"),
        ("", "1:1: the file is empty"),
        ("1: manual", "1:1: a key must be text, not 1: put it in quotes"),
    ],
)
def test_what_is_no_dialect_is_refused_with_its_place(text: str, expected: str) -> None:
    assert refusal(text) == f"mine.yaml:{expected}"


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "dialect.yaml"
    file.write_text("# like staging\nretry: automatic\nlast-cursor: absent\n")
    assert read_dialect(file) == dialect_of({"retry": "automatic", "last-cursor": "absent"})


def test_an_error_in_a_file_has_the_name_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "dialect.yaml"
    file.write_text("retry: automatic\nlast-cursor: gone\n")
    with pytest.raises(InvalidInputError) as caught:
        read_dialect(file)
    assert str(caught.value) == f"{file}:2:14: last-cursor has no value gone; its values are null, id, absent"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none.yaml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidInputError) as caught:
            read_dialect(path)
        assert str(caught.value).startswith(f"{path}: {why}")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "dialect.yaml"
    file.write_bytes(b"retry: \xff")
    with pytest.raises(InvalidInputError) as caught:
        read_dialect(file)
    assert str(caught.value).startswith(f"{file}: ")
