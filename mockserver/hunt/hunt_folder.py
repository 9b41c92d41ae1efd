"""The folder of a hunt: its findings as scenario files, with a pytest for each."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from workerkit.mockserver.atomic_file import make_folder, write_atomically
from workerkit.mockserver.hunt.hunt_plan import HuntPlan
from workerkit.mockserver.hunt.hunt_result import HuntFinding
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.hunt.attempt import SavedAttempt
from workerkit.scenarios.library import library
from workerkit.scenarios.library.starter import create_scenario_file
from workerkit.scenarios.loading.writer import scenario_text
from workerkit.scenarios.model.scenario import Expectation, Scenario

_TEST = '''\
"""{title}.

`workerkit hunt` wrote this test. The worker broke the rule {rule} {times}.
"""

from pathlib import Path

from workerkit.mockserver import run_worker

SCENARIO = Path(__file__).with_name("{name}.yaml")
COMMAND = {words!r}


def test_{function}() -> None:
    verdict = run_worker(str(SCENARIO), COMMAND, time_limit="{time_limit}")
    assert verdict.passed, "\\n".join(violation.message for violation in verdict.broken)
'''


class HuntFolder:
    """The folder with the findings of earlier hunts. Makes the folder if it does not exist.

    Raises CannotWriteError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(make_folder(str(folder)))

    def scenarios(self) -> tuple[Scenario, ...]:
        """Returns the saved scenarios, in the order of their names. Raises InvalidInputError."""
        return tuple(library.find(str(path)) for path in library.paths_in(self._folder))

    def save(self, finding: HuntFinding, plan: HuntPlan) -> str:
        """Writes the scenario and the pytest of a finding. Returns a sentence about the files for the user.

        A finding that comes from a saved scenario has its files already. Raises CannotWriteError and
        ScenarioFileError.
        """
        if isinstance(finding.attempt, SavedAttempt):
            file = self._folder / f"{finding.attempt.name}.yaml"
            return phrase("This scenario was saved by an earlier hunt: {file}", file=file)
        scenario = _about_rule(finding.attempt.scenario, finding.rule)
        name = self._unused_name(scenario.name)
        path = create_scenario_file(name, self._folder, lambda name: scenario_text(scenario))
        function = name.replace("-", "_")
        test = _TEST.format(
            title=_without_quotes(scenario.title),
            rule=finding.rule,
            times=finding.times_text,
            name=name,
            words=list(plan.words),
            function=function,
            time_limit=duration_text(plan.time_limit),
        )
        test_path = self._folder / f"test_{function}.py"
        write_atomically(str(test_path), test.encode())
        return phrase(
            "Wrote {path} and {test}. Try it again: workerkit exec --scenario {path} -- COMMAND",
            path=path,
            test=test_path,
        )

    def _unused_name(self, name: str) -> str:
        """Returns the name, or the name with a number if there is a file of this name."""
        taken = {path.stem for path in self._folder.iterdir()}
        numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
        return next(free for free in (name, *numbered) if free not in taken)


def _about_rule(scenario: Scenario, rule: str) -> Scenario:
    """Returns the scenario with this rule as the first one that it expects."""
    others = [expectation for expectation in scenario.expect if expectation.rule != rule]
    return replace(scenario, expect=(Expectation(rule), *others))


def _without_quotes(text: str) -> str:
    return re.sub(r'["\\]', "", text)
