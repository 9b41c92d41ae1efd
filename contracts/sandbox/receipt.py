"""The receipt of a sandbox: what the run changed, and what was put back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from workerkit.openapi.masking.mask import Mask


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field of one task.

    task: the id of the task.
    field: the name of the field.
    before: the value before the run. None if the field is hidden.
    after: the value that the field has now. If the run put the old value back: the value just before that.
        If the field is hidden: the last value that the run wrote.
    is_put_back: True if the field has its old value again.
    why: why the field was not put back, or an empty text.
    is_hidden: True if no answer of the API shows this field.
    """

    task: str
    field: str
    before: Any
    after: Any
    is_put_back: bool
    why: str = ""
    is_hidden: bool = False

    def as_json(self) -> dict[str, Any]:
        """The change as an object of the JSON report."""
        return {
            "task": self.task,
            "field": self.field,
            "was": self.before,
            "now": self.after,
            "put_back": self.is_put_back,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a run changed in the sandbox.

    changes: the changed fields of tasks.
    notes: other changes, for example of counters and of the status of customers' requests.
    """

    changes: tuple[FieldChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def not_put_back(self) -> tuple[FieldChange, ...]:
        """The changes that were not put back."""
        return tuple(change for change in self.changes if not change.is_put_back)

    def with_note(self, note: str) -> Receipt:
        """The receipt with one more note, or the same receipt for an empty text."""
        return replace(self, notes=(*self.notes, note)) if note else self

    def masked(self, mask: Mask) -> Receipt:
        """The receipt with masked secrets."""
        changes = (
            FieldChange(
                change.task,
                change.field,
                mask.value_in_fields((change.field,), change.before),
                mask.value_in_fields((change.field,), change.after),
                change.is_put_back,
                mask.text(change.why),
                change.is_hidden,
            )
            for change in self.changes
        )
        return Receipt(tuple(changes), tuple(map(mask.text, self.notes)))

    def as_json(self) -> dict[str, Any]:
        """The receipt as an object of the JSON report."""
        return {"changes": [change.as_json() for change in self.changes], "notes": list(self.notes)}
