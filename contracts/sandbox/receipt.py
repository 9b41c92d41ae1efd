"""What a run has changed at its target, and what of it was put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.openapi.masking.mask import Mask


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one task: what it was before the run, and what the run made of it.

    `is_put_back` is True where the field is again as it was; else `why` says why it is not. A field that
    `is_hidden` is in no list of the API: its `was` is unknown and None.
    """

    task: str
    field: str
    was: Any
    now: Any
    is_put_back: bool
    why: str = ""
    is_hidden: bool = False

    def as_json(self) -> dict[str, Any]:
        """The change as an object of the JSON report."""
        return {
            "task": self.task,
            "field": self.field,
            "was": self.was,
            "now": self.now,
            "put_back": self.is_put_back,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """The changes, and in `notes` what is no field of a task: counters, statuses of requests."""

    changes: tuple[FieldChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[FieldChange, ...]:
        """What is not as it was."""
        return tuple(change for change in self.changes if not change.is_put_back)

    def masked(self, mask: Mask) -> Receipt:
        """The receipt without secrets."""
        changes = (
            FieldChange(
                change.task,
                change.field,
                mask.under((change.field,), change.was),
                mask.under((change.field,), change.now),
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
