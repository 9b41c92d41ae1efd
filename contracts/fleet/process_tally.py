"""What the simulated servers of one process, or of several, have done and found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workerkit.contracts.fleet.task_ledger import TaskFinding


@dataclass(slots=True)
class WorldCounts:
    """What the servers of one world have had confirmed.

    completions: tasks that the server confirmed as completed by a callback.
    logs: log entries that the server confirmed.
    unsure: more than 0 if answers did not come, so that nobody knows what the server has done.
    """

    completions: int = 0
    logs: int = 0
    unsure: int = 0


@dataclass(slots=True)
class ProcessTally:
    """The sums of several simulated servers.

    servers: how many servers have worked.
    requests: how many requests they have sent.
    assigned: how many tasks they were given.
    reported: how many results the server confirmed.
    broken: how often each rule was broken, by the rule's id and a message.
    findings: lost and doubled tasks.
    ended_early: why servers were not judged to the end, with their number.
    notes: what else people should know, for example what a sandbox has changed.
    worlds: counts by the prefix of the servers' keys. Empty text for keys without a prefix.
    results: for each task, how many servers have reported a result that the API confirmed.
    """

    servers: int = 0
    requests: int = 0
    assigned: int = 0
    reported: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    findings: list[TaskFinding] = field(default_factory=list)
    ended_early: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    worlds: dict[str, WorldCounts] = field(default_factory=dict)
    results: Counter[str] = field(default_factory=Counter)

    def world(self, prefix: str) -> WorldCounts:
        """The counts of the servers whose keys have this prefix."""
        return self.worlds.setdefault(prefix, WorldCounts())

    def as_json(self) -> dict[str, Any]:
        """The tally as JSON, for a message to another process."""
        return {
            "servers": self.servers,
            "requests": self.requests,
            "assigned": self.assigned,
            "reported": self.reported,
            "broken": dict(self.broken),
            "findings": [[finding.kind, finding.task, finding.why] for finding in self.findings],
            "ended_early": dict(self.ended_early),
            "notes": self.notes,
            "worlds": {
                prefix: [counts.completions, counts.logs, counts.unsure]
                for prefix, counts in self.worlds.items()
            },
            "results": dict(self.results),
        }

    def add_json(self, tally: Mapping[str, Any]) -> None:
        """Adds the tally of another process, as `as_json` returned it."""
        self.servers += tally["servers"]
        self.requests += tally["requests"]
        self.assigned += tally["assigned"]
        self.reported += tally["reported"]
        self.broken.update(tally["broken"])
        self.findings += [TaskFinding(*finding) for finding in tally["findings"]]
        self.ended_early.update(tally["ended_early"])
        self.notes += tally["notes"]
        self.results.update(tally["results"])
        for prefix, (completions, logs, unsure) in tally["worlds"].items():
            counts = self.world(prefix)
            counts.completions += completions
            counts.logs += logs
            counts.unsure += unsure
