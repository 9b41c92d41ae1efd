"""The rules for workers, one rule in each file. `RULES` has all of them, by id."""

from workerkit.scenarios.rules.refusals.bulk_items_heeded import BulkItemsHeeded
from workerkit.scenarios.rules.refusals.goes_on_after_refusal import GoesOnAfterRefusal
from workerkit.scenarios.rules.refusals.left_alone_after_403 import LeftAloneAfter403
from workerkit.scenarios.rules.refusals.left_alone_after_404 import LeftAloneAfter404
from workerkit.scenarios.rules.refusals.not_repeated_after_400 import NotRepeatedAfter400
from workerkit.scenarios.rules.refusals.refused_start_heeded import RefusedStartHeeded
from workerkit.scenarios.rules.requests.bulk_within_limit import BulkWithinLimit
from workerkit.scenarios.rules.requests.documented_requests import DocumentedRequests
from workerkit.scenarios.rules.requests.every_page_read import EveryPageRead
from workerkit.scenarios.rules.requests.heartbeat_not_too_often import HeartbeatNotTooOften
from workerkit.scenarios.rules.requests.heartbeat_regular import HeartbeatRegular
from workerkit.scenarios.rules.requests.heartbeat_sent import HeartbeatSent
from workerkit.scenarios.rules.requests.key_in_header_only import KeyInHeaderOnly
from workerkit.scenarios.rules.requests.log_levels import LogLevels
from workerkit.scenarios.rules.requests.logs_within_limit import LogsWithinLimit
from workerkit.scenarios.rules.requests.no_busy_polling import NoBusyPolling
from workerkit.scenarios.rules.requests.no_secrets_in_logs import NoSecretsInLogs
from workerkit.scenarios.rules.results.completed_with_link import CompletedWithLink
from workerkit.scenarios.rules.results.failed_with_message import FailedWithMessage
from workerkit.scenarios.rules.results.failure_reported import FailureReported
from workerkit.scenarios.rules.results.links_differ import LinksDiffer
from workerkit.scenarios.rules.results.no_link_to_api import NoLinkToApi
from workerkit.scenarios.rules.results.result_of_its_own_task import ResultOfItsOwnTask
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.trouble.backoff_grows import BackoffGrows
from workerkit.scenarios.rules.trouble.goes_on_after_trouble import GoesOnAfterTrouble
from workerkit.scenarios.rules.trouble.hung_answer_given_up import HungAnswerGivenUp
from workerkit.scenarios.rules.trouble.pause_on_5xx import PauseOn5xx
from workerkit.scenarios.rules.trouble.pause_on_401 import PauseOn401
from workerkit.scenarios.rules.trouble.pause_on_429 import PauseOn429
from workerkit.scenarios.rules.trouble.process_not_crashed import ProcessNotCrashed
from workerkit.scenarios.rules.trouble.result_repeated import ResultRepeated
from workerkit.scenarios.rules.work.canceled_work_stopped import CanceledWorkStopped
from workerkit.scenarios.rules.work.counted_once import CountedOnce
from workerkit.scenarios.rules.work.done_once import DoneOnce
from workerkit.scenarios.rules.work.none_left_running import NoneLeftRunning
from workerkit.scenarios.rules.work.one_end_per_task import OneEndPerTask
from workerkit.scenarios.rules.work.request_closed_last import RequestClosedLast
from workerkit.scenarios.rules.work.retries_used import RetriesUsed
from workerkit.scenarios.rules.work.retries_within_limit import RetriesWithinLimit
from workerkit.scenarios.rules.work.running_before_end import RunningBeforeEnd
from workerkit.scenarios.rules.work.tasks_ended import TasksEnded

RULES: dict[str, type[Rule]] = {
    rule.id: rule
    for rule in (
        PauseOn401,
        PauseOn429,
        PauseOn5xx,
        BackoffGrows,
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
        RequestClosedLast,
        RetriesWithinLimit,
        RetriesUsed,
        FailedWithMessage,
        FailureReported,
        ResultOfItsOwnTask,
        NoLinkToApi,
        CompletedWithLink,
        LinksDiffer,
        LeftAloneAfter403,
        LeftAloneAfter404,
        BulkItemsHeeded,
        GoesOnAfterRefusal,
        NotRepeatedAfter400,
        RefusedStartHeeded,
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

__all__ = ["RULES"]
