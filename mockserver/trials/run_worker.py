"""Runs a worker's command in a scenario, with one call."""

from __future__ import annotations

from collections.abc import Sequence

from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.fields.duration import parse_duration
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict


def run_worker(
    scenario: Scenario | str,
    command: Sequence[str],
    *,
    time_limit: str = "30s",
    grace: str = "5s",
    heartbeat: str | None = None,
) -> Verdict:
    """Runs a worker's command in a scenario on a new mock, and judges the run. The verdict has no secrets.

    The run ends when the scenario is over, when the command exits, or after the time limit. No process of the
    command is left running.

    scenario: a scenario, the name of one, or the path of its file.
    command: the words of the command. `{base_url}` and `{api_key}` in them are replaced. The command also
        gets the environment variables LIKEPION_BASE_URL, LIKEPION_API_KEY and LIKEPION_SERVER_NAME.
    time_limit: a duration such as `30s` or `2m`.
    grace: how long the command may take to exit after SIGTERM, before it gets SIGKILL.
    heartbeat: how often the worker sends heartbeats, as a duration. Without it, the times of heartbeats are
        not judged.

    Raises CommandNotFoundError if the command cannot be started, DurationError for a wrong duration,
    NoSuchScenarioError for an unknown scenario, and InvalidInputError for a file with a mistake.
    """
    chosen = library.find(scenario) if isinstance(scenario, str) else scenario
    limit, grace_seconds = parse_duration(time_limit), parse_duration(grace)
    interval = None if heartbeat is None else parse_duration(heartbeat)
    trial = try_worker(chosen, command, time_limit=limit, grace=grace_seconds, heartbeat_interval=interval)
    return trial.verdict
