from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.spec.document import Document
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.parameter import Parameter, compile_parameter, missing_parameter

Compile = Callable[..., Parameter]
COMPONENTS = {
    "schemas": {"Colour": {"type": "string", "enum": ["red", "blue"], "default": "blue"}},
    "parameters": {"Size": {"name": "size", "in": "query", "schema": {"type": "integer", "maximum": 3}}},
}


@pytest.fixture(scope="module")
def parameter(document_of: Callable[..., Document]) -> Compile:
    """A function: makes a query parameter `p` with the given schema."""
    document = document_of(components=COMPONENTS)

    def make(schema: dict[str, Any], **more: Any) -> Parameter:
        return compile_parameter(document, {"name": "p", "in": "query", "schema": schema, **more})

    return make


@settings(deadline=None)
@given(number=st.integers(-50, 1050))
def test_an_integer_is_taken_within_its_bounds(parameter: Compile, number: int) -> None:
    compiled = parameter({"type": "integer", "minimum": 1, "maximum": 1000})
    if 1 <= number <= 1000:
        assert compiled.coerce(str(number)) == number
    else:
        with pytest.raises(FlawError, match=r"^query/p: "):
            compiled.coerce(str(number))


@pytest.mark.parametrize(
    "text", ["", " ", "ten", "1.0", "1e3", "+1", " 1", "1 ", "0x10", "1_0", "٣", "--1", "-", "1\n", "NaN"]
)
def test_what_is_no_integer_is_refused(parameter: Compile, text: str) -> None:
    with pytest.raises(FlawError):
        parameter({"type": "integer"}).coerce(text)


@pytest.mark.parametrize("digits", [19, 40, 41, 5000])
def test_an_integer_beyond_all_bounds_is_refused(parameter: Compile, digits: int) -> None:
    compiled = parameter({"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1})
    for sign in ("", "-"):
        with pytest.raises(FlawError):
            compiled.coerce(sign + "9" * digits + "9")


def test_zeros_in_front_change_nothing(parameter: Compile) -> None:
    assert parameter({"type": "integer"}).coerce("007") == 7


def test_a_text_stays_text(parameter: Compile) -> None:
    assert parameter({"type": "string"}).coerce("5") == "5"
    assert parameter({"type": "string"}).coerce("a,b") == "a,b"


@settings(deadline=None)
@given(colours=st.lists(st.sampled_from(["red", "blue"]), min_size=1, max_size=5))
def test_a_list_has_commas_between(parameter: Compile, colours: list[str]) -> None:
    compiled = parameter({"type": "array", "items": {"$ref": "#/components/schemas/Colour"}})
    assert compiled.coerce(",".join(colours)) == colours


@pytest.mark.parametrize(
    "text", ["", ",", "red,", ",red", "red,,blue", "red blue", "Red", "red, blue", "green"]
)
def test_each_member_of_a_list_has_to_be_allowed(parameter: Compile, text: str) -> None:
    with pytest.raises(FlawError):
        parameter({"type": "array", "items": {"$ref": "#/components/schemas/Colour"}}).coerce(text)


def test_the_place_of_a_flaw_goes_into_the_list(parameter: Compile) -> None:
    compiled = parameter({"type": "array", "items": {"enum": ["red"]}}, **{"in": "path"})
    with pytest.raises(FlawError) as caught:
        compiled.coerce("red,green")
    assert caught.value.place == "path/p/1"


def test_the_default_is_the_schemas_own_or_that_of_what_it_refers_to(parameter: Compile) -> None:
    colour = "#/components/schemas/Colour"
    assert parameter({"type": "integer", "default": 7}).default == 7
    assert parameter({"$ref": colour}).default == "blue"
    assert parameter({"$ref": colour, "default": "red"}).default == "red"
    assert parameter({"type": "string"}).default is None


def test_a_referred_schema_says_the_type_and_what_stands_beside_it_counts_too(parameter: Compile) -> None:
    compiled = parameter({"$ref": "#/components/schemas/Colour", "maxLength": 3})
    assert (compiled.kind, compiled.coerce("red")) == ("string", "red")
    with pytest.raises(FlawError):
        compiled.coerce("blue")


def test_a_parameter_may_stand_among_the_components(document_of: Callable[..., Document]) -> None:
    document = document_of(components=COMPONENTS)
    compiled = compile_parameter(document, {"$ref": "#/components/parameters/Size"})
    assert (compiled.name, compiled.place, compiled.coerce("3")) == ("size", "query", 3)


def test_only_what_says_so_is_required(parameter: Compile) -> None:
    assert parameter({"type": "string"}, required=True).required
    assert not parameter({"type": "string"}).required


def test_what_is_missing_is_named(parameter: Compile) -> None:
    assert str(missing_parameter(parameter({"type": "string"}))) == "query/p: is required"
