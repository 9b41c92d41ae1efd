"""The form of scenario files as JSON Schema, for editors: made from the model that the loader reads by."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from workerkit.openapi.spec.document import Json
from workerkit.openapi.spec.silence import silences
from workerkit.scenarios.faults import FAULTS, Fault
from workerkit.scenarios.faults.planned_fault import KIND
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.kinds import ANY, AtLeast, Between, OneOf, OneOrMore, ValueKind
from workerkit.scenarios.fields.record import keys, markers, may_stand_alone, required
from workerkit.scenarios.fields.value import ANSWER_STATUSES, ERROR_STATUSES, FRAMING, HEADER_NAME
from workerkit.scenarios.fields.vocabulary import Vocabulary, documented
from workerkit.scenarios.loading.loader import REQUIRED
from workerkit.scenarios.model.effects import EFFECTS, AddFault, AddTasks, CancelTasks, Effect, RemoveTasks
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.task_group import OWN_KEYS, TaskGroup
from workerkit.scenarios.model.trigger import TRIGGERS
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import AccountPlan, CustomerRequestPlan, ServerPlan, WorldPlan
from workerkit.scenarios.rules import RULES

FILE = "scenario.schema.json"
_DRAFT = "http://json-schema.org/draft-07/schema#"
_TEXT: Json = {"type": "string", "pattern": r"\S"}
_LENGTH = r"^\s*[0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h)\s*$"
_SPAN = r"^\s*([0-9]{1,9}|[0-9]{1,9}\.\.([0-9]{1,9})?|\.\.[0-9]{1,9})\s*$"
_MOMENT = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+(Z|[-+][0-9:]+)\s*$"
_HEADER = r"^\s*[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?\s*$"
# Effects that are written as what they hold.
_SHAPES: dict[type[Effect], type[Any]] = {
    AddTasks: TaskGroup,
    CancelTasks: Selection,
    RemoveTasks: Selection,
}
_FIXED: dict[ValueKind, Json] = {
    ValueKind.SECONDS: {"type": "string", "pattern": _LENGTH},
    ValueKind.TIME: {"type": "string", "pattern": _MOMENT},
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
        "propertyNames": {"pattern": f"^{HEADER_NAME.pattern}$", "not": {"enum": list(FRAMING)}},
        "additionalProperties": {"type": "string", "pattern": _HEADER},
    },
}


def scenario_schema(vocabulary: Vocabulary | None = None) -> Json:
    """The schema of scenario files. What the loader takes is valid by it.

    What only the loader sees it cannot say: names of things elsewhere in the file, and contradictions.
    """
    return _Schemas(vocabulary or documented()).scenario()


def schema_text() -> str:
    """The schema as it stands in the file `scenario.schema.json` of this package."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"


