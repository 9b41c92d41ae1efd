"""Applies faults to requests. Each file has the action of one fault; `FAULT_ACTIONS` lists all actions."""

from __future__ import annotations

from typing import Any, get_args

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.faults.mislead.handed_over import HandedOverAction
from workerkit.mockserver.faults.mislead.listed_twice import ListedTwiceAction
from workerkit.mockserver.faults.mislead.lost_answer import LostAnswerAction
from workerkit.mockserver.faults.mislead.partial_bulk import PartialBulkAction
from workerkit.mockserver.faults.mislead.skewed_time import SkewedTimeAction
from workerkit.mockserver.faults.mislead.stale_page import StalePageAction
from workerkit.mockserver.faults.mislead.unapplied import UnappliedAction
from workerkit.mockserver.faults.refuse.down import DownAction
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
from workerkit.scenarios.faults.fault import Fault


def _fault_of(action: type[FaultAction[Any]]) -> type[Fault]:
    """The type parameter of the base class: Dribble for `class DribbleAction(FaultAction[Dribble])`."""
    fault: type[Fault] = get_args(vars(action)["__orig_bases__"][0])[0]
    return fault


FAULT_ACTIONS: dict[type[Fault], type[FaultAction[Any]]] = {
    _fault_of(action): action
    for action in (
        StatusAction,
        KeyRefusedAction,
        RateLimitAction,
        HangAction,
        ResetAction,
        EmptyAnswerAction,
        DownAction,
        LatencyFixedAction,
        LatencyUniformAction,
        LatencyLognormalAction,
        BandwidthAction,
        DribbleAction,
        ResetInBodyAction,
        CloseInBodyAction,
        MalformedChunkAction,
        TruncatedJsonAction,
        WrongContentTypeAction,
        GarbageAction,
        LostAnswerAction,
        UnappliedAction,
        PartialBulkAction,
        ListedTwiceAction,
        HandedOverAction,
        StalePageAction,
        SkewedTimeAction,
    )
}

__all__ = ["FAULT_ACTIONS"]
