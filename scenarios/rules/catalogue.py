"""Writes the page of all rules: `python -m workerkit.scenarios.rules.catalogue > docs/reference/rules.md`."""

from __future__ import annotations

import sys
from dataclasses import Field, fields
from typing import Any

from workerkit.scenarios.fields import duration
from workerkit.scenarios.fields.kinds import ValueKind
from workerkit.scenarios.fields.record import field_kinds, record_keys
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.rule import Rule

_HEAD = """# The rules for workers

`workerkit exec` checks these rules. They judge what a worker does to the tasks and to the server, not how the
worker is built. A worker may run once or as a daemon. It may do one task at a time or many, and report by
update, in bulk or by callback.

General rules are checked in every scenario. Other rules are checked only in scenarios that list them under
`expect`. A scenario also sets the parameters of a rule under `expect`:

    expect:
      - pause-on-401: {attempts: 30}

This page is made from the rules by `python -m workerkit.scenarios.rules.catalogue`.
"""


def catalogue() -> str:
    """Returns the page of all rules as Markdown, in the order of `RULES`."""
    titles = {"General rules": True, "Rules that a scenario expects": False}
    sections = [_section(title, general=general) for title, general in titles.items()]
    return "\n".join([_HEAD, *sections])


def _section(title: str, *, general: bool) -> str:
    entries = [_entry(rule) for rule in RULES.values() if rule.general is general]
    return "\n".join([f"## {title}\n", *entries])


def _entry(rule: type[Rule]) -> str:
    description = " ".join((rule.__doc__ or "").split())
    text = f"### {rule.id}\n\n{description}\n\nWhy: {rule.why}\n\nA careful worker {rule.careful}.\n"
    return text + "".join(f"\nParameter `{key}`: {default}.\n" for key, default in _parameters(rule))


def _parameters(rule: Any) -> list[tuple[str, str]]:
    kinds = field_kinds(rule)
    fields_by_key = zip(record_keys(rule), fields(rule), strict=True)
    return [(key, _default(field, kinds[field.name])) for key, field in fields_by_key]


def _default(field: Field[Any], kind: Any) -> str:
    default: Any = field.default
    if default is None:
        return "not set"
    return duration.duration_text(default) if kind is ValueKind.SECONDS else str(default)


if __name__ == "__main__":
    sys.stdout.write(catalogue())
