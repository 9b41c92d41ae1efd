"""`workerkit silences`: what the page leaves open."""

from __future__ import annotations

from collections.abc import Callable

from workerkit.openapi.spec.silence import silences

Run = Callable[..., tuple[int, str, str]]


def test_each_silence_is_listed_with_its_values_the_default_first(run: Run) -> None:
    code, output, errors = run("silences")
    assert (code, errors) == (0, "")
    lines = output.splitlines()
    for silence in silences().values():
        place = lines.index(f"{silence.id}: {silence.question}")
        values = [
            line.strip().partition(":")[0] for line in lines[place + 1 : place + 1 + len(silence.values)]
        ]
        assert values == list(silence.values)
        assert values[0] == silence.default


def test_nothing_else_is_listed(run: Run) -> None:
    lines = run("silences")[1].splitlines()
    assert len(lines) == sum(1 + len(silence.values) for silence in silences().values())


def test_the_questions_and_meanings_are_in_vietnamese_when_asked(run: Run) -> None:
    lines = run("silences", "last-cursor", "--lang", "vi")[1].splitlines()
    assert lines[:2] == [
        "last-cursor: `next_cursor` ở trang cuối là gì?",
        "    null: Ở trang cuối, `next_cursor` là `null`.",
    ]
