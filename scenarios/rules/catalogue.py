"""The rules as a page of documentation: `python -m workerkit.scenarios.rules.catalogue > docs/rules.md`."""

from __future__ import annotations

import sys
from dataclasses import Field, fields
from typing import Any

from workerkit.scenarios.fields import duration
from workerkit.scenarios.fields.kinds import ValueKind
from workerkit.scenarios.fields.record import keys, markers
from workerkit.scenarios.rules import RULES, Rule

_HEAD = """# The rules for workers

What `workerkit exec` holds a worker to. They judge what a worker does to the world, not how it is built: one
shot or daemon, one task at a time or many, by update, in bulk or by callback. General rules hold in every
scenario; the others where a scenario expects them. A scenario sets a rule's parameters under `expect`:

    expect:
      - pause-on-401: {attempts: 30}

This page is made from the rules themselves, by `python -m workerkit.scenarios.rules.catalogue`.
"""


def catalogue() -> str:
    """All rules as Markdown, in the order of the register."""
    parts = {"General rules": True, "Rules that a scenario expects": False}
    sections = [_section(title, general=general) for title, general in parts.items()]
    return "\n".join([_HEAD, *sections])


def _section(title: str, *, general: bool) -> str:
    entries = [_entry(rule) for rule in RULES.values() if rule.general is general]
    return "\n".join([f"## {title}\n", *entries])


def _entry(rule: type[Rule]) -> str:
    holds = " ".join((rule.__doc__ or "").split())
    text = f"### {rule.id}\n\n{holds}\n\nWhy: {rule.why}\n\nA careful worker {rule.careful}.\n"
    return text + "".join(f"\nParameter `{key}`: {default}.\n" for key, default in _parameters(rule))


def _parameters(rule: Any) -> list[tuple[str, str]]:
    kinds = markers(rule)
    named = zip(keys(rule), fields(rule), strict=True)
    return [(key, _default(each, kinds[each.name])) for key, each in named]


def _default(each: Field[Any], kind: Any) -> str:
    default: Any = each.default
    return duration.written(default) if kind is ValueKind.SECONDS else str(default)


if __name__ == "__main__":
    sys.stdout.write(catalogue())
