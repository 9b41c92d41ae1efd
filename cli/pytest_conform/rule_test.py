"""The test of one rule, as an item of pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.cli.pytest_conform.rule_result import RuleOutcome, RuleResult, RunResults
from workerkit.contracts.page.rules import RULES

_COLLECTOR = "conform"


class RuleCollector(pytest.Collector):
    """The tests of all rules. Their ids begin with `conform::`."""

    def collect(self) -> list[RuleTest]:
        """A test for each rule, in the order of the API page."""
        return [RuleTest.from_parent(self, name=rule.id) for rule in RULES]


class RuleTest(pytest.Item):
    """The test of one rule. Its name is the id of the rule. A failure shows the evidence, no traceback."""

    _result = RuleResult(RuleOutcome.PASSED)

    def use(self, results: RunResults) -> None:
        """Prepares the test with the results of the run."""
        self._result = results.rules[self.name]
        if self._result.outcome is RuleOutcome.SKIPPED:
            self.add_marker(pytest.mark.skip(reason=self._result.text))
        if self._result.outcome is RuleOutcome.EXPECTED:
            self.add_marker(pytest.mark.xfail(reason=self._result.text))

    def setup(self) -> None:
        """Fails if the run could not test the server. pytest counts this as an error, not as a failure."""
        if self._result.outcome is RuleOutcome.ERROR:
            pytest.fail(self._result.text, pytrace=False)

    def runtest(self) -> None:
        """Fails if the rule is broken."""
        if self._result.outcome in (RuleOutcome.FAILED, RuleOutcome.EXPECTED):
            pytest.fail(self._result.text, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """A path and a name for reports. No file has this path."""
        return self.config.rootpath / _COLLECTOR, 0, f"{_COLLECTOR}::{self.name}"


def collect_rule_tests(session: pytest.Session) -> list[RuleTest]:
    """The tests of all rules. Tells pytest about them, so that it counts them."""
    collector = RuleCollector.from_parent(session, name=_COLLECTOR, nodeid=_COLLECTOR)
    report = collector.ihook.pytest_make_collect_report(collector=collector)
    collector.ihook.pytest_collectreport(report=report)
    return [test for test in report.result if isinstance(test, RuleTest)]
