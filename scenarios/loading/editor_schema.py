"""Describes scenario files as JSON Schema for editors.

The schema and the loader use the same dataclasses.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from workerkit.openapi.asked import KINDS
from workerkit.openapi.spec.document import Json
from workerkit.openapi.spec.silence import silences
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.planned_fault import FAULT_KEY
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.kinds import ANY, AtLeast, Between, OneOf, OneOrMore, ValueKind
from workerkit.scenarios.fields.record import field_kinds, has_short_form, record_keys, required_keys
from workerkit.scenarios.fields.value import ANSWER_STATUSES, ERROR_STATUSES, FRAMING_HEADERS, HEADER_NAME
from workerkit.scenarios.fields.vocabulary import Vocabulary, api_vocabulary
from workerkit.scenarios.loading.loader import REQUIRED_KEYS
from workerkit.scenarios.model.effects import EFFECTS
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.model.effects.tasks import AddTasks, CancelTasks, RemoveTasks
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.task_group import OWN_KEYS, TaskGroup
from workerkit.scenarios.model.trigger import TRIGGERS
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import AccountPlan, CustomerRequestPlan, ServerPlan, WorldPlan
from workerkit.scenarios.rules import RULES

SCHEMA_FILE = "scenario.schema.json"
SCHEMA_TITLE = "A scenario of workerkit"
_DRAFT = "http://json-schema.org/draft-07/schema#"
_TEXT: Json = {"type": "string", "pattern": r"\S"}
_DURATION = r"^\s*[0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h)\s*$"
_SPAN = r"^\s*([0-9]{1,9}|[0-9]{1,9}\.\.([0-9]{1,9})?|\.\.[0-9]{1,9})\s*$"
_TIME = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+(Z|[-+][0-9:]+)\s*$"
_HEADER = r"^\s*[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?\s*$"
# In a scenario file, the value of these effects is a task group or a selection. The key `tasks` is left out.
_SHAPES: dict[type[Effect], type[Any]] = {
    AddTasks: TaskGroup,
    CancelTasks: Selection,
    RemoveTasks: Selection,
}
_KIND_SCHEMAS: dict[ValueKind, Json] = {
    ValueKind.SECONDS: {"type": "string", "pattern": _DURATION},
    ValueKind.TIME: {"type": "string", "pattern": _TIME},
    ValueKind.CALLS: {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": _SPAN}]},
    ValueKind.ERROR_STATUS: {"enum": list(ERROR_STATUSES)},
    ValueKind.STATUS: {"enum": list(ANSWER_STATUSES)},
    ValueKind.SERVER: _TEXT,
    ValueKind.REQUEST: _TEXT,
    ValueKind.ACCOUNT: _TEXT,
    ValueKind.GROUP: _TEXT,
    ValueKind.HAPPENING: _TEXT,
    ValueKind.JSON: {},
    ValueKind.QUERY: {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"type": ["string", "integer"]},
    },
    ValueKind.HEADERS: {
        "type": "object",
        "propertyNames": {"pattern": f"^{HEADER_NAME.pattern}$", "not": {"enum": list(FRAMING_HEADERS)}},
        "additionalProperties": {"type": "string", "pattern": _HEADER},
    },
}


def scenario_schema(vocabulary: Vocabulary | None = None) -> Json:
    """The schema of scenario files. Every file that the loader accepts is valid by the schema.

    The loader refuses more than the schema: unknown names of servers, groups and so on, and contradictions.
    """
    return _SchemaBuilder(vocabulary or api_vocabulary()).scenario()


def fault_schemas(vocabulary: Vocabulary | None = None) -> Json:
    """The schemas of all kinds of faults, with the schedule, and `definitions` that they refer to."""
    builder = _SchemaBuilder(vocabulary or api_vocabulary())
    kinds = {name: builder.fault_details(fault) for name, fault in FAULTS.items()}
    return {"kinds": kinds, "definitions": builder.definitions}


def schema_text() -> str:
    """The text of the file `scenario.schema.json` in this package."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"


