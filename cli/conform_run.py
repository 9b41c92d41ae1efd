"""A conformance run with the options of `workerkit conform`. `pytest --conform` does the same run."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from workerkit.contracts.conformance import RunFailedError, conform
from workerkit.contracts.report.baseline import Baseline, read_baseline
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import Plan, Writes, default_writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.dialect import read_choices


@dataclass(frozen=True, slots=True)
class ConformOptions:
    """The options that say how a run is done. The fields are the parameters of the command in click."""

    url: str | None
    api_key: str | None
    other_api_key: str | None
    inactive_api_key: str | None
    account_id: str | None
    writes: str | None
    sandbox_requests: tuple[str, ...]
    sandbox_tasks: tuple[str, ...]
    rate: float | None
    max_requests: int
    time_limit: float | None
    seed: int
    dialect: str | None
    baseline: str | None

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """The options among the parameters of the command."""
        return cls(**{field.name: parameters[field.name] for field in fields(cls)})

    def target(self) -> AbstractContextManager[Target]:
        """The target of the run. Without a URL, it is a mock that runs during the `with` block.

        Raises BadTargetError.
        """
        if self.url is None:
            return own_mock(self.seed)
        keys = self.api_key or "", self.other_api_key, self.inactive_api_key
        return nullcontext(Target(self.url, *keys, self.account_id))

    def plan(self, target: Target) -> Plan:
        """The limits of the run. Raises BadPlanError."""
        return Plan(
            Writes(self.writes) if self.writes else default_writes(target),
            self.rate,
            self.max_requests,
            self.time_limit,
            seed=self.seed,
            sandbox_requests=self.sandbox_requests,
            sandbox_tasks=self.sandbox_tasks,
        )


class ConformRun:
    """A run whose files are already read.

    Raises InvalidInputError and BadBaselineError, if the dialect or the baseline is wrong.
    """

    def __init__(self, options: ConformOptions) -> None:
        self.options = options
        self._stated = read_choices(Path(options.dialect)) if options.dialect else {}
        self._baseline: Baseline | None = read_baseline(options.baseline) if options.baseline else None

    def run(
        self,
        target: Target,
        plan: Plan,
        *,
        say: Callable[[str], None],
        watcher: Callable[[Exchange], None] = lambda _: None,
        with_capsules: bool = False,
    ) -> Report:
        """Tests the target, and compares the report with the baseline. Raises what `conform` raises.

        If workerkit itself fails, the report has the results up to this point.
        """
        try:
            with _sigterm_as_ctrl_c():
                report = conform(
                    target,
                    plan,
                    stated=self._stated,
                    say=say,
                    watcher=watcher,
                    with_capsules=with_capsules,
                )
        except RunFailedError as error:
            report = error.report
        return report if self._baseline is None else report.compared_with(self._baseline)


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Handles SIGTERM like Ctrl-C, so that a stopped run still restores its sandbox."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
