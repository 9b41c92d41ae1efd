"""A baseline: an earlier JSON report. A new report can be compared with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.seen_fields import JSON_TYPES, SeenFields
from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse

T = TypeVar("T")


class BadBaselineError(UsageError, ValueError):
    """The file is not a report of `workerkit conform --json`. The message says where and what is wrong."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an earlier report says.

    name: the name of its file.
    target: the base URL of the server that was tested.
    end_reason: the reason why that run ended early, or an empty text.
    statuses: the status of each rule, by the rule's id.
    silences: the observed value of each silence or None, by the silence's id.
    fields: the seen fields. Empty for a report of an old version, which has none.
    """

    name: str
    target: str
    end_reason: str
    statuses: Mapping[str, RuleStatus]
    silences: Mapping[str, str | None]
    fields: SeenFields


def read_baseline(name: str) -> Baseline:
    """Reads the file that `workerkit conform --json` wrote. Raises BadBaselineError."""
    part = _Part(name, "", _read(name))
    rules = part.member("rules").members()
    return Baseline(
        name=name,
        target=part.member("target").text(),
        end_reason=part.member("ended", "").text(),
        statuses={rule.member("id").text(): rule.member("status").choice(_STATUSES) for rule in rules},
        silences=part.member("silences").mapping(_Part.text_or_none),
        fields=part.member("fields", {}).mapping(_statuses_of_operation),
    )


_STATUSES = {str(status): status for status in RuleStatus}
_TYPES = {json_type: json_type for json_type in JSON_TYPES}


def _read(name: str) -> Any:
    try:
        return parse(Path(name).read_bytes())
    except OSError as error:
        raise BadBaselineError(f"--baseline {name}: {error.strerror or error}") from None
    except MalformedJsonError as error:
        raise BadBaselineError(f"--baseline {name} is not JSON: {error}") from None


def _statuses_of_operation(part: _Part) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    return part.mapping(_fields_of_status)


def _fields_of_status(part: _Part) -> Mapping[str, tuple[str, ...]]:
    return part.mapping(_types_of_field)


def _types_of_field(part: _Part) -> tuple[str, ...]:
    return tuple(json_type.choice(_TYPES) for json_type in part.members())


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the file, with its place. Each method raises BadBaselineError for a wrong form."""

    name: str
    place: str
    value: Any

    def member(self, name: str, default: Any = None) -> _Part:
        """A member of this object. If it is missing, `default` takes its place."""
        value = self._expect(dict, "an object").get(name, default)
        if value is None:
            raise self._error(f"has no {name}")
        return _Part(self.name, f"{self.place}/{name}", value)

    def members(self) -> list[_Part]:
        """The members of this list."""
        return [
            _Part(self.name, f"{self.place}/{index}", value)
            for index, value in enumerate(self._expect(list, "a list"))
        ]

    def mapping(self, read: Callable[[_Part], T]) -> dict[str, T]:
        """The members of this object, each read by `read`."""
        return {
            name: read(_Part(self.name, f"{self.place}/{name}", value))
            for name, value in self._expect(dict, "an object").items()
        }

    def text(self) -> str:
        """This text."""
        return str(self._expect(str, "a text"))

    def text_or_none(self) -> str | None:
        """This text. None for null."""
        return None if self.value is None else self.text()

    def choice(self, choices: Mapping[str, T]) -> T:
        """The value that `choices` has for this text."""
        text = self.text()
        if text not in choices:
            raise self._error(f"is {text!r}, expected {' or '.join(choices)}")
        return choices[text]

    def _expect(self, expected: type, noun: str) -> Any:
        if not isinstance(self.value, expected):
            raise self._error(f"is not {noun}")
        return self.value

    def _error(self, what: str) -> BadBaselineError:
        where = f"{self.name}: {self.place or 'the file'}"
        return BadBaselineError(
            f"--baseline {where} {what}: give a report of workerkit conform --json FILE. "
            "More: workerkit docs how-to/nightly-drift"
        )
