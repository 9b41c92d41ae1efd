"""The troubles that a hunt tries. Each of them is in a scenario of the library, too, in the same form."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.refuse.empty_answer import EmptyAnswer
from workerkit.scenarios.faults.refuse.hang import Hang
from workerkit.scenarios.faults.refuse.key_refused import KeyRefused
from workerkit.scenarios.faults.refuse.reset import Reset
from workerkit.scenarios.faults.refuse.status import Status
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.faults.slow.latency_fixed import LatencyFixed
from workerkit.scenarios.faults.spoil.close_in_body import CloseInBody
from workerkit.scenarios.faults.spoil.garbage import Garbage
from workerkit.scenarios.faults.spoil.truncated_json import TruncatedJson
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.hunt.slot import Slot
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.model.effects.keys import RestoreKey, RevokeKey
from workerkit.scenarios.model.effects.respond import Respond
from workerkit.scenarios.model.effects.tasks import CancelTasks, OnTasks, ReassignTasks, RemoveTasks
from workerkit.scenarios.model.effects.worker_process import KillWorker, StartWorker, StopWorker
from workerkit.scenarios.model.selection import THIS, Selection

WORKER_SERVER, OTHER_SERVER = "server-01", "server-02"
# The reports of a task that can come too late.
_REPORTS = ("running", "completion", "failure")
_UPDATES = (*_REPORTS, "requeue")
_ONCE = Schedule(nth=1)


@dataclass(frozen=True, slots=True, eq=False)
class HuntedTrouble:
    """One way in which a request can go wrong. Each object is another trouble.

    name: a short name, for the names of scenarios.
    text: what goes wrong, in words. It completes "When the worker sends a request, ...".
    effects: the effects at the request.
    end: the seconds after which the trouble ends, with the effects that end it. None: it ends by itself.
    only_at: the trouble may happen only at requests that ask one of these. Empty: at all requests.
    needs_correct_key: the trouble may happen only after the API has accepted the key. A worker may take a
        401 to its first request for a wrong key.
    needs_status_flow: the API checks the order of statuses. Otherwise nobody could see the trouble.
    takes_effect: the request takes effect, and the worker does not know it.
    """

    name: str
    text: str
    effects: tuple[Effect, ...]
    end: tuple[float, tuple[Effect, ...]] | None = None
    only_at: tuple[str, ...] = ()
    needs_correct_key: bool = False
    needs_status_flow: bool = False
    takes_effect: bool = False

    @property
    def is_change_of_world(self) -> bool:
        """Whether the trouble changes tasks, and not the answer to the request."""
        return isinstance(self.effects[0], ReassignTasks | OnTasks)

    def fits(self, slot: Slot) -> bool:
        """Whether it is fair that this trouble happens at this request."""
        is_possible = not self.only_at or slot.kind in self.only_at
        return is_possible and (slot.is_after_success or not self.needs_correct_key)


def is_fair_together(troubles: Collection[HuntedTrouble]) -> bool:
    """Whether the troubles may happen in one world.

    If the API checks the order of statuses, it refuses to set a task to running again. A worker whose answer
    was lost may then believe that the task was taken away.
    """
    is_strict = any(trouble.needs_status_flow for trouble in troubles)
    return not is_strict or not any(trouble.takes_effect for trouble in troubles)


def _fault(fault: Fault, schedule: Schedule = _ONCE) -> tuple[Effect, ...]:
    return (AddFault(PlannedFault(fault, schedule)),)


_THIS_TASK = Selection(THIS)
_MAINTENANCE = Respond(200, text="We will be back soon", headers={"content-type": "text/html"})

# One trouble of each class. The first ones lead to the most findings.
TROUBLES_TO_TRY = (
    HuntedTrouble("5xx", phrase("the answer is 503"), _fault(Status(503))),
    HuntedTrouble(
        "answer-lost",
        phrase("the request takes effect, but its answer is lost"),
        _fault(LostAnswer()),
        takes_effect=True,
    ),
    HuntedTrouble(
        "401",
        phrase("the answer is 401, although the key is correct"),
        _fault(KeyRefused()),
        needs_correct_key=True,
    ),
    HuntedTrouble("429", phrase("the answer is 429"), _fault(Status(429))),
    HuntedTrouble(
        "reassigned",
        phrase("another server has just got the task"),
        (ReassignTasks(_THIS_TASK, OTHER_SERVER),),
        only_at=_REPORTS,
    ),
    HuntedTrouble(
        "canceled",
        phrase("the task has just been canceled"),
        (CancelTasks(_THIS_TASK),),
        only_at=_REPORTS,
        needs_status_flow=True,
    ),
    HuntedTrouble(
        "unreadable",
        phrase("the request takes effect, but the JSON of the answer is cut off"),
        _fault(TruncatedJson()),
        takes_effect=True,
    ),
    HuntedTrouble(
        "connection-lost", phrase("the connection is reset before it takes effect"), _fault(Reset())
    ),
    HuntedTrouble("hang", phrase("no answer comes, and the connection stays open"), _fault(Hang())),
    HuntedTrouble("slow", phrase("the answer comes 600 ms late"), _fault(LatencyFixed(0.6))),
    HuntedTrouble(
        "web-page",
        phrase("a proxy answers 200 with a web page, and nothing is done"),
        (_MAINTENANCE,),
        only_at=("completion",),
    ),
    HuntedTrouble(
        "removed", phrase("the task has just been deleted"), (RemoveTasks(_THIS_TASK),), only_at=_REPORTS
    ),
)
# Further forms of the same classes.
OTHER_FORMS = (
    HuntedTrouble("empty-answer", phrase("the connection closes without an answer"), _fault(EmptyAnswer())),
    HuntedTrouble(
        "answer-broken",
        phrase("the request takes effect, but the answer ends too early"),
        _fault(CloseInBody()),
        takes_effect=True,
    ),
    HuntedTrouble(
        "garbage",
        phrase("the request takes effect, but the answer is not HTTP"),
        _fault(Garbage(length=200)),
        takes_effect=True,
    ),
)
# Troubles that go on for a while, at all operations.
LONG_TROUBLES = (
    HuntedTrouble(
        "two-5xx",
        phrase("this request and the next one are answered with 503"),
        _fault(Status(503), Schedule(calls=Calls(1, 2))),
    ),
    HuntedTrouble(
        "outage",
        phrase("up to 20 requests are answered with 503, for at most 1.5 s"),
        _fault(Status(503), Schedule(calls=Calls(1, 20), for_=1.5)),
    ),
    HuntedTrouble(
        "key-revoked",
        phrase("the key is refused for 1.2 s"),
        (RevokeKey(WORKER_SERVER),),
        (1.2, (RestoreKey(WORKER_SERVER),)),
        needs_correct_key=True,
    ),
)
# The worker's process ends in the middle of its work, and a new one has to find out what is left to do.
RESTARTS = (
    HuntedTrouble(
        "killed",
        phrase("its process is killed before the answer comes, and started again"),
        (KillWorker(), StartWorker()),
        only_at=_UPDATES,
    ),
    HuntedTrouble(
        "stopped",
        phrase("its process gets SIGTERM before the answer comes, and is started again when it has ended"),
        (StopWorker(), StartWorker()),
        only_at=_UPDATES,
    ),
)
