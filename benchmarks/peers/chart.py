"""Draws the answers per second as bars, in SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.peers.calls import Call
from benchmarks.peers.comparison import Measurement

_WIDTH, _LEFT, _RIGHT = 760, 250, 70
_ROW, _BAR, _TITLE, _GAP = 22, 15, 26, 18
_MOCK, _OTHER, _BARE = "#0b6e4f", "#7a8b99", "#d5dbe0"
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1b1f23}.t{font-weight:600;font-size:13px}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"
)


def chart(measurements: Sequence[Measurement], calls: Sequence[Call]) -> str:
    """Returns a picture with one panel for each call. The bars are in the order of the measurements."""
    panel = _TITLE + _ROW * len(measurements) + _GAP
    height = panel * len(calls)
    parts = [part for i, call in enumerate(calls) for part in _panel(measurements, call, top=i * panel)]
    title = "Answers per second, one core for the server"
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{title}</title>'
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>", ""])


def _panel(measurements: Sequence[Measurement], call: Call, *, top: int) -> Iterator[str]:
    with_bar = [
        measurement for measurement in measurements if not measurement.server.name.startswith("a bare")
    ]
    most = max(measurement.rate(call) for measurement in with_bar)
    yield _text(0, top + 16, f"{call.title}: answers per second", "t")
    for row, measurement in enumerate(with_bar):
        yield from _bar(
            measurement, measurement.rate(call), most, top + _TITLE + row * _ROW, is_first=row == 0
        )


def _bar(measurement: Measurement, rate: float, most: float, top: int, *, is_first: bool) -> Iterator[str]:
    width = (_WIDTH - _LEFT - _RIGHT) * rate / most
    colour = _MOCK if is_first else _OTHER if measurement.server.is_mock else _BARE
    yield _text(0, top + 12, measurement.server.name, "")
    yield f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>'
    yield _text(_LEFT + width + 6, top + 12, f"{rate:,.0f}", "")


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(text)}</text>'
