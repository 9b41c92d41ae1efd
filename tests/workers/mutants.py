"""Careless workers: a careful one each with a small change that breaks one rule."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.workers.cast import EXAMPLES
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario

_HERE = Path(__file__).parent
_EXAMPLE = EXAMPLES / "worker.py"
_CAREFUL = _HERE / "careful.py"
_STORIES = _HERE / "stories"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A worker that is careful but for one thing.

    It breaks `rule` in `scenario`, and `also` those, because one follows from the other. Each of `changes` is
    a text of the original, which is there once, and what stands there instead.
    """

    rule: str
    name: str
    scenario: str
    changes: tuple[tuple[str, str], ...]
    original: Path = _EXAMPLE
    style: str = ""
    also: frozenset[str] = frozenset()

    def source(self) -> str:
        """Its program."""
        text = self.original.read_text("utf-8")
        for old, new in self.changes:
            assert text.count(old) == 1, f"{self.name}: {old!r} is there {text.count(old)} times"
            text = text.replace(old, new)
        return text

    def words(self, folder: Path) -> tuple[str, ...]:
        """Its command, once its program is written into a folder; it runs as on a machine just started."""
        path = folder / f"{self.name.replace(' ', '-')}.py"
        path.write_text(self.source(), "utf-8")
        return sys.executable, str(_HERE / "young.py"), str(path), *self.style.split()

    def original_words(self) -> tuple[str, ...]:
        """The command of the careful worker that it was made from."""
        return sys.executable, str(self.original), *self.style.split()


def scenario(name: str) -> Scenario:
    """A scenario of the library, or a story of these tests' own."""
    story = _STORIES / f"{name}.yaml"
    return loader.read(story) if story.exists() else library.find(name)


# What is replaced by what, where it is longer than a line.
_GIVES_UP = """\
                if time.monotonic() > give_up_at:
                    sys.exit(f"gave up: {method} {path}: {trouble}")
"""
_AT_TROUBLE = """\
            except Trouble as trouble:
"""
_RESULT_IS_LOST = f"""{_AT_TROUBLE}\
                if "completed" in str(body):
                    raise Refused from None
"""
_NO_JSON = """\
        raise Trouble("an answer that is no JSON") from None
"""
_LOOKS_FIRST = """\
        if not self._is_running(task):
"""
_FAILS_IN_SECRET = f"""\
        if end["status"] == "failed":
            return self._left_alone.add(task["id"])
{_LOOKS_FIRST}"""
_LEAVES_ALONE = """\
        except Refused as refused:
            worker.leave_alone(task["id"], str(refused))
"""
_ENDS = """\
        except Refused:
            raise Stopped from None
"""
_RESUMES = """\
        except Refused:
            with contextlib.suppress(Refused):
                self._tell(task, {"status": "running"})
"""
_TELLS = """\
                self._tell(task, {"status": status})
"""
_IGNORES = """\
                with contextlib.suppress(Refused):
                    self._tell(task, {"status": status})
"""
_DROPS_LOGS = """\
            print(f"{path}: {refused}", file=sys.stderr)
"""
_KEEPS_LOGS = """\
            print(f"{path}: {refused}", file=sys.stderr)
            return False
"""
_BACKS_OFF = """\
            self._clock.back_off(attempt)
"""
_COMPLETES_TOO = """\
            memory.reported(task)
            self._tell(task, {"status": "completed"})
"""
_POLLS = """\
            if not busy:
                self.clock.wait(_POLL_EVERY)
"""
_DEDUPES = '{task["id"]: task for task in page["data"] if task["id"] not in seen}.values()'
_TWO_STEPS = '{"pending": ("queued", "running"), "queued": ("running",)}.get(task["status"], ())'
_IS_NEWS = 'bool(task["retry_count"] > retries or time.monotonic() - at > _OLD_AFTER)'
_LOGS_END = "f\"Task {end['status']}: {task['id']}\""
_MAY_TRY = 'bool(max(task["retry_count"], self._attempts[task["id"]]) <= task["max_retries"])'
_MAY_RETRY = 'task["retry_count"] < task["max_retries"] and self._may_try(task)'
# What breaks a rule by its rate does so several times as often as it has to: a busy machine slows it down.
_HEARTBEAT_IS_DUE = "if time.monotonic() - self._last_heartbeat > HEARTBEAT_EVERY:"
_AFTER_A_TASK = """\
            worker.leave_alone(task["id"], str(refused))
        worker.beat_if_due()
"""
_AFTER_A_TASK_AND_MORE = """\
            worker.leave_alone(task["id"], str(refused))
        for _ in range(5):
            worker.beat_if_due()
"""
_SENDS_LOGS = 'if self._logs and self._tell("/logs", {"logs": self._logs}):'
_INSISTS_ON_LOGS = 'if any(self._logs and self._tell("/logs", {"logs": self._logs}) for _ in range(3)):'