class _Schemas:
    """Makes the schema of each part of a scenario file."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._definitions: dict[str, Json] = {}
        self._words: dict[ValueKind, tuple[str, ...]] = {
            ValueKind.OPERATION: (ANY, *vocabulary.operations),
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
            "waive": _list(_one_of_these({rule.id: _TEXT for rule in RULES.values() if rule.general})),
            "until": self._record(Until),
        }
        head = {"$schema": _DRAFT, "title": "A scenario of workerkit"}
        return {**head, **_object(parts, REQUIRED, _doc(Scenario)), "definitions": self._definitions}

    def _defined(self, name: str, schema: Json) -> Json:
        """A reference to what is said once for the whole file."""
        self._definitions[name] = schema
        return {"$ref": f"#/definitions/{name}"}

    def _world(self) -> Json:
        parts = {
            "servers": _list(self._record(ServerPlan), least=1),
            "requests": _list(self._record(CustomerRequestPlan), least=1),
            "accounts": _list(self._record(AccountPlan), least=1),
            "tasks": _list(self._task_group()),
            "dialect": _object({silence.id: _choices(silence.values) for silence in silences().values()}),
            "seed": {"type": "integer", "minimum": 0},
            "clock": _FIXED[ValueKind.TIME],
        }
        return _object(parts, ("servers",), _doc(WorldPlan))

    def _task_group(self) -> Json:
        own = {key: each for key, each in self._fields(TaskGroup).items() if key in OWN_KEYS}
        needed = [key for key in required(TaskGroup) if key in OWN_KEYS]
        whole = _object({**own, **self._vocabulary.task_schemas}, needed, _doc(TaskGroup))
        return self._defined("tasks", whole)

    def _happening(self) -> Json:
        triggers = {name: self._record(trigger) for name, trigger in TRIGGERS.items()}
        effects = {name: self._effect(effect) for name, effect in EFFECTS.items()}
        shapes = {name: _SHAPES.get(effect, effect) for name, effect in EFFECTS.items()}
        parts = {"name": _TEXT, **triggers, "do": _list(_named(effects, shapes), least=1)}
        return {**_object(parts, ("do",)), "oneOf": [{"required": [name]} for name in triggers]}

    def _effect(self, effect: type[Effect]) -> Json:
        if effect is AddFault:
            return self._fault()
        if effect is AddTasks:
            return self._task_group()
        return self._record(_SHAPES.get(effect, effect))

    def _fault(self) -> Json:
        alone = [name for name, fault in FAULTS.items() if not required(fault)]
        return {"anyOf": [{"enum": alone}, *(self._fault_of(fault) for fault in FAULTS.values())]}

    def _fault_of(self, fault: type[Fault]) -> Json:
        parts = {KIND: {"const": fault.kind}, **self._fields(fault), **self._fields(Schedule)}
        return _object(parts, (KIND, *required(fault)), _doc(fault))

    def _record(self, shape: type[Any]) -> Json:
        fields = self._fields(shape)
        whole = _object(fields, required(shape), _doc(shape))
        if may_stand_alone(shape):
            whole = {"anyOf": [fields[keys(shape)[0]], whole]}
        return self._defined(shape.__name__, whole) if shape is Selection else whole

    def _fields(self, shape: type[Any]) -> dict[str, Json]:
        return {name.removesuffix("_"): self._value(marker) for name, marker in markers(shape).items()}

    def _value(self, marker: Any) -> Json:
        if isinstance(marker, type):
            return self._record(marker)
        match marker:
            case None:
                return _TEXT
            case ValueKind.TASK_FIELDS:
                known = self._vocabulary.changeable
                fields = {name: self._vocabulary.task_schemas[name] for name in known}
                return {**_object(fields), "minProperties": 1}
            case ValueKind() as kind:
                words = self._words.get(kind)
                return self._defined(kind.name.lower(), {"enum": list(words)} if words else _FIXED[kind])
            case OneOrMore(kind):
                word = self._value(kind)
                return {"anyOf": [word, {**_list(word, least=1), "uniqueItems": True}]}
            case OneOf(words):
                return {"enum": list(words)}
            case Between(least, most):
                return {"type": "number", "minimum": least, "maximum": most}
            case AtLeast(minimum):
                return {"type": "integer", "minimum": minimum}
        raise AssertionError(marker)


def _object(parts: Mapping[str, Json], needed: Any = (), description: str = "") -> Json:
    told = {"description": description} if description else {}
    whole = {"type": "object", "additionalProperties": False, "properties": dict(parts)}
    return {**told, **whole, **({"required": list(needed)} if needed else {})}


def _list(item: Json, *, least: int = 0) -> Json:
    return {"type": "array", "items": item, **({"minItems": least} if least else {})}


def _one_of_these(details: Mapping[str, Json]) -> Json:
    return {**_object(details), "minProperties": 1, "maxProperties": 1}


def _named(details: Mapping[str, Json], shapes: Mapping[str, type[Any]]) -> Json:
    """An item that is a name with details, or the name alone where none are needed."""
    alone = [name for name, shape in shapes.items() if not required(shape)]
    return {"anyOf": [{"enum": alone}, _one_of_these(details)]}


def _choices(values: Mapping[str, str]) -> Json:
    """The values of a silence as YAML may write them: null and numbers without quotes, too."""
    plain = [None] if "null" in values else []
    numbers = [int(each) for each in values if each.isdigit()]
    return {"enum": [*values, *plain, *numbers]}


def _doc(shape: type[Any]) -> str:
    return (inspect.getdoc(shape) or "").partition("\n\n")[0].replace("\n", " ")
