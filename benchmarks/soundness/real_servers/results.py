"""The results of the runs, and the file that keeps them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks.soundness.real_servers.jobs import Job, Kind
from benchmarks.soundness.real_servers.unreported import UNREPORTED


@dataclass(frozen=True)
class Result:
    """The result of one run.

    broken: the message of each broken rule, by its id.
    causes: the ids of the rules of the causes, the most important first.
    requests: the number of requests.
    seconds: the duration.
    stock: whether Schemathesis alone finds the fault. None if it was not asked.
    untested: the ids of the rules that were not tested.
    end: why the run ended early, or an empty text.
    """

    job: Job
    broken: dict[str, str]
    causes: list[str]
    requests: int
    seconds: float
    stock: bool | None = None
    untested: list[str] = field(default_factory=list)
    end: str = ""

    @property
    def is_blamed(self) -> bool:
        """Whether the run has a finding on a correct server, or ended early there."""
        return self.job.kind is not Kind.FAULT and bool(self.broken or self.end)

    @property
    def is_missed(self) -> bool:
        """Whether the run has no finding on a server with a fault that it has to report."""
        return self.job.kind is Kind.FAULT and not self.broken and not self.why_unreported

    @property
    def why_unreported(self) -> str:
        """Why a run must not report the fault, or an empty text."""
        return UNREPORTED.get((self.job.stack, self.job.fault), "")

    @property
    def wants_stock(self) -> bool:
        """Whether Schemathesis alone has to be asked: about faults, and about servers without variants."""
        return self.stock is None and not self.job.variants and self.job.seed == 1


def read_results(file: Path) -> dict[Job, Result]:
    """The last result of each job in the file. What Schemathesis alone found stays known after a new run."""
    known: dict[Job, Result] = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        fields = json.loads(line)
        result = Result(**{**fields, "job": Job(**fields["job"])})
        if result.stock is None and result.job in known:
            result = replace(result, stock=known[result.job].stock)
        known[result.job] = result
    return known


def result_line(result: Result) -> str:
    """Returns the line of the file."""
    return json.dumps(asdict(result), ensure_ascii=False) + "\n"
