"""Explains a rule for workers in lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from functools import cache

from workerkit.scenarios.library import library
from workerkit.scenarios.mending.mending import PROGRAMMING_LANGUAGES, mendings
from workerkit.scenarios.rules import RULES

_INDENT = " " * 4


def rule_lines(rule_id: str) -> Iterator[str]:
    """The explanation of a rule, with a bad and a good snippet in each language. Long lines are not wrapped.

    rule_id: the id of a rule in `RULES`.
    """
    rule, mending = RULES[rule_id], mendings()[rule_id]
    yield f"{rule_id}: a rule for workers"
    yield ""
    yield " ".join((rule.__doc__ or "").split())
    yield ""
    yield f"Why: {rule.why} A careful worker {rule.careful}."
    yield ""
    yield f"What goes wrong: {mending.mistake}"
    yield ""
    yield _where_checked(rule_id)
    for language, title in PROGRAMMING_LANGUAGES.items():
        snippet = mending.snippets[language]
        yield from _code(f"Bad, in {title}", snippet.bad)
        yield from _code(f"Good, in {title}", snippet.good)


def scenarios_about(rule_id: str) -> list[str]:
    """The names of the scenarios of the library that expect a rule."""
    return [name for name, rules in _expected_rules().items() if rule_id in rules]


@cache
def _expected_rules() -> Mapping[str, frozenset[str]]:
    """The rules that each scenario of the library expects, by its name."""
    scenarios = map(library.find, library.names())
    return {
        scenario.name: frozenset(expectation.rule for expectation in scenario.expect)
        for scenario in scenarios
    }


def _where_checked(rule_id: str) -> str:
    names = scenarios_about(rule_id)
    sentences = ["Every scenario checks this rule."] if RULES[rule_id].general else []
    return " ".join([*sentences, *([f"Scenarios about this rule: {', '.join(names)}."] if names else [])])


def _code(heading: str, code: str) -> Iterator[str]:
    yield ""
    yield f"{heading}:"
    yield ""
    yield from textwrap.indent(code.rstrip(), _INDENT).splitlines()
