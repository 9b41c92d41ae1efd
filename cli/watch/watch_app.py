"""The screen of `workerkit watch`, made with Textual."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Footer, Static, TabbedContent, TabPane

from workerkit.cli.watch.watched_world import Snapshot, WatchedWorld
from workerkit.openapi.formats.visible_text import visible_line, visible_text
from workerkit.openapi.spec.api import worker_api

_SECONDS_BETWEEN_LOOKS = 0.25
_MOST_TASKS = 200
_TABS = ("requests", "tasks", "verdict")
_GOOD, _REFUSED, _FAILED = "green", "yellow", "bold red"


class WatchApp(App[None]):
    """Shows a world: the requests with the reason of the chosen one, the tasks, and the verdict so far."""

    CSS = """
    #summary { padding: 0 1; background: $panel; }
    #tabs, ContentSwitcher, TabPane, DataTable { height: 1fr; }
    #details { height: auto; max-height: 40%; padding: 0 1; border-top: solid $primary; }
    TabPane { padding: 0; }
    #judgement { padding: 0 1; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("1", "show('requests')", "Requests"),
        ("2", "show('tasks')", "Tasks"),
        ("3", "show('verdict')", "Verdict"),
        ("q", "quit", "Quit"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, watched: WatchedWorld, address: str) -> None:
        super().__init__()
        self._watched, self._address = watched, address
        self._drawn: Snapshot | None = None
        # The parts are kept here: messages can still come when the screen has removed them.
        self._summary, self._details, self._judgement = (
            Static(id=name) for name in ("summary", "details", "judgement")
        )
        self._tables: dict[str, DataTable[Text]] = {
            name: DataTable(id=f"{name}-table", cursor_type="row") for name in ("request", "task")
        }

    def compose(self) -> ComposeResult:
        """The parts of the screen."""
        yield self._summary
        with TabbedContent(id="tabs"):
            with TabPane("Requests", id="requests"):
                yield self._tables["request"]
                yield self._details
            with TabPane("Tasks", id="tasks"):
                yield self._tables["task"]
            with TabPane("Verdict", id="verdict"), VerticalScroll():
                yield self._judgement
        yield Footer()

    def on_mount(self) -> None:
        """Begins to show what is known."""
        self._tables["request"].add_columns("time", "answer", "operation", "ms", "server", "why")
        self._tables["task"].add_columns("status", "id", "statuses", "server", "retries")
        self._tables["request"].focus()
        self.draw()
        self.set_interval(_SECONDS_BETWEEN_LOOKS, self.draw)

    def action_show(self, tab: str) -> None:
        """Shows a tab and puts the keyboard into its table."""
        self.query_one(TabbedContent).active = tab
        if tab != "verdict":
            self._tables["request" if tab == "requests" else "task"].focus()

    def draw(self) -> None:
        """Shows what is known now, if it has changed."""
        known = self._watched.snapshot()
        if self._drawn is None or self._drawn.version != known.version:
            self._drawn = known
            self._summary.update(summary_text(known, self._address))
            self._draw_requests(known)
            self._draw_tasks(known)
            self._judgement.update(verdict_text(known))

    def on_data_table_row_highlighted(self) -> None:
        """Shows the details of the chosen request."""
        self._draw_details()

    def _draw_requests(self, known: Snapshot) -> None:
        """Adds the new requests at the end. The table stays at its end while the last row is chosen."""
        table = self._tables["request"]
        is_at_end = table.cursor_row >= table.row_count - 1
        wanted = {str(exchange["number"]): exchange for exchange in known.exchanges}
        for key in [key for key in table.rows if key.value not in wanted]:
            table.remove_row(key)
        shown = {key.value for key in table.rows}
        if any(number in shown for number in list(wanted)[len(shown) :]):  # an older one has come
            table.clear()
            shown = set()
        for number, exchange in wanted.items():
            if number not in shown:
                table.add_row(*request_cells(exchange), key=number)
        if is_at_end and table.row_count:
            table.move_cursor(row=table.row_count - 1)
        self._draw_details()

    def _draw_details(self) -> None:
        table, known = self._tables["request"], self._drawn
        index = table.cursor_row
        if known is None or not 0 <= index < table.row_count:
            self._details.update("No request has come yet.")
            return
        number = list(table.rows)[index].value
        chosen = next((one for one in known.exchanges if str(one["number"]) == number), None)
        if chosen is not None:
            self._details.update(details_text(chosen))

    def _draw_tasks(self, known: Snapshot) -> None:
        table = self._tables["task"]
        row = table.cursor_row
        table.clear()
        for cells in task_rows(known):
            table.add_row(*cells)
        if table.row_count:
            table.move_cursor(row=min(row, table.row_count - 1))


