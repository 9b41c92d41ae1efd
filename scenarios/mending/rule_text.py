"""Explains a rule for workers in lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from functools import cache

from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.scenarios.library import library
from workerkit.scenarios.mending.mending import PROGRAMMING_LANGUAGES, mendings
from workerkit.scenarios.rules import RULES

_INDENT = " " * 4


def rule_lines(rule_id: str) -> Iterator[str]:
    """The explanation of a rule, with a bad and a good snippet in each language. Long lines are not wrapped.

    rule_id: the id of a rule in `RULES`.
    """
    rule, mending = RULES[rule_id], mendings()[rule_id]
    description = " ".join((rule.__doc__ or "").split())
    yield f"{rule_id}: " + phrase("a rule for workers")
    yield ""
    yield phrase(description)
    yield ""
    yield phrase("Why: ") + rule.reason_and_advice()
    yield ""
    yield phrase("What goes wrong: ") + mending.mistake
    yield ""
    yield _where_checked(rule_id)
    for language, title in PROGRAMMING_LANGUAGES.items():
        snippet = mending.snippets[language]
        yield from _code(phrase("Bad, in {language}:", language=title), snippet.bad)
        yield from _code(phrase("Good, in {language}:", language=title), snippet.good)


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
    sentences = [phrase("Every scenario checks this rule.")] if RULES[rule_id].general else []
    if names:
        sentences.append(phrase("Scenarios about this rule: {names}.", names=", ".join(names)))
    return joined(" ", sentences)


def _code(heading: str, code: str) -> Iterator[str]:
    yield ""
    yield heading
    yield ""
    yield from textwrap.indent(code.rstrip(), _INDENT).splitlines()
