"""What a worker did last before its run ended."""

from __future__ import annotations

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.unfinished_work import work_requests
from workerkit.scenarios.run_record.run import Run

# In seconds. Shorter pauses and shorter times without a report are not worth a sentence.
_LONG = 5.0


def last_activity(run: Run) -> str:
    """Returns what the worker did last, in one sentence, for example that it sent nothing any more.

    Returns an empty text for a run that the scenario ended, and for a run whose worker was at work until the
    end.
    """
    if run.ended_by in ("until", "failed") or not run.own_exchanges:
        return ""
    last = run.own_exchanges[-1]
    if run.ended_by == "exit":
        return phrase("The worker exited after {answered}.", answered=_answered(run, last))
    return silence_before_end(run) or _without_report(run)


def silence_before_end(run: Run) -> str:
    """Returns for how long the worker sent nothing before the run ended, in one sentence.

    Returns an empty text if this was not long. The run has a request of the worker.
    """
    last = run.own_exchanges[-1]
    if (waited := _seconds_waited(run, last)) >= _LONG:
        return phrase(
            "The worker waited {waited:.1f} s for the answer in {last_exchange}.",
            waited=waited,
            last_exchange=run.describe(last),
        )
    silent = run.recorded_at - last.ended
    if silent >= _LONG:
        return phrase(
            "The worker sent nothing for {silent:.1f} s after {answered}.",
            silent=silent,
            answered=_answered(run, last),
        )
    return ""


def _seconds_waited(run: Run, exchange: Exchange) -> float:
    """Returns how long the worker waited for an answer that did not come. 0 if it got an answer."""
    if exchange.status is not None:
        return 0.0
    applied = run.applied_faults_by_number.get(exchange.number)
    is_over = applied is None or applied.is_over
    return (exchange.ended if is_over else run.recorded_at) - exchange.began


def _without_report(run: Run) -> str:
    """Says how long the worker reported no task, if this was long."""
    reports = [exchange for exchange in work_requests(run) if exchange.number in run.tasks_by_exchange]
    last = reports[-1] if reports else run.own_exchanges[0]
    seconds = run.recorded_at - last.ended
    if seconds < _LONG:
        return ""
    after = phrase(" after {answered}", answered=_answered(run, last)) if reports else ""
    return phrase("The worker reported no task for {seconds:.1f} s{after}.", seconds=seconds, after=after)


def _answered(run: Run, exchange: Exchange) -> str:
    """Returns an exchange with its answer: `exchange 4 (GET listTasks at 0.300 s, answered 401)`."""
    answer = (
        phrase("answered {status}", status=exchange.status)
        if exchange.status
        else phrase("without an answer")
    )
    return run.describe_with_answer(exchange, answer)
