"""The parts of a run, and how many requests each part sent."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.openapi.languages.phrase import phrase


@dataclass(frozen=True, slots=True)
class PartCost:
    """The cost of one part of a run.

    name: the part, for example `random episodes`.
    requests: the number of requests that it sent.
    share: which share of its usual requests the part was allowed to send, from 0 to 1. It is less than 1 if
        the limit of the run leaves too few requests.
    """

    name: str
    requests: int
    share: float = 1.0

    def as_json(self) -> dict[str, object]:
        """The cost as an object of the JSON report."""
        return {"name": self.name, "requests": self.requests, "share": round(self.share, 2)}


class PartCosts:
    """Counts the requests of the parts of one run."""

    def __init__(self) -> None:
        self._costs: list[PartCost] = []
        self._counted = 0

    def add(self, name: str, sent: int, share: float = 1.0) -> None:
        """Ends a part. `sent` is the number of requests that the whole run has sent until now."""
        self._costs.append(PartCost(name, sent - self._counted, share))
        self._counted = sent

    def all(self, sent: int) -> tuple[PartCost, ...]:
        """The costs of all parts. Requests after the last part are the part `other`.

        sent: the number of requests of the whole run.
        """
        rest = sent - self._counted
        return (*self._costs, *((PartCost(phrase("other"), rest),) if rest else ()))
