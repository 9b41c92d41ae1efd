"""The page of all rules, made from their classes."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any

from docs.made_pages.markdown import introduction
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.kinds import ValueKind
from workerkit.scenarios.fields.record import field_kinds, record_keys
from workerkit.scenarios.mending.mending import mendings
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.rule import Rule

# The headings of the rules that are general, and of the others.
_TITLES = {
    "en": {True: "General rules", False: "Rules that a scenario expects"},
    "vi": {True: "Rule chung", False: "Rule mà scenario ghi ở expect"},
}
_MEND = {"en": "How to mend it", "vi": "Cách sửa"}


def rules_page(language: str) -> str:
    """The page as Markdown, in the order of `RULES`."""
    sections = [_section(title, language, general=general) for general, title in _TITLES[language].items()]
    return "\n".join([introduction("rules", language), *sections])


def _section(title: str, language: str, *, general: bool) -> str:
    entries = [_entry(rule, language) for rule in RULES.values() if rule.general is general]
    return "\n".join([f"## {title}\n", *entries])


def _entry(rule: type[Rule], language: str) -> str:
    description = " ".join((rule.__doc__ or "").split())
    mend = f"[{_MEND[language]}](../how-to/mend/{mendings()[rule.id].group}.md#{rule.id})"
    text = (
        f"### {rule.id}\n\n{description}\n\nWhy: {rule.why}\n\nA careful worker {rule.careful}.\n\n{mend}\n"
    )
    return text + "".join(f"\nParameter `{key}`: {default}.\n" for key, default in _parameters(rule))


def _parameters(rule: Any) -> list[tuple[str, str]]:
    kinds = field_kinds(rule)
    fields_by_key = zip(record_keys(rule), fields(rule), strict=True)
    return [(key, _default(field, kinds[field.name])) for key, field in fields_by_key]


def _default(field: Field[Any], kind: Any) -> str:
    default: Any = field.default
    if default is None:
        return "not set"
    return duration_text(default) if kind is ValueKind.SECONDS else str(default)
