from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workerkit.openapi.spec.document import bundled_document
from workerkit.openapi.spec.silence import Silence, silences


def rows() -> list[tuple[str, list[str]]]:
    table = Path(__file__).with_name("silences.md").read_text("utf-8")
    cells = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [(name, values.split(", ")) for name, values, question in cells if name not in ("id", "---")]


def named(value: Any) -> Iterator[str]:
    """The ids of all silences that a spec names in `x-silence`."""
    if isinstance(value, list):
        for member in value:
            yield from named(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "x-silence":
                yield from [member] if isinstance(member, str) else member
            else:
                yield from named(member)


@pytest.mark.parametrize(("name", "values"), rows(), ids=[name for name, _ in rows()])
def test_a_silence_has_these_values_the_default_first(name: str, values: list[str]) -> None:
    silence = silences()[name]
    assert (list(silence.values), silence.default) == (values, values[0])


def test_the_list_is_whole() -> None:
    assert len(rows()) == 46
    assert {name for name, _ in rows()} <= silences().keys()


@pytest.mark.parametrize("silence", silences().values(), ids=lambda silence: silence.id)
def test_every_column_of_a_silence_is_filled_in(silence: Silence) -> None:
    assert silences()[silence.id] is silence
    assert silence.question.endswith("?")
    assert silence.default in silence.values
    assert len(silence.values) > 1
    for text in (silence.page, silence.seen, *silence.values.values()):
        assert text.endswith((".", ".'", "}"))
    for key in silence.values:
        assert type(key) is str


def test_every_silence_is_named_where_the_spec_carries_its_default() -> None:
    assert set(named(bundled_document("worker-api.yaml").root)) == set(silences())
