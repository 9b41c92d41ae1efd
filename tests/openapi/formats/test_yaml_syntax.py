"""Syntax errors in YAML name the place, what is wrong and what to do."""

from __future__ import annotations

import pytest

from workerkit.openapi.formats.yaml_nodes import InvalidInputError, load


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a:\n\tb: 1\n", "2:1", "a tab is here: write spaces instead"),
        ("a:\n  b: 1\n \tc: 2\n", "3:2", "a tab is here: write spaces instead"),
        ("a: |\n  x\n\ty\n", "3:1", "a tab is here: write spaces instead"),
        ("```yaml\na: 1\n```\n", "1:1", "this line is a Markdown fence"),
        ("Look:\n\n~~~\na: 1\n", "3:1", "this line is a Markdown fence"),
        ("a: b: c\n", "1:5", 'Text that contains ": " needs quotes around it'),
        ("a: 1\n   b: 2\n", "2:5", "Keys of the same mapping begin in the same column"),
        ("a: 1\nb\nc: 2\n", "3:1", "a key has no colon, here or in the line above"),
        ("a: {b: 1\nc: 2\n", "1:4", "the bracket { is not closed"),
        ("a: [1, 2\nb: 3\n", "1:4", "the bracket [ is not closed"),
        ("a: @b\n", "1:4", "text that begins with @ needs quotes around it"),
        ("a:\n  - b\n  c: 1\n", "3:3", "begin each item of this list with a dash"),
        ('a: "b\nc: 1\n', "3:1", "a closing quote is missing"),
    ],
)
def test_a_syntax_error_says_where_what_and_what_instead(text: str, place: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load(text, name="f.yaml")
    assert str(caught.value).startswith(f"f.yaml:{place}: ")
    assert message in str(caught.value)