MUTANTS = (
    # Trouble
    Mutant("pause-on-401", "at once after 401", "long-revoked", (("            pause(attempt)\n", ""),)),
    Mutant("pause-on-5xx", "at once after 503", "long-outage", (("            pause(attempt)\n", ""),)),
    Mutant("pause-on-429", "deaf to Retry-After", "rate-limited", (("retry_after.isdecimal()", "False"),)),
    Mutant(
        "goes-on-after-trouble",
        "ends at the first trouble",
        "outage",
        ((_GIVES_UP, "                sys.exit(0)\n"),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "hung-answer-given-up",
        "waits for ever",
        "silence",
        (("PATIENCE = 2.5", "PATIENCE = 600"),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "result-repeated",
        "drops a result in trouble",
        "results-in-trouble",
        ((_AT_TROUBLE, _RESULT_IS_LOST),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "counted-once",
        "completes twice",
        "answers-lost",
        (('{"link_id": task["id"], **links}, is_done=is_done)', '{"link_id": task["id"], **links})'),),
        original=_CAREFUL,
        style="--by callback",
    ),
    Mutant(
        "process-not-crashed",
        "crashes at broken JSON",
        "truncated-json",
        ((_NO_JSON, "        raise\n"),),
        also=frozenset(("tasks-ended",)),
    ),
    # All tasks
    Mutant(
        "tasks-ended", "forgets what is queued", "quiet-day", (("pending,queued,running", "pending,running"),)
    ),
    Mutant(
        "none-left-running",
        "tells of successes only",
        "quiet-day",
        ((_LOOKS_FIRST, _FAILS_IN_SECRET),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "every-page-read",
        "skips pages of a list that shrinks",
        "shrinking-list",
        (("            quiet = 0 if busy else quiet + 1\n", "            quiet = _LOOKS\n"),),
        original=_CAREFUL,
        style="--paging offset --page 10",
        also=frozenset(("tasks-ended",)),
    ),
    # The flow
    Mutant(
        "running-before-end",
        "never says that it runs",
        "quiet-day",
        ((_TWO_STEPS, '("queued",)'),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "one-end-per-task",
        "does twice what is listed twice",
        "task-listed-twice",
        ((_DEDUPES, 'page["data"]'),),
        original=_CAREFUL,
    ),
    Mutant(
        "done-once",
        "believes an old list",
        "old-list",
        ((_IS_NEWS, "True"),),
        original=_CAREFUL,
        style="--hasty",
    ),
    Mutant(
        "failed-with-message",
        "fails without a word",
        "quiet-day",
        (('{"status": "failed", "error_message": str(error)}', '{"status": "failed"}'),),
    ),
    Mutant(
        "retries-within-limit",
        "tries again once too often",
        "retry-manual",
        ((_MAY_RETRY, 'bool(task["retry_count"] <= task["max_retries"])'), (_MAY_TRY, "True")),
    ),
    Mutant(
        "result-of-its-own-task",
        "mixes up results",
        "late-tasks",
        (("zip(started, ends, strict=True)", "zip(started, ends[1:] + ends[:1], strict=True)"),),
    ),
    # Refusals
    Mutant(
        "left-alone-after-403",
        "goes on with a foreign task",
        "foreign-task",
        ((_TELLS, _IGNORES),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "left-alone-after-404",
        "goes on with a task that is gone",
        "unknown-task",
        ((_TELLS, _IGNORES),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "bulk-items-heeded",
        "takes 200 for done",
        "foreign-tasks-in-bulk",
        (('if not result["success"]', "if False"),),
    ),
    Mutant(
        "goes-on-after-refusal",
        "ends at the first refusal",
        "unknown-task",
        ((_LEAVES_ALONE, _ENDS),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "not-repeated-after-400",
        "sends refused logs again and again",
        "logs-refused",
        (
            (
                '            print(f"{path}: {refused}", file=sys.stderr)\n',
                "            return bool(refused) and False\n",
            ),
            (_SENDS_LOGS, _INSISTS_ON_LOGS),
        ),
    ),
    Mutant(
        "canceled-work-stopped",
        "deaf to cancellation",
        "canceled-while-running",
        ((_LEAVES_ALONE, _RESUMES),),
        original=_CAREFUL,
        style="--look never",
    ),
    # Requests
    Mutant(
        "documented-requests",
        "sends a number as text",
        "quiet-day",
        (('"cpu_usage": 0.0', '"cpu_usage": "0.0"'),),
    ),
    Mutant(
        "bulk-within-limit",
        "sends too much at once",
        "big-backlog",
        (("_MOST_ITEMS = 500", "_MOST_ITEMS = 600"),),
        original=_CAREFUL,
        style="--by bulk --page 1000 --read all",
    ),
    Mutant(
        "logs-within-limit",
        "logs without end",
        "quiet-day",
        (("self._logs[-MOST_LOGS:]", "self._logs * 20"),),
    ),
    Mutant(
        "log-levels",
        "warns in its own words",
        "foreign-task",
        (('self._log("WARN", f"Task left alone', 'self._log("WARNING", f"Task left alone'),),
    ),
    Mutant("no-secrets-in-logs", "logs whole tasks", "quiet-day", ((_LOGS_END, 'f"Task done: {task}"'),)),
    Mutant("key-in-header-only", "logs its key", "quiet-day", ((_LOGS_END, 'f"Task done with {API_KEY}"'),)),
    # Manners
    Mutant("heartbeat-sent", "without a heart", "quiet-day", (('self._tell("/health", ', "id("),)),
    Mutant(
        "heartbeat-not-too-often",
        "all heart",
        "quiet-day",
        ((_HEARTBEAT_IS_DUE, "for _ in range(5):"),),
    ),
    Mutant(
        "heartbeat-regular",
        "one heartbeat only",
        "idle",
        (("_HEARTBEAT_EVERY = 2.0", "_HEARTBEAT_EVERY = 600.0"),),
        original=_CAREFUL,
        style="--daemon",
    ),
    Mutant(
        "no-busy-polling",
        "asks without a pause",
        "quiet-day",
        ((_POLLS, ""),),
        original=_CAREFUL,
        style="--daemon",
    ),
    # The same mistakes made by workers of other styles
    Mutant(
        "pause-on-401",
        "three at once after 401",
        "long-revoked",
        ((_BACKS_OFF, ""),),
        original=_CAREFUL,
        style="--threads 3",
    ),
    Mutant(
        "pause-on-401",
        "a daemon at once after 401",
        "server-offline-for-good",
        ((_BACKS_OFF, ""),),
        original=_CAREFUL,
        style="--daemon --by bulk",
    ),
    Mutant(
        "pause-on-401",
        "takes 401 for the fault of the task",
        "key-revoked",
        (("status in (401, 429)", "status == 429"),),
        original=_CAREFUL,
        also=frozenset(("process-not-crashed", "tasks-ended")),
    ),
    Mutant(
        "one-end-per-task",
        "completes what has failed",
        "quiet-day",
        (("            memory.reported(task)\n", _COMPLETES_TOO),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "every-page-read",
        "reads the first page only",
        "shrinking-list",
        (
            ("            quiet = 0 if busy else quiet + 1\n", "            quiet = _LOOKS\n"),
            ("            if place is None or not page", "            if True or not page"),
        ),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "left-alone-after-403",
        "goes on with a foreign task by callback",
        "foreign-task",
        ((_TELLS, _IGNORES),),
        original=_CAREFUL,
        style="--by callback --threads 4",
    ),
    Mutant(
        "bulk-items-heeded",
        "takes 200 for done, in bulk only",
        "foreign-tasks-in-bulk",
        (('            if not result["success"]:\n', "            if False:\n"),),
        original=_CAREFUL,
        style="--by bulk",
    ),
    Mutant(
        "no-secrets-in-logs",
        "tells the password in an error message",
        "quiet-day",
        (
            (
                '"error_message": "The site was closed"',
                '"error_message": f"login with {task[\'password\']} failed"',
            ),
        ),
        original=_CAREFUL,
    ),
    Mutant(
        "key-in-header-only",
        "sends its key in the query",
        "quiet-day",
        (("status={status}&limit", "api_key={_KEY}&status={status}&limit"),),
        original=_CAREFUL,
    ),
    Mutant(
        "documented-requests",
        "invents a status",
        "quiet-day",
        (('{"status": "completed", "link_post"', '{"status": "done", "link_post"'),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "documented-requests",
        "uses another method",
        "quiet-day",
        (('self._tell("/health", ', 'self._api.send("PUT", "/health", '),),
        also=frozenset(("process-not-crashed", "tasks-ended")),
    ),
    Mutant(
        "log-levels",
        "logs in small letters",
        "foreign-task",
        (('self.log("WARN"', 'self.log("warn"'),),
        original=_CAREFUL,
    ),
    Mutant(
        "failed-with-message",
        "fails with a blank",
        "quiet-day",
        (('"error_message": "The site was closed"', '"error_message": " "'),),
        original=_CAREFUL,
    ),
    Mutant(
        "canceled-work-stopped",
        "finishes what was canceled",
        "canceled-while-running",
        ((_LEAVES_ALONE, _RESUMES),),
        original=_CAREFUL,
        style="--by callback --look never --threads 3",
    ),
    Mutant(
        "process-not-crashed",
        "crashes at a reset",
        "reset-in-mid-answer",
        (
            (
                "except (OSError, http.client.HTTPException, ValueError) as error:",
                "except ZeroDivisionError as error:",
            ),
        ),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "process-not-crashed",
        "crashes at a page of HTML",
        "error-page-of-a-proxy",
        (("except (TypeError, ValueError):", "except ZeroDivisionError:"),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "hung-answer-given-up",
        "waits for ever by callback",
        "silence",
        (("_PATIENCE = 2.5", "_PATIENCE = 600"),),
        original=_CAREFUL,
        style="--by callback",
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "running-before-end",
        "never says that it runs, by callback",
        "quiet-day",
        ((_TWO_STEPS, "()"),),
        original=_CAREFUL,
        style="--by callback --look never --daemon",
    ),
    Mutant(
        "counted-once",
        "completes twice, eight at once",
        "answers-lost",
        (('{"link_id": task["id"], **links}, is_done=is_done)', '{"link_id": task["id"], **links})'),),
        original=_CAREFUL,
        style="--by callback --threads 8 --read all",
    ),
    Mutant(
        "pause-on-429",
        "deaf to Retry-After, in bulk",
        "rate-limited",
        (("retry_after.isdecimal()", "False"),),
        original=_CAREFUL,
        style="--by bulk",
    ),
    Mutant(
        "heartbeat-not-too-often",
        "a heartbeat for each task",
        "quiet-day",
        (
            ("if time.monotonic() - self._last_beat > _HEARTBEAT_EVERY and", "if"),
            (_AFTER_A_TASK, _AFTER_A_TASK_AND_MORE),
        ),
        original=_CAREFUL,
        style="--threads 4",
    ),
    Mutant(
        "done-once",
        "believes an old list, step by step",
        "old-list",
        ((_IS_NEWS, "True"),),
        original=_CAREFUL,
    ),
    Mutant(
        "goes-on-after-refusal",
        "ends when its very first task is refused",
        "foreign-task",
        ((_LEAVES_ALONE, _ENDS),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "result-repeated",
        "drops a result that met a page of HTML",
        "error-page-of-a-proxy",
        ((_AT_TROUBLE, _RESULT_IS_LOST),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "pause-on-5xx",
        "eight at once after 503",
        "long-outage",
        ((_BACKS_OFF, ""),),
        original=_CAREFUL,
        style="--threads 8 --by callback",
    ),
)
