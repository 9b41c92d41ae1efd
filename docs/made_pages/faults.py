"""The page of all faults, made from their classes."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

from docs.made_pages.markdown import in_language, introduction
from docs.messages.field_meanings import description, field_meanings
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.kinds import OneOf, ValueKind
from workerkit.scenarios.fields.record import field_kinds, record_keys

# The headings, by the folder of the faults.
_SECTIONS = {
    "refuse": {"en": "The request is refused", "vi": "Request bị từ chối"},
    "slow": {"en": "The answer is slow", "vi": "Câu trả lời đến chậm"},
    "spoil": {"en": "The answer is broken", "vi": "Câu trả lời bị hỏng"},
    "mislead": {"en": "The answer is missing or wrong", "vi": "Câu trả lời bị mất hoặc sai"},
}
_SCHEDULE = {
    "en": """## Which requests a fault affects

Each fault takes these parameters, too. Without them it affects every request.
""",
    "vi": """## Fault ảnh hưởng đến những request nào

Fault nào cũng nhận thêm những tham số này. Nếu không đặt tham số nào, fault ảnh hưởng đến mọi request.
""",
}
_ONLY_FOR = {"en": "Only for", "vi": "Chỉ dùng cho"}
_REQUIRED = {"en": "required", "vi": "bắt buộc"}


def faults_page(language: str) -> str:
    """The page as Markdown."""
    sections = [_section(folder, title[language], language) for folder, title in _SECTIONS.items()]
    when = f"{_SCHEDULE[language]}\n{_parameters(Schedule, language)}"
    return "\n".join([introduction("faults", language), *sections, when])


def _section(folder: str, title: str, language: str) -> str:
    found = [fault for fault in FAULTS.values() if fault.__module__.split(".")[-2] == folder]
    return "\n".join([f"## {title}\n", *(_fault(fault, language) for fault in found)])


def _fault(fault: type[Fault], language: str) -> str:
    text = in_language(description(fault), language)
    if fault.operations:
        names = ", ".join(f"`{name}`" for name in fault.operations)
        text += f" {_ONLY_FOR[language]} {names}."
    parameters = _parameters(fault, language)
    return "\n".join([f"### {fault.kind}\n", f"{text}\n", *([parameters] if parameters else [])])


def _parameters(shape: Any, language: str) -> str:
    kinds, meanings = field_kinds(shape), field_meanings(shape)
    items = zip(record_keys(shape), fields(shape), strict=True)
    return "".join(
        f"- `{key}` ({_default(field, kinds[field.name], language)})"
        f"{_meaning(meanings.get(field.name), language)}\n"
        for key, field in items
    )


def _meaning(meaning: str | None, language: str) -> str:
    return f": {in_language(meaning, language)}" if meaning else ""


def _default(field: Field[Any], kind: Any, language: str) -> str:
    """The default, after it the other words that the field takes."""
    text = _REQUIRED[language]
    if field.default is None:
        text = "-"
    elif field.default is not MISSING:
        text = f"`{duration_text(field.default) if kind is ValueKind.SECONDS else field.default}`"
    others = [f"`{word}`" for word in kind.words if word != field.default] if isinstance(kind, OneOf) else []
    return "; ".join([text, *([", ".join(others)] if others else [])])
