"""The page of all rules, made from their classes."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any

from docs.made_pages.markdown import in_language, introduction
from docs.messages.messages import one_line
from workerkit.openapi.languages.phrase import text_in
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

_LINES = {
    "en": ("Why: {why}", "A careful worker {careful}."),
    "vi": ("Lý do: {why}", "Worker cẩn thận {careful}."),
}
_PARAMETER = {"en": "Parameter", "vi": "Tham số"}
_NOT_SET = {"en": "not set", "vi": "không đặt"}


def rules_page(language: str) -> str:
    """The page as Markdown, in the order of `RULES`."""
    sections = [_section(title, language, general=general) for general, title in _TITLES[language].items()]
    return "\n".join([introduction("rules", language), *sections])


def _section(title: str, language: str, *, general: bool) -> str:
    entries = [_entry(rule, language) for rule in RULES.values() if rule.general is general]
    return "\n".join([f"## {title}\n", *entries])


def _entry(rule: type[Rule], language: str) -> str:
    description = in_language(one_line(rule.__doc__ or ""), language)
    why, careful = text_in(rule.why, language), text_in(rule.careful, language)
    paragraphs = [line.format(why=why, careful=careful) for line in _LINES[language]]
    mend = f"[{_MEND[language]}](../how-to/mend/{mendings()[rule.id].group}.md#{rule.id})"
    text = "\n\n".join([f"### {rule.id}", description, *paragraphs, mend]) + "\n"
    word = _PARAMETER[language]
    return text + "".join(f"\n{word} `{key}`: {value}.\n" for key, value in _parameters(rule, language))


def _parameters(rule: Any, language: str) -> list[tuple[str, str]]:
    kinds = field_kinds(rule)
    fields_by_key = zip(record_keys(rule), fields(rule), strict=True)
    return [(key, _default(field, kinds[field.name], language)) for key, field in fields_by_key]


def _default(field: Field[Any], kind: Any, language: str) -> str:
    default: Any = field.default
    if default is None:
        return _NOT_SET[language]
    return duration_text(default) if kind is ValueKind.SECONDS else str(default)
