"""How faults are done: one fault a file, and the register of all by what they are."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.faults.mislead.handed_over import HandedOverAction
from workerkit.mockserver.faults.mislead.listed_twice import ListedTwiceAction
from workerkit.mockserver.faults.mislead.lost_answer import LostAnswerAction
from workerkit.mockserver.faults.mislead.partial_bulk import PartialBulkAction
from workerkit.mockserver.faults.mislead.skewed_time import SkewedTimeAction
from workerkit.mockserver.faults.mislead.stale_page import StalePageAction
from workerkit.mockserver.faults.mislead.unapplied import UnappliedAction
from workerkit.mockserver.faults.refuse.empty_answer import EmptyAnswerAction
from workerkit.mockserver.faults.refuse.hang import HangAction
from workerkit.mockserver.faults.refuse.key_refused import KeyRefusedAction
from workerkit.mockserver.faults.refuse.rate_limit import RateLimitAction
from workerkit.mockserver.faults.refuse.reset import ResetAction
from workerkit.mockserver.faults.refuse.status import StatusAction
from workerkit.mockserver.faults.slow.bandwidth import BandwidthAction
from workerkit.mockserver.faults.slow.dribble import DribbleAction
from workerkit.mockserver.faults.slow.latency_fixed import LatencyFixedAction
from workerkit.mockserver.faults.slow.latency_lognormal import LatencyLognormalAction
from workerkit.mockserver.faults.slow.latency_uniform import LatencyUniformAction
from workerkit.mockserver.faults.spoil.close_in_body import CloseInBodyAction
from workerkit.mockserver.faults.spoil.garbage import GarbageAction
from workerkit.mockserver.faults.spoil.malformed_chunk import MalformedChunkAction
from workerkit.mockserver.faults.spoil.reset_in_body import ResetInBodyAction
from workerkit.mockserver.faults.spoil.truncated_json import TruncatedJsonAction
from workerkit.mockserver.faults.spoil.wrong_content_type import WrongContentTypeAction
from workerkit.scenarios.faults import (
    Bandwidth,
    CloseInBody,
    Dribble,
    EmptyAnswer,
    Fault,
    Garbage,
    HandedOver,
    Hang,
    KeyRefused,
    LatencyFixed,
    LatencyLognormal,
    LatencyUniform,
    ListedTwice,
    LostAnswer,
    MalformedChunk,
    PartialBulk,
    RateLimit,
    Reset,
    ResetInBody,
    SkewedTime,
    StalePage,
    Status,
    TruncatedJson,
    Unapplied,
    WrongContentType,
)

FAULT_ACTIONS: dict[type[Fault], type[FaultAction[Any]]] = {
    Status: StatusAction,
    KeyRefused: KeyRefusedAction,
    RateLimit: RateLimitAction,
    Hang: HangAction,
    Reset: ResetAction,
    EmptyAnswer: EmptyAnswerAction,
    LatencyFixed: LatencyFixedAction,
    LatencyUniform: LatencyUniformAction,
    LatencyLognormal: LatencyLognormalAction,
    Bandwidth: BandwidthAction,
    Dribble: DribbleAction,
    ResetInBody: ResetInBodyAction,
    CloseInBody: CloseInBodyAction,
    MalformedChunk: MalformedChunkAction,
    TruncatedJson: TruncatedJsonAction,
    WrongContentType: WrongContentTypeAction,
    Garbage: GarbageAction,
    LostAnswer: LostAnswerAction,
    Unapplied: UnappliedAction,
    PartialBulk: PartialBulkAction,
    ListedTwice: ListedTwiceAction,
    HandedOver: HandedOverAction,
    StalePage: StalePageAction,
    SkewedTime: SkewedTimeAction,
}

__all__ = ["FAULT_ACTIONS", "FaultAction"]
