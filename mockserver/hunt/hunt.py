"""A hunt: tries a worker with many troubles, until it breaks a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from workerkit.mockserver.hunt.broken_rule import broken_rules
from workerkit.mockserver.hunt.hunt_plan import HuntPlan
from workerkit.mockserver.hunt.hunt_result import HuntFinding, HuntResult
from workerkit.mockserver.hunt.hunt_trials import HuntTrials, TrialObserver
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.trials.coverage_report import trial_coverage
from workerkit.mockserver.trials.trial import Trial
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.scenarios.hunt.attempt import AnyAttempt, Attempt, SavedAttempt
from workerkit.scenarios.hunt.joined_attempts import joined_attempts
from workerkit.scenarios.hunt.pair_attempts import Followed, alternating, followed, pair_attempts
from workerkit.scenarios.hunt.single_attempts import other_single_attempts, single_attempts
from workerkit.scenarios.hunt.slot import Slot, ends_of, slots_of
from workerkit.scenarios.hunt.smaller_attempts import smaller_attempts
from workerkit.scenarios.rules.judge import UnjudgedRule

# To make a finding smaller, so many trials and seconds are allowed.
_MAX_SHRINKING = 60
_MAX_SECONDS_SHRINKING = 120.0
# A smaller attempt is kept if the worker breaks the rule each of these times.
_TIMES_TO_KEEP = 2


def run_hunt(
    plan: HuntPlan,
    *,
    on_trial: TrialObserver = lambda attempt, trial: None,
    on_news: Callable[[str], None] = lambda sentence: None,
) -> HuntResult:
    """Tries a worker until it breaks a rule, or until the plan ends. Ctrl-C ends the hunt with what it has.

    on_trial: is called after each trial.
    on_news: gets a sentence when the worker has broken a rule, and when the hunt begins something else.

    Raises CommandNotFoundError if the command cannot be started.
    """
    return _Hunt(plan, on_trial, on_news).run()


class _Hunt:
    """A hunt that is not over yet."""

    def __init__(self, plan: HuntPlan, on_trial: TrialObserver, on_news: Callable[[str], None]) -> None:
        self._plan, self._on_news, self._began = plan, on_news, steady_seconds()
        self._observer = on_trial
        self._all_trials: list[Trial] = []
        self._trials = HuntTrials(plan, self._note)
        self._unconfirmed: list[HuntFinding] = []
        self._slots: tuple[Slot, ...] = ()
        self._survived: list[Followed] = []
        self._finding: HuntFinding | None = None
        self._end = ""

    def run(self) -> HuntResult:
        """Runs the worker undisturbed, and then with troubles."""
        trace = self._undisturbed()
        is_interrupted = False
        if trace.verdict.passed:
            self._slots = slots_of(trace.run)
            try:
                self._search()
            except KeyboardInterrupt:
                is_interrupted, self._end = True, phrase("it was interrupted")
        return HuntResult(
            trace=trace,
            slots=self._slots,
            finding=self._finding,
            unconfirmed=tuple(self._unconfirmed),
            trials=self._trials.count,
            coverage=trial_coverage(self._all_trials),
            without_occasion=self._without_occasion(),
            end=self._end,
            seconds=steady_seconds() - self._began,
            is_interrupted=is_interrupted,
        )

    def _undisturbed(self) -> Trial:
        """Runs the worker undisturbed: alone, and then beside itself if trials run in parallel.

        Returns a trial in which it broke a rule, if there is one.
        """
        alone = next(self._trials.repeat(Attempt(), 1))
        if not alone.verdict.passed:
            self._end = phrase("the worker breaks a rule although nothing goes wrong")
            return alone
        if self._plan.jobs == 1:
            return alone
        together = self._trials.repeat(Attempt(), self._plan.jobs)
        failed = [trial for trial in together if not trial.verdict.passed]
        if failed:
            self._end = phrase("the worker breaks a rule when it runs several times at once. Use --jobs 1")
        return [alone, *failed][-1]

    def _without_occasion(self) -> tuple[UnjudgedRule, ...]:
        """Returns the wanted rules that no trial gave an occasion to break."""
        unjudged = [{rule.rule: rule for rule in trial.verdict.not_judged} for trial in self._all_trials]
        return tuple(
            unjudged[0][rule] for rule in self._plan.rules if all(rule in rules for rules in unjudged)
        )

    def _note(self, attempt: AnyAttempt, trial: Trial) -> None:
        self._all_trials.append(trial)
        self._observer(attempt, trial)

    def _search(self) -> None:
        for attempt, trial in self._trials.search(self._attempts()):
            rules = broken_rules(trial, self._plan.rules)
            if rules and self._confirm(HuntFinding(attempt, trial, rules[0], self._trials.count, 0, 0)):
                self._end = phrase("a rule was broken")
                return
            if not rules and isinstance(attempt, Attempt) and len(attempt.steps) == 1:
                self._survived.append(followed(attempt, trial.run))
        self._end = self._trials.reason_to_end or phrase("all that it can try was tried")

    def _attempts(self) -> Iterator[AnyAttempt]:
        yield from map(SavedAttempt, self._plan.saved)
        ends = ends_of(self._slots)
        yield from single_attempts(ends)
        pairs = pair_attempts(self._survived, seed=self._plan.seed)
        yield from joined_attempts(alternating(pairs, other_single_attempts(ends), every=4), self._slots)

    def _confirm(self, finding: HuntFinding) -> bool:
        """Repeats a finding. If the worker breaks the rule often enough, makes the finding smaller."""
        self._on_news(
            phrase(
                "Trial {number} broke {rule}: {story} Repeating it {repetitions} times.",
                number=finding.number,
                rule=finding.rule,
                story=_in_short(finding.attempt),
                repetitions=self._plan.repetitions,
            )
        )
        repeated = self._repeated(finding)
        if repeated.broken < self._plan.needed:
            self._on_news(
                phrase(
                    "{rule} was broken {times}: not confirmed.", rule=finding.rule, times=repeated.times_text
                )
            )
            self._unconfirmed.append(repeated)
            return False
        self._finding = repeated
        if isinstance(repeated.attempt, Attempt):
            self._shrink(repeated, repeated.attempt)
        return True

    def _repeated(self, finding: HuntFinding) -> HuntFinding:
        """Returns the finding with its repetitions. Its trial is one that broke the rule."""
        trials = list(self._trials.repeat(finding.attempt, self._plan.repetitions))
        broken = [trial for trial in trials if self._breaks(trial, finding.rule)]
        return replace(
            finding,
            trial=[finding.trial, *broken][-1],
            broken=len(broken),
            repetitions=len(trials),
        )

    def _breaks(self, trial: Trial, rule: str) -> bool:
        return rule in broken_rules(trial, self._plan.rules)

    def _shrink(self, finding: HuntFinding, attempt: Attempt) -> None:
        """Looks for the smallest attempt that breaks the same rule, and repeats it like the finding.

        If it is not broken each time, takes the next larger one that is.
        """
        self._on_news(
            phrase(
                "{rule} was broken {times}. Looking for a smaller scenario.",
                rule=finding.rule,
                times=finding.times_text,
            )
        )
        for smaller in reversed(self._smaller(finding, attempt)):
            repeated = self._repeated(smaller)
            is_broken_each_time = repeated.broken == repeated.repetitions
            if is_broken_each_time or (self._finding is finding and repeated.broken >= self._plan.needed):
                self._finding = repeated
            if is_broken_each_time:
                return

    def _smaller(self, finding: HuntFinding, attempt: Attempt) -> list[HuntFinding]:
        """Returns findings with smaller and smaller attempts. The last one is the smallest."""
        found: list[HuntFinding] = []
        allowed, tried = _MAX_SHRINKING, {attempt}
        candidates, deadline = smaller_attempts(attempt), steady_seconds() + _MAX_SECONDS_SHRINKING
        while allowed > 0 and steady_seconds() < deadline and (smaller := next(candidates, None)) is not None:
            if smaller in tried:
                continue
            tried.add(smaller)
            trials = self._trials_that_all_break(smaller, finding.rule)
            allowed -= _TIMES_TO_KEEP
            if trials:
                found.append(replace(finding, attempt=smaller, trial=trials[-1]))
                candidates = smaller_attempts(smaller)
        return found

    def _trials_that_all_break(self, attempt: Attempt, rule: str) -> list[Trial]:
        """Returns the repetitions of an attempt. Empty if the worker kept the rule in one of them."""
        trials: list[Trial] = []
        for trial in self._trials.repeat(attempt, _TIMES_TO_KEEP):
            if not self._breaks(trial, rule):
                return []
            trials.append(trial)
        return trials


def _in_short(attempt: AnyAttempt) -> str:
    """What happens, in words. Of a joined attempt, only the number of troubles."""
    if isinstance(attempt, Attempt) and len(attempt.parts) > 1:
        return phrase("{count} troubles came at different requests.", count=len(attempt.steps))
    return joined(" ", attempt.story)
