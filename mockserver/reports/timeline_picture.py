"""Draws a timeline as SVG: a tick for each exchange, and below a lane for each task, coloured by status."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.markup import element
from workerkit.mockserver.reports.timeline import Tick, Timeline
from workerkit.openapi.spec.api import worker_api

_WIDTH = 1000
_TICK_HEIGHT, _GAP_HEIGHT = 14, 4
_MAX_LANE_HEIGHT, _MAX_LANES_HEIGHT = 12, 320
_BAR_WIDTH = 100


def timeline_picture(timeline: Timeline) -> Element:
    """Returns the picture. It takes the full width of the page and contains no text."""
    scale = _WIDTH / (timeline.seconds or 1.0)
    lane_height = min(_MAX_LANE_HEIGHT, _MAX_LANES_HEIGHT // max(1, len(timeline.lanes)))
    height = _TICK_HEIGHT + _GAP_HEIGHT + lane_height * len(timeline.lanes)
    paths = {**_tick_paths(timeline.ticks, scale), **_lane_paths(timeline, scale, lane_height)}
    label = f"{len(timeline.lanes)} tasks over {timeline.seconds:.3f} seconds; see the table below"
    return element(
        "svg",
        *(element("path", d=path, class_=css_class) for css_class, path in paths.items()),
        *(_event_line(at * scale, height) for at, _ in timeline.events),
        viewBox=f"0 0 {_WIDTH} {height}",
        height=height,
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
        class_="picture",
    )


def status_bar(statuses: Mapping[str, int]) -> Element:
    """Returns a small bar. Each status has a part of the bar, as wide as its share of the tasks."""
    total = sum(statuses.values()) or 1
    parts, begin = [], 0.0
    for status in sorted(statuses, key=_order):
        width = statuses[status] * _BAR_WIDTH / total
        parts.append(
            element("rect", class_=_status_class(status), x=f"{begin:.2f}", width=f"{width:.2f}", height=10)
        )
        begin += width
    return element(
        "svg",
        *parts,
        class_="bar",
        viewBox=f"0 0 {_BAR_WIDTH} 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def sorted_statuses(statuses: Iterable[str]) -> list[str]:
    """Returns each status once, in the order in which a task passes through them."""
    return sorted(set(statuses), key=_order)


def status_square(status: str) -> Element:
    """Returns a small square in the colour of the status."""
    square = element("rect", width=12, height=12, class_=_status_class(status))
    return element("svg", square, width=12, height=12, aria_hidden="true")


def _tick_paths(ticks: Iterable[Tick], scale: float) -> dict[str, str]:
    """Returns one SVG path for each CSS class."""
    paths: defaultdict[str, str] = defaultdict(str)
    for tick in ticks:
        top = 0 if tick.broke_rule else _TICK_HEIGHT // 2
        paths[_tick_class(tick)] += f"M{tick.at * scale:.1f} {top}h2v{_TICK_HEIGHT - top}h-2z"
    return dict(paths)


def _lane_paths(timeline: Timeline, scale: float, lane_height: int) -> dict[str, str]:
    """Returns one SVG path for each CSS class."""
    paths: defaultdict[str, str] = defaultdict(str)
    for index, lane in enumerate(timeline.lanes):
        top = _TICK_HEIGHT + _GAP_HEIGHT + index * lane_height
        for period in lane.periods:
            width = max((period.end - period.begin) * scale, 0.5)
            paths[_status_class(period.status)] += (
                f"M{period.begin * scale:.1f} {top}h{width:.1f}v{lane_height - 1}h-{width:.1f}z"
            )
    return dict(paths)


def _event_line(x: float, height: int) -> Element:
    return element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=0, y2=height, class_="happened")


def _tick_class(tick: Tick) -> str:
    if tick.broke_rule:
        return "t-broken"
    return {2: "t-good", 0: "t-none"}.get(tick.status_class, "t-bad")


def _status_class(status: str) -> str:
    return f"s-{status}" if status in _known_statuses() else "s-other"


def _order(status: str) -> int:
    known = _known_statuses()
    return known.index(status) if status in known else len(known)


def _known_statuses() -> tuple[str, ...]:
    """The task statuses of the API, in the order in which a task passes through them."""
    return worker_api().enumeration("TaskStatus")