class _SchemaBuilder:
    """Builds the schema of each part of a scenario file.

    definitions: the schemas that other parts refer to.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.definitions: dict[str, Json] = {}
        self._words: dict[ValueKind, tuple[str, ...]] = {
            ValueKind.OPERATION: (ANY, *vocabulary.operations),
            ValueKind.ASKED: KINDS,
            ValueKind.SERVER_STATUS: vocabulary.server_statuses,
            ValueKind.TASK_STATUS: vocabulary.task_statuses,
        }

    def scenario(self) -> Json:
        parts = {
            "title": _TEXT,
            "about": _TEXT,
            "world": self._world(),
            "when": _list(self._happening()),
            "expect": _list(_named({name: self._record(rule) for name, rule in RULES.items()}, RULES)),
            "waive": _list(_one_key_of({rule.id: _TEXT for rule in RULES.values() if rule.general})),
            "until": self._record(Until),
        }
        head = {"$schema": _DRAFT, "title": SCHEMA_TITLE}
        return {**head, **_object(parts, REQUIRED_KEYS, _doc(Scenario)), "definitions": self.definitions}

    def _defined(self, name: str, schema: Json) -> Json:
        """Adds a definition to the schema once, and returns a reference to the definition."""
        self.definitions[name] = schema
        return {"$ref": f"#/definitions/{name}"}

    def _world(self) -> Json:
        parts = {
            "servers": _list(self._record(ServerPlan), minimum=1),
            "requests": _list(self._record(CustomerRequestPlan), minimum=1),
            "accounts": _list(self._record(AccountPlan), minimum=1),
            "tasks": _list(self._task_group()),
            "dialect": _object({silence.id: _choices(silence.values) for silence in silences().values()}),
            "seed": {"type": "integer", "minimum": 0},
            "clock": _KIND_SCHEMAS[ValueKind.TIME],
        }
        return _object(parts, ("servers",), _doc(WorldPlan))

    def _task_group(self) -> Json:
        own = {key: field for key, field in self._fields(TaskGroup).items() if key in OWN_KEYS}
        needed = [key for key in required_keys(TaskGroup) if key in OWN_KEYS]
        group = _object({**own, **self._vocabulary.task_schemas}, needed, _doc(TaskGroup))
        return self._defined("tasks", group)

    def _happening(self) -> Json:
        triggers = {name: self._record(trigger) for name, trigger in TRIGGERS.items()}
        effects = {name: self._effect(effect) for name, effect in EFFECTS.items()}
        shapes = {name: _SHAPES.get(effect, effect) for name, effect in EFFECTS.items()}
        parts = {"name": _TEXT, **triggers, "do": _list(_named(effects, shapes), minimum=1)}
        return {**_object(parts, ("do",)), "oneOf": [{"required": [name]} for name in triggers]}

    def _effect(self, effect: type[Effect]) -> Json:
        if effect is AddFault:
            return self._fault()
        if effect is AddTasks:
            return self._task_group()
        return self._record(_SHAPES.get(effect, effect))

    def _fault(self) -> Json:
        without_details = [name for name, fault in FAULTS.items() if not required_keys(fault)]
        details = (self.fault_details(fault) for fault in FAULTS.values())
        return {"anyOf": [{"enum": without_details}, *details]}

    def fault_details(self, fault: type[Fault]) -> Json:
        parts = {FAULT_KEY: {"const": fault.kind}, **self._fields(fault), **self._fields(Schedule)}
        return _object(parts, (FAULT_KEY, *required_keys(fault)), _doc(fault))

    def _record(self, shape: type[Any]) -> Json:
        fields = self._fields(shape)
        schema = _object(fields, required_keys(shape), _doc(shape))
        if has_short_form(shape):
            schema = {"anyOf": [fields[record_keys(shape)[0]], schema]}
        return self._defined(shape.__name__, schema) if shape is Selection else schema

    def _fields(self, shape: type[Any]) -> dict[str, Json]:
        return {name.removesuffix("_"): self._value(kind) for name, kind in field_kinds(shape).items()}

    def _value(self, kind: Any) -> Json:
        if isinstance(kind, type):
            return self._record(kind)
        match kind:
            case None:
                return _TEXT
            case ValueKind.TASK_FIELDS:
                known = self._vocabulary.changeable_fields
                fields = {name: self._vocabulary.task_schemas[name] for name in known}
                return {**_object(fields), "minProperties": 1}
            case ValueKind():
                words = self._words.get(kind)
                return self._defined(
                    kind.name.lower(), {"enum": list(words)} if words else _KIND_SCHEMAS[kind]
                )
            case OneOrMore(word_kind):
                word = self._value(word_kind)
                return {"anyOf": [word, {**_list(word, minimum=1), "uniqueItems": True}]}
            case OneOf(words):
                return {"enum": list(words)}
            case Between(minimum, maximum):
                return {"type": "number", "minimum": minimum, "maximum": maximum}
            case AtLeast(minimum):
                return {"type": "integer", "minimum": minimum}
        raise AssertionError(kind)


def _object(parts: Mapping[str, Json], needed: Any = (), description: str = "") -> Json:
    described = {"description": description} if description else {}
    schema = {"type": "object", "additionalProperties": False, "properties": dict(parts)}
    return {**described, **schema, **({"required": list(needed)} if needed else {})}


def _list(item: Json, *, minimum: int = 0) -> Json:
    return {"type": "array", "items": item, **({"minItems": minimum} if minimum else {})}


def _one_key_of(details: Mapping[str, Json]) -> Json:
    return {**_object(details), "minProperties": 1, "maxProperties": 1}


def _named(details: Mapping[str, Json], shapes: Mapping[str, type[Any]]) -> Json:
    """An item: a name with details, or a name alone if it needs no details."""
    without_details = [name for name, shape in shapes.items() if not required_keys(shape)]
    return {"anyOf": [{"enum": without_details}, _one_key_of(details)]}


def _choices(values: Mapping[str, str]) -> Json:
    """The values that a dialect can choose for a silence.

    A silence is a matter that the API page leaves open.
    Without quotes, YAML reads `null` as null and digits as a number. So null and numbers are allowed, too.
    """
    null = [None] if "null" in values else []
    numbers = [int(value) for value in values if value.isdigit()]
    return {"enum": [*values, *null, *numbers]}


def _doc(shape: type[Any]) -> str:
    """The first paragraph of a docstring, on one line."""
    return (inspect.getdoc(shape) or "").partition("\n\n")[0].replace("\n", " ")
