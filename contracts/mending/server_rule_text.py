"""Explains a rule for servers in lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from workerkit.contracts.mending.server_mending import SERVER_LANGUAGES, server_mendings
from workerkit.contracts.page.rules import RULES
from workerkit.openapi.languages.phrase import phrase

_INDENT = " " * 4


def server_rule_lines(rule_id: str) -> Iterator[str]:
    """The explanation of a rule, with a request, a wrong and the right answer. Long lines are not wrapped.

    rule_id: the id of a rule of `contracts/page/rules.py`.
    """
    rule = next(rule for rule in RULES if rule.id == rule_id)
    mending = server_mendings()[rule_id]
    yield f"{rule_id}: " + phrase("a rule for servers")
    yield ""
    yield mending.means
    yield ""
    yield phrase("The sentence of the API's page: ") + rule.sentence.bilingual
    yield from _block(phrase("The request:"), mending.request)
    yield from _block(phrase("A wrong answer:"), mending.wrong)
    yield from _block(phrase("The right answer:"), mending.right)
    yield ""
    yield phrase("The usual cause: ") + mending.cause
    if mending.language is not None:
        yield from _block(
            phrase("Mended, with {language}:", language=SERVER_LANGUAGES[mending.language]), mending.snippet
        )


def _block(heading: str, text: str) -> Iterator[str]:
    yield ""
    yield heading
    yield ""
    yield from textwrap.indent(text.rstrip(), _INDENT).splitlines()
