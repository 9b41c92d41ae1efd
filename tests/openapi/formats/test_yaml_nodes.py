from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats.yaml_nodes import InvalidInputError, Node, did_you_mean, load

# What YAML can write inside quotes without an escape: no control characters, no line breaks of any kind.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def plain(text: str) -> Any:
    return load(text, name="a.yaml").plain()


def refusal(text: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        load(text, name="a.yaml")
    return str(caught.value)


@settings(deadline=None)
@given(JSON)
def test_json_is_yaml(value: Any) -> None:
    assert plain(json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("12:30", "12:30"),
        ("2025-12-01", "2025-12-01"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("nullable", "nullable"),
        ("5 apples", "5 apples"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("<<", "<<"),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("FALSE", False),
        ("~", None),
        ("Null", None),
        ("010", 10),
        ("-7", -7),
        ("+7", 7),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e-3", -0.0015),
        ("1e3", 1000.0),
        ('"5"', "5"),
        ("'true'", "true"),
        ('"~"', "~"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = plain(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_nothing_is_null_and_empty_quotes_are_not() -> None:
    assert plain('a:\nb: ""\n') == {"a": None, "b": ""}


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert plain("<<: {a: 1}") == {"<<": {"a": 1}}


def test_every_value_and_key_knows_its_place() -> None:
    root = load("top:\n  - name: x\n    list: [1,\n      two]\n", name="b.yaml")
    item = root.value["top"].value[0]
    second = item.value["list"].value[1]

    def place(node: Node) -> tuple[str, int, int]:
        return node.name, node.line, node.column

    assert place(root.keys["top"]) == ("b.yaml", 1, 1)
    assert place(item.value["name"]) == ("b.yaml", 2, 11)
    assert place(item.keys["list"]) == ("b.yaml", 3, 5)
    assert (place(second), second.value) == (("b.yaml", 4, 7), "two")


def test_a_message_begins_with_the_place() -> None:
    root = load("a: 1\nb: {c: 2}\n", name="dir/b.yaml")
    assert str(root.value["b"].value["c"].fail("is too small")) == "dir/b.yaml:2:8: is too small"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "1:1", "the file is empty"),
        ("# nothing\n", "1:1", "the file is empty"),
        ("a: 1\n---\nb: 2\n", "2:1", "another document"),
        ("a: [1,\n", "2:1", ""),
        ("a: 1\n\tb: 2\n", "2:1", "tab"),
        ("a: 1\nb: 2\na: 3\n", "3:1", 'the key "a" is given twice'),
        ("a: {b: 1, b: 2}\n", "1:11", 'the key "b" is given twice'),
        ("a:\n  1: one\n", "2:3", "a key must be text, not 1"),
        ("true: 1\n", "1:1", "a key must be text, not True"),
        ("? [a]\n: b\n", "1:3", "a key must be text, not ['a']"),
        ("a: &x 1\n", "1:4", "anchors and aliases are not allowed"),
        ("a: *x\n", "1:4", "anchors and aliases are not allowed"),
        ("a: !!python/object:os.system x\n", "1:4", "the tag tag:yaml.org,2002:python/object:os.system"),
        ("a: !!str 5\n", "1:4", "the tag tag:yaml.org,2002:str"),
        ("a: !!bool maybe\n", "1:4", "the tag tag:yaml.org,2002:bool"),
        ("a: !!set {x}\n", "1:4", "the tag tag:yaml.org,2002:set"),
        ("- !mine [1]\n", "1:3", "the tag !mine"),
        ("a: 1e999\n", "1:4", "is too large for a double"),
        ("a: -1e999\n", "1:4", "is too large for a double"),
        (f"a: {'9' * 5000}\n", "1:4", "is not a number"),
        ('a: "\\ud800"\n', "1:7", ""),
        ("a: é\nbb: \x00\n", "2:5", "the character U+0000 is not allowed"),
        ("a: é\n\x07: 1\n", "2:1", "the character U+0007 is not allowed"),
        ("a: 1\nb: x\ud800\n", "2:5", "half of a surrogate pair"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, place: str, message: str) -> None:
    error_text = refusal(text)
    assert error_text.startswith(f"a.yaml:{place}: ")
    assert message in error_text
    assert "\n" not in error_text


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert refusal("\n".join(["a0: &a0 lol", *levels])).startswith("a.yaml:1:5: anchors")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_a_hundred_levels_are_read_and_one_more_is_not(opening: str, closing: str) -> None:
    assert plain(opening * 100 + "x" + closing * 100)
    assert "more than 100 levels" in refusal(opening * 101 + "x" + closing * 101)


def test_a_depth_bomb_is_refused_at_level_101() -> None:
    assert refusal("[" * 1_000_000) == "a.yaml:1:101: more than 100 levels"


@settings(deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_any_text_is_understood_or_refused(text: str) -> None:
    with suppress(InvalidInputError):
        load(text, name="a.yaml").plain()


def test_a_mistyped_word_gets_a_hint_where_one_is_near() -> None:
    assert did_you_mean("pendng", ["queued", "pending"]) == ' (did you mean "pending"?)'
    assert did_you_mean("zzz", ["queued", "pending"]) == ""
