"""What is expected of workers: one rule a file, and the register of all."""

from workerkit.scenarios.rules.bulk_items_heeded import BulkItemsHeeded
from workerkit.scenarios.rules.bulk_within_limit import BulkWithinLimit
from workerkit.scenarios.rules.canceled_work_stopped import CanceledWorkStopped
from workerkit.scenarios.rules.counted_once import CountedOnce
from workerkit.scenarios.rules.documented_requests import DocumentedRequests
from workerkit.scenarios.rules.done_once import DoneOnce
from workerkit.scenarios.rules.every_page_read import EveryPageRead
from workerkit.scenarios.rules.failed_with_message import FailedWithMessage
from workerkit.scenarios.rules.goes_on_after_refusal import GoesOnAfterRefusal
from workerkit.scenarios.rules.goes_on_after_trouble import GoesOnAfterTrouble
from workerkit.scenarios.rules.heartbeat_not_too_often import HeartbeatNotTooOften
from workerkit.scenarios.rules.heartbeat_regular import HeartbeatRegular
from workerkit.scenarios.rules.heartbeat_sent import HeartbeatSent
from workerkit.scenarios.rules.hung_answer_given_up import HungAnswerGivenUp
from workerkit.scenarios.rules.key_in_header_only import KeyInHeaderOnly
from workerkit.scenarios.rules.left_alone_after_403 import LeftAloneAfter403
from workerkit.scenarios.rules.left_alone_after_404 import LeftAloneAfter404
from workerkit.scenarios.rules.log_levels import LogLevels
from workerkit.scenarios.rules.logs_within_limit import LogsWithinLimit
from workerkit.scenarios.rules.no_busy_polling import NoBusyPolling
from workerkit.scenarios.rules.no_secrets_in_logs import NoSecretsInLogs
from workerkit.scenarios.rules.none_left_running import NoneLeftRunning
from workerkit.scenarios.rules.not_repeated_after_400 import NotRepeatedAfter400
from workerkit.scenarios.rules.one_end_per_task import OneEndPerTask
from workerkit.scenarios.rules.pause_on_5xx import PauseOn5xx
from workerkit.scenarios.rules.pause_on_401 import PauseOn401
from workerkit.scenarios.rules.pause_on_429 import PauseOn429
from workerkit.scenarios.rules.process_not_crashed import ProcessNotCrashed
from workerkit.scenarios.rules.result_of_its_own_task import ResultOfItsOwnTask
from workerkit.scenarios.rules.result_repeated import ResultRepeated
from workerkit.scenarios.rules.retries_within_limit import RetriesWithinLimit
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.running_before_end import RunningBeforeEnd
from workerkit.scenarios.rules.tasks_ended import TasksEnded

RULES: dict[str, type[Rule]] = {
    rule.id: rule
    for rule in (
        PauseOn401,
        PauseOn429,
        PauseOn5xx,
        GoesOnAfterTrouble,
        HungAnswerGivenUp,
        ResultRepeated,
        CountedOnce,
        TasksEnded,
        NoneLeftRunning,
        EveryPageRead,
        RunningBeforeEnd,
        OneEndPerTask,
        DoneOnce,
        FailedWithMessage,
        RetriesWithinLimit,
        ResultOfItsOwnTask,
        LeftAloneAfter403,
        LeftAloneAfter404,
        BulkItemsHeeded,
        GoesOnAfterRefusal,
        NotRepeatedAfter400,
        CanceledWorkStopped,
        DocumentedRequests,
        BulkWithinLimit,
        LogsWithinLimit,
        LogLevels,
        NoSecretsInLogs,
        KeyInHeaderOnly,
        HeartbeatSent,
        HeartbeatNotTooOften,
        HeartbeatRegular,
        NoBusyPolling,
        ProcessNotCrashed,
    )
}

__all__ = [
    "RULES",
    "BulkItemsHeeded",
    "BulkWithinLimit",
    "CanceledWorkStopped",
    "CountedOnce",
    "DocumentedRequests",
    "DoneOnce",
    "EveryPageRead",
    "FailedWithMessage",
    "GoesOnAfterRefusal",
    "GoesOnAfterTrouble",
    "HeartbeatNotTooOften",
    "HeartbeatRegular",
    "HeartbeatSent",
    "HungAnswerGivenUp",
    "KeyInHeaderOnly",
    "LeftAloneAfter403",
    "LeftAloneAfter404",
    "LogLevels",
    "LogsWithinLimit",
    "NoBusyPolling",
    "NoSecretsInLogs",
    "NoneLeftRunning",
    "NotRepeatedAfter400",
    "OneEndPerTask",
    "PauseOn5xx",
    "PauseOn401",
    "PauseOn429",
    "ProcessNotCrashed",
    "ResultOfItsOwnTask",
    "ResultRepeated",
    "RetriesWithinLimit",
    "Rule",
    "RunningBeforeEnd",
    "TasksEnded",
]
