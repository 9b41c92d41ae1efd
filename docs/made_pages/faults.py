"""The page of all faults, made from their classes."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from docs.made_pages.markdown import introduction
from workerkit.openapi.formats import yaml_nodes
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
# A line of a docstring that describes a field: `share: the size of this part`.
_FIELD = re.compile(r"^(\w+): ", re.MULTILINE)


def faults_page(language: str) -> str:
    """The page as Markdown."""
    sections = [_section(folder, title[language], language) for folder, title in _SECTIONS.items()]
    when = f"{_SCHEDULE[language]}\n{_parameters(Schedule, language)}"
    return "\n".join([introduction("faults", language), *sections, when])


def _in_vietnamese() -> dict[str, str]:
    """What each fault does, in Vietnamese."""
    file = Path(__file__).with_name("faults.vi.yaml")
    sentences: dict[str, str] = yaml_nodes.load(file.read_text("utf-8"), name=file.name).plain()
    return sentences


def _section(folder: str, title: str, language: str) -> str:
    found = [fault for fault in FAULTS.values() if fault.__module__.split(".")[-2] == folder]
    return "\n".join([f"## {title}\n", *(_fault(fault, language) for fault in found)])


def _fault(fault: type[Fault], language: str) -> str:
    description = _description(fault) if language == "en" else _in_vietnamese()[fault.kind]
    if fault.operations:
        names = ", ".join(f"`{name}`" for name in fault.operations)
        description += f" {_ONLY_FOR[language]} {names}."
    parameters = _parameters(fault, language)
    return "\n".join([f"### {fault.kind}\n", f"{description}\n", *([parameters] if parameters else [])])


def _parameters(shape: Any, language: str) -> str:
    kinds, meanings = field_kinds(shape), _field_meanings(shape)
    items = zip(record_keys(shape), fields(shape), strict=True)
    return "".join(
        f"- `{key}` ({_default(field, kinds[field.name], language)}){meanings.get(field.name, '')}\n"
        for key, field in items
    )


def _default(field: Field[Any], kind: Any, language: str) -> str:
    """The default, after it the other words that the field takes."""
    text = _REQUIRED[language]
    if field.default is None:
        text = "-"
    elif field.default is not MISSING:
        text = f"`{duration_text(field.default) if kind is ValueKind.SECONDS else field.default}`"
    others = [f"`{word}`" for word in kind.words if word != field.default] if isinstance(kind, OneOf) else []
    return "; ".join([text, *([", ".join(others)] if others else [])])


def _docstring_parts(shape: type[Any]) -> list[str]:
    """What stands before the first field, then a name and a text for each field."""
    return _FIELD.split(inspect.cleandoc(shape.__doc__ or ""))


def _description(shape: type[Any]) -> str:
    return " ".join(_docstring_parts(shape)[0].split())


def _field_meanings(shape: type[Any]) -> dict[str, str]:
    parts = _docstring_parts(shape)[1:]
    return {name: f": {' '.join(text.split())}" for name, text in zip(parts[::2], parts[1::2], strict=True)}