def summary_text(known: Snapshot, address: str) -> Text:
    """Where the world is, whether it can be seen now, how many tasks have each status, and the verdict."""
    place = f"{address}  {known.world}".rstrip()
    connection = (
        (f"not connected, trying again: {known.trouble}", _FAILED) if known.trouble else ("live", _GOOD)
    )
    parts = [(visible_line(place), "bold"), (visible_line(connection[0]), connection[1])]
    if known.state is not None:
        parts.append((f"{known.state['exchanges']} requests", ""))
        counts = Counter(task["status"] for task in known.state["tasks"])
        statuses = [status for status in worker_api().enumeration("TaskStatus") if counts[status]]
        parts.append((", ".join(f"{counts[status]} {status}" for status in statuses) or "no tasks", ""))
    if known.verdict is not None:
        outcome = known.verdict["verdict"]
        text = f"{known.verdict['scenario']}: {outcome} so far"
        parts.append((visible_line(text), _GOOD if outcome == "pass" else _FAILED))
    return Text("  ").join(Text(text, style) for text, style in parts)


def request_cells(exchange: Any) -> tuple[Text, ...]:
    """The cells of a request."""
    status, style = exchange["status"], _style(exchange["status"])
    return (
        Text(exchange["time"][11:19]),
        Text("none" if status is None else str(status), style),
        Text(visible_line(exchange["operation"] or f"{exchange['method']} {exchange['path']}")),
        Text(f"{1000 * exchange['seconds']:.1f}", justify="right"),
        Text(visible_line(exchange["server"] or "unknown key")),
        Text(visible_line(exchange["why"] or ""), style),
    )


def details_text(exchange: Any) -> Text:
    """The request, its answer and why it was refused. Secrets are replaced already."""
    query = f"?{exchange['query']}" if exchange["query"] else ""
    status = "no answer" if exchange["status"] is None else f"answered {exchange['status']}"
    lines = [
        Text(visible_line(f"#{exchange['number']} {exchange['method']} {exchange['path']}{query}"), "bold")
    ]
    lines.append(Text(status, _style(exchange["status"])))
    if exchange["why"]:
        lines.append(Text(visible_text(f"Why: {exchange['why']}"), _style(exchange["status"])))
    if exchange["request"]["body"] is not None:
        lines.append(Text(visible_line(f"Sent: {exchange['request']['body']}")))
    return Text("\n").join(lines)


def task_rows(known: Snapshot) -> list[tuple[Text, ...]]:
    """The cells of the tasks: those that changed last first, then the others."""
    if known.state is None:
        return []
    tasks = {task["id"]: task for task in known.state["tasks"]}
    order = [task for task in reversed(known.changed) if task in tasks]
    others = (task for task in tasks if task not in known.changed)
    chosen = [*order, *others][:_MOST_TASKS]
    return [_task_cells(tasks[task], known.changed.get(task, ())) for task in chosen]


def verdict_text(known: Snapshot) -> Text:
    """The verdict so far and the broken rules, in words."""
    if known.state is not None and known.state["scenario"] is None:
        return Text("This world has no scenario, so there is no verdict.")
    if known.verdict is None:
        return Text("The verdict is not known yet.")
    outcome = known.verdict["verdict"]
    head = Text(
        visible_line(f"{known.verdict['scenario']}: {outcome} so far"),
        _GOOD if outcome == "pass" else _FAILED,
    )
    rules = (
        Text.assemble((visible_line(broken["rule"]), "bold"), "\n", visible_text(broken["message"]))
        for broken in known.verdict["broken"]
    )
    return Text("\n\n").join([head, *rules])


def _task_cells(task: Any, statuses: tuple[str, ...]) -> tuple[Text, ...]:
    texts = (task["status"], task["id"], ", ".join(statuses), task["server"] or "", str(task["retry_count"]))
    return tuple(Text(visible_line(text)) for text in texts)


def _style(status: int | None) -> str:
    if status is None or status >= 500:
        return _FAILED
    return _GOOD if status < 400 else _REFUSED
