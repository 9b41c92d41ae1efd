"""A timeline as a picture: a lane for each task, coloured by its status, below the exchanges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.markup import element
from workerkit.mockserver.reports.timeline import Tick, Timeline

_WIDTH = 1000
_TICK, _GAP = 14, 4
_TALLEST, _HEIGHT = 12, 320
_KNOWN = ("pending", "queued", "running", "completed", "failed", "canceled")
_BAR = 100


def picture(timeline: Timeline) -> Element:
    """The picture, as wide as there is room for. It has no words: what it shows stands beside it."""
    scale = _WIDTH / (timeline.seconds or 1.0)
    lane = min(_TALLEST, _HEIGHT // max(1, len(timeline.lanes)))
    height = _TICK + _GAP + lane * len(timeline.lanes)
    shapes = {**_ticks(timeline.ticks, scale), **_lanes(timeline, scale, lane)}
    label = f"{len(timeline.lanes)} tasks over {timeline.seconds:.3f} seconds; the table below says the same"
    return element(
        "svg",
        *(element("path", d=path, class_=name) for name, path in shapes.items()),
        *(_line(at * scale, height) for at, _ in timeline.happenings),
        viewBox=f"0 0 {_WIDTH} {height}",
        height=height,
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
        class_="picture",
    )


def bar(statuses: Mapping[str, int]) -> Element:
    """How many tasks have which status, as a small bar."""
    total = sum(statuses.values()) or 1
    parts, begin = [], 0.0
    for status in sorted(statuses, key=_order):
        width = statuses[status] * _BAR / total
        parts.append(
            element("rect", class_=_class(status), x=f"{begin:.2f}", width=f"{width:.2f}", height=10)
        )
        begin += width
    return element(
        "svg", *parts, class_="bar", viewBox=f"0 0 {_BAR} 10", preserveAspectRatio="none", aria_hidden="true"
    )


def in_order(statuses: Iterable[str]) -> list[str]:
    """The statuses in the order of a task's life."""
    return sorted(set(statuses), key=_order)


def swatch(status: str) -> Element:
    """The colour of a status."""
    square = element("rect", width=12, height=12, class_=_class(status))
    return element("svg", square, width=12, height=12, aria_hidden="true")


def _ticks(ticks: Iterable[Tick], scale: float) -> dict[str, str]:
    paths: defaultdict[str, str] = defaultdict(str)
    for tick in ticks:
        top = 0 if tick.is_broken else _TICK // 2
        paths[_kind(tick)] += f"M{tick.at * scale:.1f} {top}h2v{_TICK - top}h-2z"
    return dict(paths)


def _lanes(timeline: Timeline, scale: float, lane: int) -> dict[str, str]:
    paths: defaultdict[str, str] = defaultdict(str)
    for index, each in enumerate(timeline.lanes):
        top = _TICK + _GAP + index * lane
        for spell in each.spells:
            width = max((spell.end - spell.begin) * scale, 0.5)
            paths[_class(spell.status)] += (
                f"M{spell.begin * scale:.1f} {top}h{width:.1f}v{lane - 1}h-{width:.1f}z"
            )
    return dict(paths)


def _line(x: float, height: int) -> Element:
    return element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=0, y2=height, class_="happened")


def _kind(tick: Tick) -> str:
    if tick.is_broken:
        return "t-broken"
    return {2: "t-good", 0: "t-none"}.get(tick.family, "t-bad")


def _class(status: str) -> str:
    return f"s-{status}" if status in _KNOWN else "s-other"


def _order(status: str) -> int:
    return _KNOWN.index(status) if status in _KNOWN else len(_KNOWN)
