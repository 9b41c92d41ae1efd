"""One run: starts the server, tests it, and asks Schemathesis alone about it."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from benchmarks.soundness.mutants import stock_finds
from benchmarks.soundness.real_servers.jobs import Job
from benchmarks.soundness.real_servers.results import Result
from tests.servers.running import running
from tests.servers.stacks import stack
from workerkit.contracts.conformance import RunFailedError, conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import CannotRunError

_DJANGO_PYTHON = Path("build", "django", "bin", "python")
_NODE = Path("build", "express")
# What `workerkit conform` does without --max-requests.
_MAX_REQUESTS = 3000
_BEFORE_THE_RUN = "refused before the run"


def run(wanted: Job | Result, *, stock: bool) -> Result:
    """Runs a job. Of a result only `stock` is completed, if it is missing and wanted."""
    result = _own_result(wanted) if isinstance(wanted, Job) else wanted
    if not stock or not result.wants_stock:
        return result
    with _serving(result.job) as target:
        return replace(result, stock=stock_finds(target))


def _own_result(job: Job) -> Result:
    with _serving(job) as target:
        try:
            report = conform(target, Plan(seed=job.seed, max_requests=_MAX_REQUESTS))
        except RunFailedError as error:
            # A defect of the kit is no finding: the result says why the run ended.
            return replace(_result_of(job, error.report), broken={}, causes=[])
        except CannotRunError as error:
            # The run does not begin, for example because a key is refused. The message tells the owner why.
            return Result(job, {_BEFORE_THE_RUN: str(error)[:300]}, [_BEFORE_THE_RUN], 0, 0.0)
    return _result_of(job, report)


def _result_of(job: Job, report: Report) -> Result:
    return Result(
        job,
        broken={rule.id: rule.why[:300] for rule in report.with_status(RuleStatus.BROKEN)},
        causes=[cause.rule for cause in report.causes],
        requests=report.requests,
        seconds=round(report.seconds, 1),
        untested=[rule.id for rule in report.with_status(RuleStatus.UNTESTED)],
        end=report.end_reason[:300],
    )


def _serving(job: Job) -> AbstractContextManager[Target]:
    server, variants = stack(job.stack), job.variants.split(",") if job.variants else []
    python = str(_DJANGO_PYTHON.absolute()) if job.stack == "django" else sys.executable
    node_path = _NODE.absolute() if job.stack == "express" else None
    return running(server, variants, job.fault, python=python, node_path=node_path)
