"""The cells of the grid: what a request asks, in which form, and the trouble that it meets.

For each cell there is a scenario in which it happens, and a careless worker that fails there, because it has
a weakness at exactly these requests.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workerkit.openapi.asked import form_of
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.trouble import TROUBLES

# The updates of tasks come in three forms.
UPDATES = ("running", "completion", "failure", "requeue")
ASKED = ("heartbeat", "first-page", "later-page", *UPDATES, "logs")
FORMS = {"single": "put", "bulk": "bulk", "callback": "callback"}
_ROOT = Path(__file__).parents[2]
_SCENARIOS = {
    "5xx": "errors-at-every-step",
    "401": "key-refused-at-every-step",
    "429": "throttled-at-every-step",
    "answer-lost": "answers-lost-at-every-step",
    "connection-lost": "connections-lost-at-every-step",
    "unreadable": "broken-answers-at-every-step",
    "slow": "slow-at-every-step",
}
# Heartbeats and later pages meet these troubles elsewhere.
_AROUND_THE_WORK = {
    "429": "rate-limited",
    "answer-lost": "answers-lost",
    "connection-lost": "idle-connection-closed",
    "unreadable": "truncated-json",
}
# The scenarios in which an answer never comes.
_HANGS = {
    "heartbeat": "no-answer-to-a-heartbeat",
    "logs": "no-answer-to-logs",
    "first-page": "no-answer-to-a-list",
    "later-page": "no-answer-to-a-later-page",
    "running": "no-answer-to-a-start",
    "completion": "answer-never-comes",
    "failure": "no-answer-to-a-failure",
    "requeue": "no-answer-to-a-requeue",
}
# These troubles come after the request took effect.
_APPLIED = ("answer-lost", "unreadable")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid.

    asked: what the request asks.
    trouble: the trouble that it meets.
    form: the form of an update: `single`, `bulk` or `callback`. None for all other requests.
    """

    asked: str
    trouble: str
    form: str | None = None

    def __str__(self) -> str:
        return "-".join(filter(None, (self.form, self.asked, self.trouble)))

    @property
    def scenario(self) -> str:
        """The name of a scenario of the library in which the cell happens."""
        if self.trouble == "hang":
            return _HANGS[self.asked]
        if (self.asked, self.trouble) == ("heartbeat", "5xx"):
            return "heartbeat-refused"
        elsewhere = _AROUND_THE_WORK if self.asked in ("heartbeat", "later-page") else {}
        return elsewhere.get(self.trouble, _SCENARIOS[self.trouble])

    @property
    def weakness(self) -> str:
        """The weakness of the careless worker, as in careless.py."""
        if self.trouble in ("hang", "slow"):
            return "wait" if self.trouble == "hang" else "hurry"
        if self.asked == "first-page":
            return "end"
        if self.asked == "completion" and self.trouble in _APPLIED:
            return "fail"
        is_lost = self.trouble not in _APPLIED and self.form != "bulk"
        return "drop" if self.asked in ("running", "completion", "failure") and is_lost else "crash"

    def careless_words(self) -> tuple[str, ...]:
        """Returns the command of the careless worker."""
        style = ("--page", "7", "--requeue", "--chatty", "--by", FORMS[self.form or "single"])
        weakness = ("--weak-at", self.asked, "--does", self.weakness)
        path = f"PYTHONPATH={_ROOT}"
        return "env", path, sys.executable, "-m", "tests.workers.careless", *weakness, *style


def all_cells() -> Iterator[Cell]:
    """Yields all cells of the grid: 8 kinds of requests, four of them in three forms, and 8 troubles."""
    for asked in ASKED:
        for form in FORMS if asked in UPDATES else (None,):
            for trouble in TROUBLES:
                yield Cell(asked, trouble, form)


def cells_of(run: Run) -> set[Cell]:
    """Returns the cells that happened in a run."""
    return {
        Cell(asked.kind, trouble, form_of(exchange.operation))
        for exchange in run.own_exchanges
        for asked in run.asked[exchange.number]
        for trouble in run.troubles[exchange.number]
        if asked.kind in ASKED
    }
