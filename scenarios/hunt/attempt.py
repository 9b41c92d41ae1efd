"""One attempt of a hunt: a few tasks, and the troubles that happen while a worker does them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from workerkit.openapi.languages.phrase import counted_phrase, joined, phrase
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.hunt.hunted_trouble import OTHER_SERVER, WORKER_SERVER, HuntedTrouble
from workerkit.scenarios.hunt.slot import Slot
from workerkit.scenarios.model.effects.tasks import ReassignTasks
from workerkit.scenarios.model.scenario import Expectation, Happening, Scenario
from workerkit.scenarios.model.task_group import TaskGroup
from workerkit.scenarios.model.trigger import After
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan

# Where the page is silent, the choices that let the most mistakes show. The library makes the same choices.
_CHOICES = {"retry": "manual", "retry-count": "on-requeue", "complete-twice": "twice"}
_STRICT_CHOICES = {"transitions": "strict", "refused-transition": "409"}
_FAILS = '{"simulate": "fail"}'
# After a lost answer to the last request, many workers wait for a second or two before they repeat it.
_UNTIL = Until(tasks="ended", quiet=2.5)
_AFTERWARDS = "After that, nothing goes wrong, and a careful worker brings every task to an end."


@dataclass(frozen=True, slots=True)
class HuntStep:
    """A trouble that happens at a slot."""

    slot: Slot
    trouble: HuntedTrouble

    @property
    def name(self) -> str:
        """A name for scenarios: `completion-2-answer-lost`."""
        return f"{self.slot.kind}-{self.slot.number}-{self.trouble.name}"

    @property
    def sentence(self) -> str:
        """What happens, as a sentence."""
        action, trouble = self.slot.text, self.trouble.text
        if self.slot.follows:
            return phrase("After that, when the worker {action}, {trouble}.", action=action, trouble=trouble)
        return phrase("When the worker {action}, {trouble}.", action=action, trouble=trouble)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one trial of a hunt tries.

    steps: the troubles, in an order in which a trouble that follows another one comes just after it. Empty:
        nothing goes wrong.
    tasks: the number of tasks that wait for the worker.
    failing_tasks: the number of further tasks that are meant to fail at their site. Each may be tried twice.
    """

    steps: tuple[HuntStep, ...] = ()
    tasks: int = 8
    failing_tasks: int = 1

    @property
    def name(self) -> str:
        """The name of the scenario."""
        first, *others = ["-then-".join(step.name for step in part.steps) for part in self.parts] or [
            "undisturbed"
        ]
        return f"{first}-and-{len(others)}-more" if others else first

    @property
    def parts(self) -> tuple[Attempt, ...]:
        """The attempts that are joined in this one. Each begins with a trouble that follows no other one."""
        begins = [index for index, step in enumerate(self.steps) if not step.slot.follows]
        return tuple(
            replace(self, steps=self.steps[begin:end]) for begin, end in zip_longest(begins, begins[1:])
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What happens, one sentence for each trouble."""
        return tuple(step.sentence for step in self.steps)

    @property
    def story(self) -> tuple[str, ...]:
        """The number of tasks and what happens, in sentences."""
        count = self.tasks + self.failing_tasks
        head = counted_phrase(count, "The worker has {count} task.", "The worker has {count} tasks.")
        return head, *self.sentences

    @property
    def scenario(self) -> Scenario:
        """The attempt as a scenario."""
        return Scenario(
            name=self.name,
            title=self._title,
            about=self._about,
            world=self._world,
            when=tuple(self._when()),
            until=_UNTIL,
            expect=(Expectation("tasks-ended"),),
        )

    @property
    def _title(self) -> str:
        if len(self.parts) > 1:
            return phrase("{count} troubles in one run", count=len(self.steps))
        without_stop = joined(" ", self.sentences).changed_by(lambda text: text.removesuffix("."))
        return without_stop or phrase("Nothing goes wrong")

    @property
    def _about(self) -> str:
        return " ".join(("`workerkit hunt` made this scenario.", *self.sentences, _AFTERWARDS))

    @property
    def _world(self) -> WorldPlan:
        is_strict = any(step.trouble.needs_status_flow for step in self.steps)
        choices = {**_CHOICES, **(_STRICT_CHOICES if is_strict else {})}
        # A strict flow has no way from pending to running.
        status = "queued" if is_strict else "pending"
        groups = (
            TaskGroup(self.tasks, WORKER_SERVER, {"status": status}),
            TaskGroup(
                self.failing_tasks, WORKER_SERVER, {"status": status, "config": _FAILS, "max_retries": 1}
            ),
        )
        return WorldPlan(
            servers=tuple(self._servers()),
            tasks=tuple(group for group in groups if group.count),
            dialect=dialect_of(choices),
        )

    def _servers(self) -> Iterator[ServerPlan]:
        yield ServerPlan(WORKER_SERVER)
        if any(isinstance(effect, ReassignTasks) for step in self.steps for effect in step.trouble.effects):
            yield ServerPlan(OTHER_SERVER, "active")

    def _when(self) -> Iterator[Happening]:
        """Yields the happenings. A trouble that another one follows has a name."""
        name = None
        for number, (step, following) in enumerate(zip_longest(self.steps, self.steps[1:]), 1):
            trigger = step.slot.trigger(name)
            name = _happening_name(number) if following is not None and following.slot.follows else None
            yield Happening(trigger, step.trouble.effects, name)
            if step.trouble.end is not None:
                seconds, effects = step.trouble.end
                yield Happening(After(seconds), effects)


def _happening_name(number: int) -> str:
    return "first" if number == 1 else f"trouble-{number}"


@dataclass(frozen=True, eq=False)
class SavedAttempt:
    """What an earlier hunt has found and saved.

    scenario: the scenario in the file, which people may have changed.
    """

    scenario: Scenario

    @property
    def name(self) -> str:
        """The name of the scenario."""
        return self.scenario.name

    @property
    def story(self) -> tuple[str, ...]:
        """What happens, in one sentence."""
        return (phrase(self.scenario.title.removesuffix(".")) + ".",)


AnyAttempt = Attempt | SavedAttempt
