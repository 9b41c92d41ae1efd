"""The faults: what can go wrong with a request. FAULTS has all of them, by their names in scenario files."""

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.faults.mislead.handed_over import HandedOver
from workerkit.scenarios.faults.mislead.listed_twice import ListedTwice
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer
from workerkit.scenarios.faults.mislead.partial_bulk import PartialBulk
from workerkit.scenarios.faults.mislead.skewed_time import SkewedTime
from workerkit.scenarios.faults.mislead.stale_page import StalePage
from workerkit.scenarios.faults.mislead.unapplied import Unapplied
from workerkit.scenarios.faults.refuse.down import Down
from workerkit.scenarios.faults.refuse.empty_answer import EmptyAnswer
from workerkit.scenarios.faults.refuse.hang import Hang
from workerkit.scenarios.faults.refuse.key_refused import KeyRefused
from workerkit.scenarios.faults.refuse.rate_limit import RateLimit
from workerkit.scenarios.faults.refuse.reset import Reset
from workerkit.scenarios.faults.refuse.status import Status
from workerkit.scenarios.faults.slow.bandwidth import Bandwidth
from workerkit.scenarios.faults.slow.dribble import Dribble
from workerkit.scenarios.faults.slow.latency_fixed import LatencyFixed
from workerkit.scenarios.faults.slow.latency_lognormal import LatencyLognormal
from workerkit.scenarios.faults.slow.latency_uniform import LatencyUniform
from workerkit.scenarios.faults.spoil.close_in_body import CloseInBody
from workerkit.scenarios.faults.spoil.garbage import Garbage
from workerkit.scenarios.faults.spoil.malformed_chunk import MalformedChunk
from workerkit.scenarios.faults.spoil.reset_in_body import ResetInBody
from workerkit.scenarios.faults.spoil.truncated_json import TruncatedJson
from workerkit.scenarios.faults.spoil.wrong_content_type import WrongContentType

FAULTS: dict[str, type[Fault]] = {
    fault.kind: fault
    for fault in (
        Status,
        KeyRefused,
        RateLimit,
        Hang,
        Reset,
        EmptyAnswer,
        Down,
        LatencyFixed,
        LatencyUniform,
        LatencyLognormal,
        Bandwidth,
        Dribble,
        ResetInBody,
        CloseInBody,
        MalformedChunk,
        TruncatedJson,
        WrongContentType,
        Garbage,
        LostAnswer,
        Unapplied,
        PartialBulk,
        ListedTwice,
        HandedOver,
        StalePage,
        SkewedTime,
    )
}

__all__ = ["FAULTS"]
