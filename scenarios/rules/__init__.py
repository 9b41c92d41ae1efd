"""What is expected of workers: one rule a file, and the register of all."""

from workerkit.scenarios.rules.key_in_header_only import KeyInHeaderOnly
from workerkit.scenarios.rules.pause_on_401 import PauseOn401
from workerkit.scenarios.rules.process_not_crashed import ProcessNotCrashed
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.tasks_ended import TasksEnded

RULES: dict[str, type[Rule]] = {
    rule.id: rule for rule in (PauseOn401, TasksEnded, ProcessNotCrashed, KeyInHeaderOnly)
}

__all__ = ["RULES", "KeyInHeaderOnly", "PauseOn401", "ProcessNotCrashed", "Rule", "TasksEnded"]
