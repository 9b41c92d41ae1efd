"""The messages of the validator have the same English words as phrases."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from workerkit.openapi.languages.phrase import text_in
from workerkit.openapi.languages.validator_phrase import validator_phrase


@pytest.mark.parametrize(
    ("schema", "value", "in_vietnamese"),
    [
        ({"type": "string"}, 1, '1 không thuộc kiểu "string"'),
        ({"type": ["string", "null"]}, 1, '1 không thuộc các kiểu "null", "string"'),
        ({"required": ["x"]}, {}, '"x" là field bắt buộc'),
        ({"maximum": 3}, 5, "5 lớn hơn giá trị lớn nhất 3"),
        ({"minimum": 3}, 1, "1 nhỏ hơn giá trị nhỏ nhất 3"),
        ({"maxLength": 2}, "abc", '"abc" dài hơn 2 ký tự'),
        ({"pattern": "^a"}, "b", '"b" không khớp với "^a"'),
        ({"additionalProperties": False}, {"q": 1}, None),
        ({"multipleOf": 2}, 3, "3 is not a multiple of 2"),
    ],
)
def test_a_message_of_the_validator(schema: Any, value: Any, in_vietnamese: str | None) -> None:
    validator = jsonschema_rs.Draft202012Validator(schema)
    message = next(iter(validator.iter_errors(value))).message
    text = validator_phrase(message)
    assert text == message
    if in_vietnamese is not None:
        assert text_in(text, "vi") == in_vietnamese
