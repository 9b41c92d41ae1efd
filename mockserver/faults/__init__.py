"""How faults are done: one fault a file, and the register of all by what they are."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.faults.fault_action import Deed
from workerkit.mockserver.faults.mislead.handed_over import HandedOverDeed
from workerkit.mockserver.faults.mislead.listed_twice import ListedTwiceDeed
from workerkit.mockserver.faults.mislead.lost_answer import LostAnswerDeed
from workerkit.mockserver.faults.mislead.partial_bulk import PartialBulkDeed
from workerkit.mockserver.faults.mislead.skewed_time import SkewedTimeDeed
from workerkit.mockserver.faults.mislead.stale_page import StalePageDeed
from workerkit.mockserver.faults.mislead.unapplied import UnappliedDeed
from workerkit.mockserver.faults.refuse.empty_answer import EmptyAnswerDeed
from workerkit.mockserver.faults.refuse.hang import HangDeed
from workerkit.mockserver.faults.refuse.key_refused import KeyRefusedDeed
from workerkit.mockserver.faults.refuse.rate_limit import RateLimitDeed
from workerkit.mockserver.faults.refuse.reset import ResetDeed
from workerkit.mockserver.faults.refuse.status import StatusDeed
from workerkit.mockserver.faults.slow.bandwidth import BandwidthDeed
from workerkit.mockserver.faults.slow.dribble import DribbleDeed
from workerkit.mockserver.faults.slow.latency_fixed import LatencyFixedDeed
from workerkit.mockserver.faults.slow.latency_lognormal import LatencyLognormalDeed
from workerkit.mockserver.faults.slow.latency_uniform import LatencyUniformDeed
from workerkit.mockserver.faults.spoil.close_in_body import CloseInBodyDeed
from workerkit.mockserver.faults.spoil.garbage import GarbageDeed
from workerkit.mockserver.faults.spoil.malformed_chunk import MalformedChunkDeed
from workerkit.mockserver.faults.spoil.reset_in_body import ResetInBodyDeed
from workerkit.mockserver.faults.spoil.truncated_json import TruncatedJsonDeed
from workerkit.mockserver.faults.spoil.wrong_content_type import WrongContentTypeDeed
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

DEEDS: dict[type[Fault], type[Deed[Any]]] = {
    Status: StatusDeed,
    KeyRefused: KeyRefusedDeed,
    RateLimit: RateLimitDeed,
    Hang: HangDeed,
    Reset: ResetDeed,
    EmptyAnswer: EmptyAnswerDeed,
    LatencyFixed: LatencyFixedDeed,
    LatencyUniform: LatencyUniformDeed,
    LatencyLognormal: LatencyLognormalDeed,
    Bandwidth: BandwidthDeed,
    Dribble: DribbleDeed,
    ResetInBody: ResetInBodyDeed,
    CloseInBody: CloseInBodyDeed,
    MalformedChunk: MalformedChunkDeed,
    TruncatedJson: TruncatedJsonDeed,
    WrongContentType: WrongContentTypeDeed,
    Garbage: GarbageDeed,
    LostAnswer: LostAnswerDeed,
    Unapplied: UnappliedDeed,
    PartialBulk: PartialBulkDeed,
    ListedTwice: ListedTwiceDeed,
    HandedOver: HandedOverDeed,
    StalePage: StalePageDeed,
    SkewedTime: SkewedTimeDeed,
}

__all__ = ["DEEDS", "Deed"]
