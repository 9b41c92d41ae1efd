"""A note about passwords that a list shows masked. In a test system, this can be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from workerkit.contracts.relations.listed_tasks import tasks_of_largest_list
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_LEAST_TASKS = 10
# Only signs (***), signs in the middle (p***d), xxx, or a word such as [FILTERED].
_MASKED = re.compile(
    r"[\W_]+|.*\*{3}.*|x{3,}|\W*(?:masked|hidden|redacted|filtered|removed)\W*", re.IGNORECASE | re.DOTALL
)


def masked_password_notes(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """A note if the password of each task of the largest list is masked.

    Only if the list has at least 10 tasks.
    """
    tasks = tasks_of_largest_list(exchanges)
    if len(tasks) >= _LEAST_TASKS and all(_is_masked(task.get("password")) for task in tasks):
        yield phrase(
            "in all {count} tasks of a list, the password is masked, such as ***: a worker cannot log in "
            "with it",
            count=len(tasks),
        )


def _is_masked(password: object) -> bool:
    return isinstance(password, str) and _MASKED.fullmatch(password) is not None
