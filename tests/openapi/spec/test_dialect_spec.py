from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.dialect_spec import derive_spec
from workerkit.openapi.spec.document import Document, bundled_document
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Operation
from workerkit.openapi.spec.published import VERSIONS, OpenapiVersion, published_spec
from workerkit.openapi.spec.silence import silences

Json = dict[str, Any]
DocumentOf = Callable[..., Document]

ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
SPEC = bundled_document("worker-api.yaml")
CHOICES = st.fixed_dictionaries(
    {}, optional={silence.id: st.sampled_from(list(silence.values)) for silence in silences().values()}
)
OTHERS = [
    (silence.id, value)
    for silence in silences().values()
    for value in silence.values
    if value != silence.default
]
LAST = {silence.id: list(silence.values)[-1] for silence in silences().values()}
FIRST_OTHER = {silence.id: list(silence.values)[1] for silence in silences().values()}
PLAIN = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.integers() | st.text(max_size=2),
        lambda inner: (
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=2)
        ),
        max_leaves=6,
    ),
)


def nodes(value: Any) -> Iterator[Json]:
    """All objects in a document, at any depth."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)
    if isinstance(value, dict):
        yield value


def without(value: Any, word: str) -> Any:
    """The value without a keyword, at any depth."""
    if isinstance(value, list):
        return [without(member, word) for member in value]
    if isinstance(value, dict):
        return {name: without(member, word) for name, member in value.items() if name != word}
    return value


@pytest.fixture(scope="session")
def place(document_of: DocumentOf) -> Callable[..., Any]:
    """A function: one place of a document, as a dialect changes it."""

    def derived(value: Json, **choices: str) -> Any:
        named = {name.replace("_", "-"): choice for name, choice in choices.items()}
        components = {"schemas": {"A": value}, "responses": {}}
        return derive_spec(document_of({}, components), dialect_of(named)).root["components"]["schemas"]["A"]

    return derived


Place = Callable[..., Any]


# Patches


def test_a_patch_is_merged_where_its_value_is_chosen(place: Place) -> None:
    source = {"type": "object", "x-when": {"retry": {"automatic": {"minimum": 3}}}}
    assert place(source) == place(source, retry="manual") == {"type": "object"}
    assert place(source, retry="automatic") == {"type": "object", "minimum": 3}


def test_a_patch_of_the_default_value_is_merged_too(place: Place) -> None:
    source = {"x-when": {"retry": {"manual": {"a": 1}, "automatic": {"a": 2}}}}
    assert (place(source), place(source, retry="automatic")) == ({"a": 1}, {"a": 2})


def test_null_in_a_patch_removes(place: Place) -> None:
    source = {
        "a": {"b": 1, "c": 2},
        "d": 3,
        "x-when": {"retry": {"automatic": {"a": {"b": None}, "d": None}}},
    }
    assert place(source, retry="automatic") == {"a": {"c": 2}}


def test_null_in_a_patch_of_what_is_not_there_leaves_no_trace(place: Place) -> None:
    source = {"x-when": {"retry": {"automatic": {"a": {"b": None, "c": 1}, "d": None}}}}
    assert place(source, retry="automatic") == {"a": {"c": 1}}


def test_a_null_outside_of_patches_stays(place: Place) -> None:
    source = {"default": None, "x-when": {"retry": {"automatic": {"a": 1}}}}
    assert place(source, retry="automatic") == {"default": None, "a": 1}


def test_a_list_in_a_patch_takes_the_place_of_the_whole_list(place: Place) -> None:
    source = {"required": ["a", "b"], "x-when": {"retry": {"automatic": {"required": ["c"]}}}}
    assert place(source, retry="automatic") == {"required": ["c"]}


def test_patches_of_several_silences_are_all_merged(place: Place) -> None:
    source = {"x-when": {"retry": {"automatic": {"a": {"b": 1}}}, "transitions": {"strict": {"a": {"c": 2}}}}}
    assert place(source, retry="automatic", transitions="strict") == {"a": {"b": 1, "c": 2}}
    assert place(source, transitions="strict") == {"a": {"c": 2}}


def test_a_place_within_a_patched_place_has_patches_of_its_own(place: Place) -> None:
    source = {
        "x-when": {"retry": {"automatic": {"a": {"d": 1}}}},
        "a": {"b": 1, "x-when": {"transitions": {"strict": {"b": 2}}}},
    }
    assert place(source, retry="automatic", transitions="strict") == {"a": {"b": 2, "d": 1}}


def test_a_patch_may_depend_on_another_silence(place: Place) -> None:
    inner = {"b": 1, "x-when": {"transitions": {"strict": {"b": None, "c": 2}}}}
    source = {"a": {"d": 0}, "x-when": {"retry": {"automatic": {"a": {**inner, "d": None}}}}}
    assert place(source, transitions="strict") == {"a": {"d": 0}}
    assert place(source, retry="automatic") == {"a": {"b": 1}}
    assert place(source, retry="automatic", transitions="strict") == {"a": {"c": 2}}


def test_places_in_lists_are_patched(place: Place) -> None:
    source = {"allOf": [{"x-when": {"retry": {"automatic": {"a": 1}}}}, {"b": 2}]}
    assert place(source, retry="automatic") == {"allOf": [{"a": 1}, {"b": 2}]}


@given(PLAIN, PLAIN)
@settings(deadline=None)
def test_a_patch_without_null_makes_every_leaf_of_it_true(place: Place, value: Json, patch: Json) -> None:
    def holds(merged: Any, part: Any) -> bool:
        return all(holds(merged[k], v) for k, v in part.items()) if isinstance(part, dict) else merged == part

    merged = place({**value, "x-when": {"retry": {"automatic": patch}}}, retry="automatic")
    assert holds(merged, patch)
    assert {name: merged[name] for name in value if name not in patch} == {
        name: value[name] for name in value if name not in patch
    }


# The kit's own spec


def test_the_default_dialects_spec_is_the_spec_without_its_patches() -> None:
    assert derive_spec(SPEC, Dialect()).root == without(SPEC.root, "x-when")


@given(CHOICES)
@settings(max_examples=20, deadline=None)
def test_deriving_leaves_the_source_as_it_is_and_no_patch_behind(choices: dict[str, str]) -> None:
    before = copy.deepcopy(SPEC.root)
    derived = derive_spec(SPEC, dialect_of(choices))
    assert SPEC.root == before
    assert not any("x-when" in node for node in nodes(derived.root))


def test_the_two_specs_share_nothing_that_could_change() -> None:
    derived = derive_spec(SPEC, dialect_of({"error-body": "nested"}))
    originals = {id(node) for node in nodes(SPEC.root)}
    assert not any(id(node) in originals for node in nodes(derived.root))


def test_every_patch_is_for_a_silence_and_a_value_that_there_are() -> None:
    patched = [node["x-when"] for node in nodes(SPEC.root) if "x-when" in node]
    assert patched
    for when in patched:
        for silence, patches in when.items():
            assert set(patches) <= set(silences()[silence].values) - {silences()[silence].default}


def test_every_silence_is_named_where_the_spec_is_silent() -> None:
    named = [node["x-silence"] for node in nodes(SPEC.root) if "x-silence" in node]
    flat = {name for names in named for name in (names if isinstance(names, list) else [names])}
    assert flat == set(silences())


@pytest.mark.parametrize(("silence", "value"), OTHERS)
def test_each_patch_changes_the_spec(silence: str, value: str) -> None:
    patched = {
        (name, choice)
        for node in nodes(SPEC.root)
        for name, patches in node.get("x-when", {}).items()
        for choice in patches
    }
    changed = derive_spec(SPEC, dialect_of({silence: value})).root != derive_spec(SPEC, Dialect()).root
    assert changed is ((silence, value) in patched)


@pytest.mark.parametrize("choices", [LAST, FIRST_OTHER], ids=["last", "second"])
def test_a_derived_spec_is_openapi(choices: dict[str, str]) -> None:
    validate(derive_spec(SPEC, dialect_of(choices)).root)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_published_spec_is_openapi_without_keys_of_the_kit(version: OpenapiVersion) -> None:
    published = published_spec(dialect_of(LAST), version)
    validate(published)
    assert not {name for node in nodes(published) for name in node if name.startswith("x-")}


@pytest.mark.parametrize(("silence", "value"), OTHERS)
def test_a_derived_spec_has_the_same_operations(api: Api, silence: str, value: str) -> None:
    derived = worker_api(dialect_of({silence: value}))
    assert list(derived.operations) == list(api.operations)
    assert derived.dialect[silence] == value


# The form of errors, which many places of the spec have


def is_error(api: Api, status: int, body: Json) -> bool:
    return api.operations["updateTask"].answer_flaw(status, body) is None


CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "not_your_task",
    404: "not_found",
    500: "internal_error",
}


@pytest.mark.parametrize(("status", "code"), CODES.items())
def test_each_form_of_an_error_is_taken_by_its_own_dialect_only(status: int, code: str) -> None:
    forms: dict[str, Json] = {
        "code": {"success": False, "error": code},
        "code-and-message": {"success": False, "error": code, "message": "why"},
        "nested": {"success": False, "error": {"code": code, "message": "why"}},
    }
    taken = {
        (dialect, form)
        for dialect in forms
        for form, body in forms.items()
        if is_error(worker_api(dialect_of({"error-body": dialect})), status, body)
    }
    # A further field `message` is no error, because the API page does not forbid further fields.
    assert taken == {(form, form) for form in forms} | {("code", "code-and-message")}


@pytest.mark.parametrize("form", silences()["error-body"].values)
def test_each_form_of_an_error_fixes_its_code(form: str) -> None:
    api = worker_api(dialect_of({"error-body": form}))
    wrong = {"code": "not_found", "message": "x"} if form == "nested" else "not_found"
    for status in (400, 401, 403, 500):
        assert not is_error(api, status, {"success": False, "error": wrong, "message": "x"})
    assert is_error(api, 404, {"success": False, "error": wrong, "message": "x"})


@given(CHOICES)
@settings(max_examples=20, deadline=None)
def test_the_codes_of_errors_are_the_same_in_every_dialect(choices: dict[str, str]) -> None:
    api = worker_api(dialect_of(choices))
    codes = {**CODES, 405: "method_not_allowed", 409: "conflict", 415: "unsupported_media_type"}
    assert {status: api.error_code(status) for status in codes} == codes


# Other facts that the mock reads from the derived spec


@pytest.mark.parametrize(("value", "seconds"), [("ignored", None), ("offline", 90)])
def test_silence_makes_a_server_offline_where_the_dialect_says_so(value: str, seconds: int | None) -> None:
    assert worker_api(dialect_of({"heartbeat-silence": value})).offline_after == seconds


@pytest.mark.parametrize(
    ("choices", "operation", "status"),
    [
        ({"unknown-cursor": "not-found"}, "listTasks", 404),
        ({"refused-transition": "409"}, "updateTask", 409),
        ({"refused-transition": "409"}, "updateLink", 409),
        ({"refused-transition": "409"}, "completeLink", 409),
        ({"content-type": "unsupported"}, "heartbeat", 415),
        ({"content-type": "unsupported"}, "bulkUpdateTasks", 415),
    ],
)
def test_a_status_is_described_in_the_dialects_that_have_it(
    api: Api, choices: dict[str, str], operation: str, status: int
) -> None:
    derived = worker_api(dialect_of(choices))
    assert status in derived.operations[operation].answer_validators
    assert status not in api.operations[operation].answer_validators


@pytest.mark.parametrize(
    ("text", "is_digits"),
    [("3", True), ("-3", True), ("0", True), ("3.0", False), ("1e2", False), ("-0.0", False), ("3e0", False)],
)
def test_an_integer_may_have_to_be_spelled_with_digits(api: Api, text: str, *, is_digits: bool) -> None:
    body = b'{"active_tasks": %s}' % text.encode()
    assert api.operations["heartbeat"].parse_request({}, "", body)
    digits = worker_api(dialect_of({"integer-spelling": "digits"})).operations["heartbeat"]
    if is_digits:
        assert digits.parse_request({}, "", body)
    else:
        with pytest.raises(FlawError, match=r"body/active_tasks: .* is not written with digits alone"):
            digits.parse_request({}, "", body)


@pytest.mark.parametrize("operation", worker_api().operations.values(), ids=lambda operation: operation.id)
def test_a_missing_body_is_refused_or_checked_like_an_empty_object(operation: Operation) -> None:
    if operation.body_validator is None:
        return
    path_values = {parameter.name: ID for parameter in operation.path_parameters}
    with pytest.raises(FlawError, match=r"^body: is not JSON: "):
        operation.parse_request(path_values, "", b"")
    empty = worker_api(dialect_of({"missing-body": "empty"})).operations[operation.id]
    assert outcome(empty, path_values, b"") == outcome(empty, path_values, b"{}")
    assert outcome(empty, path_values, b" ") == outcome(operation, path_values, b" ")


def outcome(operation: Operation, path_values: dict[str, str], body: bytes) -> Any:
    """The JSON of the body, or the text of the flaw."""
    try:
        return operation.parse_request(path_values, "", body).body
    except FlawError as flaw:
        return str(flaw)


def test_a_dialect_is_compiled_once() -> None:
    assert worker_api(dialect_of({"retry": "automatic"})) is worker_api(dialect_of({"retry": "automatic"}))
    assert worker_api() is worker_api(Dialect()) is worker_api(dialect_of({"retry": "manual"}))
