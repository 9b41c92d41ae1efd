"""Runs a command undisturbed, and then against each mutant whose operations it calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from workerkit.mockserver.mutants import Mutant
from workerkit.mockserver.mutation.mutation_plan import MutationPlan
from workerkit.mockserver.mutation.mutation_result import MutantResult, MutationResult
from workerkit.mockserver.mutation.own_process import run_in_own_process
from workerkit.mockserver.mutation.run_outcome import RunOutcome
from workerkit.mockserver.mutation.sign import Sign
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.openapi.errors import CannotRunError, UsageError

# pytest: it was called in a wrong way, or found no test.
_WRONG_USE = (4, 5)
# A worker may print its lines in another order in the second run, or print another line by chance.
_WORKER_RUNS = 2


class FailsUndisturbedError(CannotRunError):
    """The command fails without any server fault. The message has its output."""


class CallsNothingError(UsageError):
    """The command calls no operation of a mutant that was chosen."""


def run_mutation(
    plan: MutationPlan,
    *,
    on_start: Callable[[int], None] = lambda count: None,
    on_result: Callable[[MutantResult], None] = lambda result: None,
) -> MutationResult:
    """Runs the command undisturbed and against the chosen mutants.

    on_start: is called once after the undisturbed run, with the number of runs that follow.
    on_result: is called after each run against a mutant.

    Raises FailsUndisturbedError, CallsNothingError, and CannotRunError if the command cannot be started.
    """
    began, stop = steady_seconds(), threading.Event()
    called, usual_signs = _undisturbed(plan, stop)
    reached = [mutant for mutant in plan.chosen if plan.is_reached(mutant, called)]
    if not reached:
        raise CallsNothingError(_nothing_text(plan, called))
    on_start(len(reached))

    def attempt(mutant: Mutant) -> MutantResult:
        outcome = run_in_own_process(plan, mutant.name, stop)
        noticed_by = next((sign.text for sign in outcome.signs if sign not in usual_signs), "")
        result = MutantResult(mutant, noticed_by, outcome)
        on_result(result)
        return result

    with ThreadPoolExecutor(plan.jobs) as pool:
        try:
            results = {result.mutant.name: result for result in pool.map(attempt, reached)}
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    every = tuple(results.get(mutant.name, MutantResult(mutant)) for mutant in plan.chosen)
    return MutationResult(called, every, steady_seconds() - began)


def _undisturbed(plan: MutationPlan, stop: threading.Event) -> tuple[frozenset[str], frozenset[Sign]]:
    """The operations that the command calls, and the signs of trouble that it shows without any trouble."""
    count = 1 if plan.scenario is None else _WORKER_RUNS
    outcomes = [_sound(plan, run_in_own_process(plan, "", stop)) for _ in range(count)]
    signs = frozenset(sign for outcome in outcomes for sign in outcome.signs)
    return frozenset[str]().union(*(outcome.called for outcome in outcomes)), signs


def _sound(plan: MutationPlan, outcome: RunOutcome) -> RunOutcome:
    if outcome.is_sound:
        return outcome
    why = f"exited with the code {outcome.exit_code}" if outcome.exit_code else outcome.unfinished
    message = f"the command {why}, without any server fault. {_advice(plan)}. Its output:\n{outcome.output}"
    if plan.scenario is None and outcome.exit_code in _WRONG_USE:
        raise CallsNothingError(message)
    raise FailsUndisturbedError(message)


def _advice(plan: MutationPlan) -> str:
    if plan.scenario is None:
        return "First make the test suite pass with the mock. More: workerkit docs how-to/mutate"
    return (
        f"See what is wrong: workerkit exec --scenario {plan.scenario.name} -- COMMAND. If the command is a "
        "test suite, add --suite. More: workerkit docs how-to/mutate"
    )


def _nothing_text(plan: MutationPlan, called: frozenset[str]) -> str:
    if called:
        return f"no chosen mutant concerns what the command calls: {', '.join(sorted(called))}"
    if plan.scenario is not None:
        return "the worker sent no request to the mock. It has to use the address in LIKEPION_BASE_URL"
    return (
        "the test suite sent no request to a mock. Its tests have to use the fixture worker_api, the address "
        "in LIKEPION_BASE_URL with the key in LIKEPION_API_KEY, or a mock that they start with workerkit "
        "serve. More: workerkit docs how-to/mutate"
    )
