"""Careless workers. Each is a careful worker with a small change that breaks one rule."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.workers.careful_workers import EXAMPLES
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario

_HERE = Path(__file__).parent
_EXAMPLE = EXAMPLES / "worker.py"
_CAREFUL = _HERE / "careful.py"
_SCENARIOS = _HERE / "scenarios"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A careless worker: a careful worker with one mistake.

    rule: the id of the rule that it breaks.
    name: a description of the mistake.
    scenario: the name of the scenario in which it breaks the rule.
    changes: pairs of texts. The first is in the original program exactly once, the second replaces it.
    original: the program of the careful worker.
    style: the options of the careful worker.
    also: other rules that the mistake breaks.
    heartbeat: the interval of heartbeats that the worker states, in seconds. None if it states none.
    """

    rule: str
    name: str
    scenario: str
    changes: tuple[tuple[str, str], ...]
    original: Path = _EXAMPLE
    style: str = ""
    also: frozenset[str] = frozenset()
    heartbeat: float | None = None

    def source(self) -> str:
        """Returns the program of the careless worker."""
        text = self.original.read_text("utf-8")
        for old, new in self.changes:
            assert text.count(old) == 1, f"{self.name}: {old!r} is in the original {text.count(old)} times"
            text = text.replace(old, new)
        return text

    def words(self, folder: Path) -> tuple[str, ...]:
        """Writes the program to a folder and returns its command. Its monotonic clock starts at 0."""
        path = folder / f"{self.name.replace(' ', '-')}.py"
        path.write_text(self.source(), "utf-8")
        return sys.executable, str(_HERE / "clock_from_zero.py"), str(path), *self.style.split()

    def original_words(self) -> tuple[str, ...]:
        """Returns the command of the careful worker."""
        return sys.executable, str(self.original), *self.style.split()


def scenario(name: str) -> Scenario:
    """Returns a scenario of the library or of the folder `scenarios`."""
    path = _SCENARIOS / f"{name}.yaml"
    return loader.read(path) if path.exists() else library.find(name)


# Texts of the original programs, and their replacements.
_GIVES_UP = """\
                if time.monotonic() > give_up_at or STOPPING.is_set():
                    sys.exit(f"gave up: {method} {path}: {error}")
"""
_AT_TEMPORARY_ERROR = """\
            except TemporaryError as error:
"""
_RESULT_IS_LOST = f"""{_AT_TEMPORARY_ERROR}\
                if "completed" in str(body):
                    raise RefusedError from None
"""
_NO_JSON = """\
        raise TemporaryError("the answer is not JSON") from None
"""
_CHECKS_FIRST = """\
        if not self._is_running(task):
"""
_HIDES_FAILURES = f"""\
        if result["status"] == "failed":
            return self._dropped.add(task["id"])
{_CHECKS_FIRST}"""
_DROPS_TASK = """\
        except RefusedError as error:
            worker.drop(task["id"], str(error))
"""
_STOPS = """\
        except RefusedError:
            raise StoppedError from None
"""
_RESUMES = """\
        except RefusedError:
            with contextlib.suppress(RefusedError):
                self._report(task, {"status": "running"})
"""
_REPORTS_STATUS = """\
                self._report(task, {"status": status})
"""
_IGNORES_REFUSAL = """\
                with contextlib.suppress(RefusedError):
                    self._report(task, {"status": status})
"""
_PRINTS_REFUSAL = """\
        except RefusedError as error:
            print(f"{path}: {error}", file=sys.stderr)
"""
_REPEATS_REFUSED = """\
        except RefusedError:
            return False
"""
_BACKS_OFF = """\
            self._clock.back_off(attempt)
"""
_COMPLETES_TOO = """\
            memory.mark_reported(task)
            self._report(task, {"status": "completed"})
"""
_POLLS = """\
            if not busy:
                self.clock.wait(_POLL_EVERY)
"""
_REMOVES_DUPLICATES = '{task["id"]: task for task in page["data"] if task["id"] not in seen}.values()'
_TWO_STEPS = '{"pending": ("queued", "running"), "queued": ("running",)}.get(task["status"], ())'
_IS_NEW = 'bool(task["retry_count"] > retries or time.monotonic() - reported_at > _OLD_AFTER)'
_LOGS_RESULT = "f\"Task {result['status']}: {task['id']}\""
_MAY_TRY = 'bool(max(task["retry_count"], self._attempts[task["id"]]) <= task["max_retries"])'
_MAY_RETRY = 'task["retry_count"] < task["max_retries"] and self._may_try(task)'
# These mistakes exceed the limit of a rule several times. So they break it even on a busy, slow machine.
_CONNECTION_ENDED = "            raise TemporaryError(repr(error)) from None\n"
_CANNOT_CONNECT = f"""\
            if isinstance(error, ConnectionRefusedError):
                os._exit(1)
{_CONNECTION_ENDED}"""
_REPEATS_ONCE = f"""\
            if attempt and "completed" in str(body):
                raise RefusedError("failed twice")
{_BACKS_OFF}"""
_ASKS_THE_LIST = """\
        return task["id"] in self.pages.ids("running")
"""
_GUESSES = """\
        try:
            page = self.api.send("GET", "/tasks?status=running&limit=1000")
        except TemporaryError:
            return False
        return task["id"] in {running["id"] for running in page["data"]}
"""
_KNOWS_REPORTED = """\
        retries, reported_at = self._reported.get(task["id"], (-1, 0.0))
"""
_HEARTBEAT_IS_DUE = "if time.monotonic() - self._last_heartbeat > HEARTBEAT_EVERY:"
_AFTER_A_TASK = """\
            worker.drop(task["id"], str(error))
        worker.heartbeat_if_due()
"""
_AFTER_A_TASK_AND_MORE = """\
            worker.drop(task["id"], str(error))
        for _ in range(5):
            worker.heartbeat_if_due()
"""
_SENDS_HEARTBEAT = """\
                self._post("/health", {"server_name": _NAME, "ip": "127.0.0.1", **_METRICS})
"""
_TRUSTS_SERVER_TIME = """\
                body = {"server_name": _NAME, "ip": "127.0.0.1", **_METRICS}
                server_time = self.api.call("POST", "/health", body)["data"]["server_time"]
                hours = int(server_time[11:13]) - time.gmtime().tm_hour
                self._last_heartbeat += 3600 * (hours % 24)
"""
_HEARTBEAT_FAILS = """\
            sys.stderr.write(f"{path}: {error}\\n")
"""
_NEVER_AGAIN = f"""{_HEARTBEAT_FAILS}\
            self._last_heartbeat = math.inf
"""
_MARKS_REPORTED = """\
            memory.mark_reported(task)
"""
_CLOSES_REQUEST = f"""{_MARKS_REPORTED}\
            closed = {{"request_id": task["request_id"], "status": "completed"}}
            worker.api.call("POST", "/callback/request/status", closed)
"""
_IS_TO_FAIL = """\
    if '"simulate": "fail"' in str(task["config"]):
"""
_FIRST_IS_TO_FAIL = """\
    if '"simulate": "fail"' in str(task["config"]) and os.environ.setdefault("F", task["id"]) == task["id"]:
"""
_LINK = "\"link_post\": f\"https://{task['site_name']}/{task['id']}\""
_ENCODES = "json.dumps(body).encode()"
_SENDS_LOGS = 'if self._logs and self._post("/logs", {"logs": self._logs}):'
_REPEATS_LOGS = 'if any(self._logs and self._post("/logs", {"logs": self._logs}) for _ in range(3)):'

_GIVES_BACK = 'self.api.call("PUT", f"/tasks/{task_id}", {"status": "pending"})'
_GIVES_UP_ON_ALL = 'self.api.call("PUT", f"/tasks/{task_id}", {"status": "failed"})'
_BEGINS = """\
        started = self._start(tasks)
"""
_WRITES_DOWN = f"""{_BEGINS}\
        with open(__file__ + BEGUN, "a", encoding="utf-8") as file:
            file.writelines(f"{{task['id']}}\\n" for task in started)
"""
_FIRST_STEP = """\
        empty_checks = 0
        while empty_checks < CHECKS and not STOPPING.is_set():
"""
_DOES_AGAIN = f"""\
        with open(__file__ + BEGUN, "a+", encoding="utf-8") as file:
            file.seek(0)
            for task_id in file.read().split():
                self._update({{"id": task_id}}, {{"status": "completed"}})
{_FIRST_STEP}"""
_CHECKS_COUNT = "CHECKS = 3  #"
_FILE_OF_THIS_RUN = f"""\
BEGUN = os.environ["LIKEPION_BASE_URL"].replace("/", "-")
{_CHECKS_COUNT}"""

MUTANTS = (
    # Temporary failures
    Mutant(
        "pause-on-401",
        "tries again at once after 401",
        "long-revoked",
        (("            pause(attempt)\n", ""),),
    ),
    Mutant(
        "pause-on-5xx",
        "tries again at once after 503",
        "long-outage",
        (("            pause(attempt)\n", ""),),
    ),
    Mutant("pause-on-429", "ignores Retry-After", "rate-limited", (("retry_after.isdecimal()", "False"),)),
    Mutant(
        "goes-on-after-trouble",
        "ends at the first temporary failure",
        "outage",
        ((_GIVES_UP, "                sys.exit(0)\n"),),
        also=frozenset(("tasks-ended", "none-left-running")),
    ),
    Mutant(
        "hung-answer-given-up",
        "waits forever",
        "hanging-answer",
        (("TIMEOUT = 2.5", "TIMEOUT = 600"),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "result-repeated",
        "drops a result after a temporary failure",
        "results-refused-for-a-moment",
        ((_AT_TEMPORARY_ERROR, _RESULT_IS_LOST),),
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
        "reports successes only",
        "quiet-day",
        ((_CHECKS_FIRST, _HIDES_FAILURES),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "every-page-read",
        "skips pages of a list that shrinks",
        "shrinking-list",
        (
            (
                "            empty_checks = 0 if busy else empty_checks + 1\n",
                "            empty_checks = _CHECKS\n",
            ),
        ),
        original=_CAREFUL,
        style="--paging offset --page 10",
        also=frozenset(("tasks-ended",)),
    ),
    # The order of statuses
    Mutant(
        "running-before-end",
        "never reports running",
        "quiet-day",
        ((_TWO_STEPS, '("queued",)'),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "one-end-per-task",
        "does twice what is listed twice",
        "task-listed-twice",
        ((_REMOVES_DUPLICATES, 'page["data"]'),),
        original=_CAREFUL,
    ),
    Mutant(
        "done-once",
        "trusts an old list",
        "old-list",
        ((_IS_NEW, "True"),),
        original=_CAREFUL,
        style="--hasty",
    ),
    Mutant(
        "failed-with-message",
        "fails without a message",
        "quiet-day",
        (('{"status": "failed", "error_message": str(error)}', '{"status": "failed"}'),),
    ),
    Mutant(
        "retries-within-limit",
        "retries once too often",
        "retry-manual",
        ((_MAY_RETRY, 'bool(task["retry_count"] <= task["max_retries"])'), (_MAY_TRY, "True")),
    ),
    Mutant(
        "result-of-its-own-task",
        "mixes up results",
        "late-tasks",
        (("zip(started, results, strict=True)", "zip(started, results[1:] + results[:1], strict=True)"),),
    ),
    # Refusals
    Mutant(
        "left-alone-after-403",
        "goes on with a task of another server",
        "foreign-task",
        ((_REPORTS_STATUS, _IGNORES_REFUSAL),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "left-alone-after-404",
        "goes on with a task that is gone",
        "unknown-task",
        ((_REPORTS_STATUS, _IGNORES_REFUSAL),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "bulk-items-heeded",
        "ignores refused items",
        "foreign-tasks-in-bulk",
        (('if not result["success"]', "if False"),),
    ),
    Mutant(
        "goes-on-after-refusal",
        "ends at the first refusal",
        "unknown-task",
        ((_DROPS_TASK, _STOPS),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "not-repeated-after-400",
        "sends refused logs again and again",
        "logs-refused",
        (
            (
                _PRINTS_REFUSAL,
                _REPEATS_REFUSED,
            ),
            (_SENDS_LOGS, _REPEATS_LOGS),
        ),
    ),
    Mutant(
        "canceled-work-stopped",
        "ignores a cancellation",
        "canceled-while-running",
        ((_DROPS_TASK, _RESUMES),),
        original=_CAREFUL,
        style="--look never",
    ),
    # The end and the start of the process
    Mutant(
        "tasks-ended",
        "does not look for what it left running",
        "stopped-in-a-task",
        (("pending,queued,running", "pending,queued"),),
        original=_CAREFUL,
        style="--by callback",
        also=frozenset(("none-left-running",)),
    ),
    Mutant(
        "failed-with-message",
        "fails all that it has begun when it is stopped",
        "stopped-in-a-task",
        ((_GIVES_BACK, _GIVES_UP_ON_ALL),),
        original=_CAREFUL,
        style="--give-back",
    ),
    Mutant(
        "none-left-running",
        "does not look for what it left running, in bulk",
        "killed-and-started-again",
        (("pending,queued,running", "pending,queued"),),
        original=_CAREFUL,
        style="--by bulk --page 5",
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "one-end-per-task",
        "does all again that it had begun",
        "killed-and-started-again",
        (
            (_CHECKS_COUNT, _FILE_OF_THIS_RUN),
            (_BEGINS, _WRITES_DOWN),
            (_FIRST_STEP, _DOES_AGAIN),
        ),
        # A later run may find the file of an earlier one with the same port.
        also=frozenset(("running-before-end",)),
    ),
    Mutant(
        "refused-start-heeded",
        "does what another process has done",
        "two-at-once",
        ((_REPORTS_STATUS, _IGNORES_REFUSAL),),
        original=_CAREFUL,
        style="--look never",
    ),
    # Requests
    Mutant(
        "documented-requests",
        "sends a number as text",
        "quiet-day",
        (('"cpu_usage": 0.0', '"cpu_usage": "0.0"'),),
        also=frozenset(("heartbeat-sent",)),
    ),
    Mutant(
        "bulk-within-limit",
        "sends too many items at once",
        "big-backlog",
        (("_MOST_ITEMS = 500", "_MOST_ITEMS = 600"),),
        original=_CAREFUL,
        style="--by bulk --page 1000 --read all",
    ),
    Mutant(
        "logs-within-limit",
        "sends too many log entries",
        "quiet-day",
        (("self._logs[-MOST_LOGS:]", "self._logs * 20"),),
    ),
    Mutant(
        "log-levels",
        "uses its own name for a level",
        "foreign-task",
        (('self._log("WARN", f"Task dropped', 'self._log("WARNING", f"Task dropped'),),
    ),
    Mutant("no-secrets-in-logs", "logs whole tasks", "quiet-day", ((_LOGS_RESULT, 'f"Task done: {task}"'),)),
    Mutant(
        "key-in-header-only", "logs its key", "quiet-day", ((_LOGS_RESULT, 'f"Task done with {API_KEY}"'),)
    ),
    # Heartbeats and polling
    Mutant("heartbeat-sent", "sends no heartbeat", "quiet-day", (('self._post("/health", ', "id("),)),
    Mutant(
        "heartbeat-not-too-often",
        "sends heartbeats all the time",
        "quiet-day",
        ((_HEARTBEAT_IS_DUE, "for _ in range(5):"),),
    ),
    Mutant(
        "heartbeat-regular",
        "sends one heartbeat only",
        "idle",
        (("_HEARTBEAT_EVERY = 2.0", "_HEARTBEAT_EVERY = 600.0"),),
        original=_CAREFUL,
        style="--daemon",
    ),
    Mutant(
        "no-busy-polling",
        "polls without a pause",
        "idle",
        ((_POLLS, ""),),
        original=_CAREFUL,
        style="--daemon",
    ),
    # Results
    Mutant(
        "completed-with-link",
        "sends no link",
        "links-checked",
        ((_LINK, '"link_post": ""'),),
        original=_CAREFUL,
    ),
    Mutant(
        "links-differ",
        "sends the same link for every task",
        "links-checked",
        ((_LINK, '"link_post": "https://blog.example/"'),),
        original=_CAREFUL,
        style="--by bulk",
    ),
    Mutant(
        "no-link-to-api",
        "sends the address of the task in the API",
        "quiet-day",
        ((_LINK, '"link_post": f"{_URL.geturl()}/tasks/{task[\'id\']}"'),),
        original=_CAREFUL,
        style="--by callback",
    ),
    Mutant(
        "failure-reported",
        "completes the second task that fails",
        "quiet-day",
        ((_IS_TO_FAIL, _FIRST_IS_TO_FAIL),),
        original=_CAREFUL,
    ),
    Mutant(
        "request-closed-last",
        "closes the request after its first task",
        "quiet-day",
        ((_MARKS_REPORTED, _CLOSES_REQUEST),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "retries-used",
        "retries one task only",
        "retries-left",
        (("if self._has_retries(task)]", 'if self._has_retries(task) and task["id"] == min(failed)]'),),
    ),
    Mutant(
        "backoff-grows",
        # On a busy machine, pauses of half a second would not be equal.
        "tries again every two seconds",
        "equal-pauses",
        ((_BACKS_OFF, "            self._clock.wait(2)\n"),),
        original=_CAREFUL,
        style="--look never",
    ),
    # Heartbeats that stop
    Mutant(
        "heartbeat-regular",
        "sends one heartbeat only, on a quiet day",
        "quiet-day",
        (("_HEARTBEAT_EVERY = 2.0", "_HEARTBEAT_EVERY = 600.0"),),
        original=_CAREFUL,
        style="--daemon",
        heartbeat=1.0,
    ),
    Mutant(
        "heartbeat-regular",
        "sends no heartbeat after a refused one",
        "heartbeat-refused",
        ((_HEARTBEAT_FAILS, _NEVER_AGAIN),),
        original=_CAREFUL,
        style="--daemon --by bulk",
        heartbeat=1.0,
    ),
    Mutant(
        "heartbeat-regular",
        "plans its heartbeats by the clock of the server",
        "skewed-time",
        ((_SENDS_HEARTBEAT, _TRUSTS_SERVER_TIME),),
        original=_CAREFUL,
        style="--daemon --by callback",
        heartbeat=1.0,
    ),
    # Requests that a server may read in another way
    Mutant(
        "documented-requests",
        "misspells a parameter",
        "quiet-day",
        (("?status={status}&limit=", "?status={status}&Limit="),),
        original=_CAREFUL,
    ),
    Mutant(
        "documented-requests",
        "sends a parameter that the page does not have",
        "unknown-names-refused",
        (("?status={status}&limit=", "?order=oldest&status={status}&limit="),),
        original=_CAREFUL,
        also=frozenset(("process-not-crashed", "tasks-ended")),
    ),
    Mutant(
        "documented-requests",
        "sends a key twice",
        "quiet-day",
        ((_ENCODES, f"""{_ENCODES}.replace(b'{{"status"', b'{{"status": "queued", "status"')"""),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "documented-requests",
        "sends JSON as text",
        "content-type-checked",
        (('"Content-Type": "application/json"', '"Content-Type": "text/plain"'),),
        original=_CAREFUL,
        also=frozenset(("heartbeat-sent", "process-not-crashed", "tasks-ended")),
    ),
    Mutant(
        "pause-on-429",
        "does not read a date in Retry-After",
        "limited-until-a-date",
        (("parsedate_to_datetime(retry_after).timestamp() - time.time()", "0.0"),),
        original=_CAREFUL,
    ),
    # The same mistakes by workers in other styles
    Mutant(
        "pause-on-401",
        "three threads try again at once after 401",
        "long-revoked",
        ((_BACKS_OFF, ""),),
        original=_CAREFUL,
        style="--threads 3",
    ),
    Mutant(
        "pause-on-401",
        "a daemon tries again at once after 401",
        "server-offline-for-good",
        ((_BACKS_OFF, ""),),
        original=_CAREFUL,
        style="--daemon --by bulk",
    ),
    Mutant(
        "pause-on-401",
        "drops the task after 401",
        "key-revoked",
        (("status in (401, 429)", "status == 429"),),
        original=_CAREFUL,
        also=frozenset(("process-not-crashed", "tasks-ended")),
    ),
    Mutant(
        "one-end-per-task",
        "completes a failed task",
        "quiet-day",
        (("            memory.mark_reported(task)\n", _COMPLETES_TOO),),
        original=_CAREFUL,
        style="--look never",
    ),
    Mutant(
        "every-page-read",
        "reads the first page only",
        "shrinking-list",
        (
            (
                "            empty_checks = 0 if busy else empty_checks + 1\n",
                "            empty_checks = _CHECKS\n",
            ),
            ("            if position is None or not page", "            if True or not page"),
        ),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "left-alone-after-403",
        "goes on with a task of another server by callback",
        "foreign-task",
        ((_REPORTS_STATUS, _IGNORES_REFUSAL),),
        original=_CAREFUL,
        style="--by callback --threads 4",
    ),
    Mutant(
        "bulk-items-heeded",
        "ignores refused items, in bulk only",
        "foreign-tasks-in-bulk",
        (('            if not result["success"]:\n', "            if False:\n"),),
        original=_CAREFUL,
        style="--by bulk",
    ),
    Mutant(
        "no-secrets-in-logs",
        "puts the password into an error message",
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
        (('self._post("/health", ', 'self._api.send("PUT", "/health", '),),
        also=frozenset(("process-not-crashed", "tasks-ended")),
    ),
    Mutant(
        "log-levels",
        "logs a level in small letters",
        "foreign-task",
        (('self.log("WARN"', 'self.log("warn"'),),
        original=_CAREFUL,
    ),
    Mutant(
        "failed-with-message",
        "fails with a blank message",
        "quiet-day",
        (('"error_message": "The site was closed"', '"error_message": " "'),),
        original=_CAREFUL,
    ),
    Mutant(
        "canceled-work-stopped",
        "finishes a canceled task",
        "canceled-while-running",
        ((_DROPS_TASK, _RESUMES),),
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
        "crashes at an answer in HTML",
        "error-page-of-a-proxy",
        (("except (TypeError, ValueError):", "except ZeroDivisionError:"),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "hung-answer-given-up",
        "waits forever, by callback",
        "hanging-answer",
        (("TIMEOUT = 2.5", "TIMEOUT = 600"),),
        original=_CAREFUL,
        style="--by callback",
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "running-before-end",
        "never reports running, by callback",
        "quiet-day",
        ((_TWO_STEPS, "()"),),
        original=_CAREFUL,
        style="--by callback --look never --daemon",
    ),
    Mutant(
        "counted-once",
        "completes twice, with eight threads",
        "answers-lost",
        (('{"link_id": task["id"], **links}, is_done=is_done)', '{"link_id": task["id"], **links})'),),
        original=_CAREFUL,
        style="--by callback --threads 8 --read all",
    ),
    Mutant(
        "pause-on-429",
        "ignores Retry-After, in bulk",
        "rate-limited",
        (("retry_after.isdecimal()", "False"),),
        original=_CAREFUL,
        style="--by bulk",
    ),
    Mutant(
        "heartbeat-not-too-often",
        "sends a heartbeat for each task",
        "quiet-day",
        (
            ("if time.monotonic() - self._last_heartbeat > _HEARTBEAT_EVERY and", "if"),
            (_AFTER_A_TASK, _AFTER_A_TASK_AND_MORE),
        ),
        original=_CAREFUL,
        style="--threads 4",
    ),
    Mutant(
        "done-once",
        "trusts an old list, step by step",
        "old-list",
        ((_IS_NEW, "True"),),
        original=_CAREFUL,
    ),
    Mutant(
        "goes-on-after-refusal",
        "ends when its first task is refused",
        "foreign-task",
        ((_DROPS_TASK, _STOPS),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "result-repeated",
        "drops a result that was answered with HTML",
        "error-page-of-a-proxy",
        ((_AT_TEMPORARY_ERROR, _RESULT_IS_LOST),),
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "pause-on-5xx",
        "eight threads try again at once after 503",
        "long-outage",
        ((_BACKS_OFF, ""),),
        original=_CAREFUL,
        style="--threads 8 --by callback",
    ),
    # Trouble at a completion
    Mutant(
        "process-not-crashed",
        "crashes if it cannot connect",
        "port-closed",
        ((_CONNECTION_ENDED, _CANNOT_CONNECT),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "result-repeated",
        "repeats a result only once",
        "completion-fails-twice",
        ((_BACKS_OFF, _REPEATS_ONCE),),
        original=_CAREFUL,
        also=frozenset(("tasks-ended",)),
    ),
    Mutant(
        "result-repeated",
        "takes a list that failed for an empty list",
        "look-up-fails",
        ((_ASKS_THE_LIST, _GUESSES), ('"pending,queued,running"', '"pending,queued"')),
        original=_CAREFUL,
        also=frozenset(("tasks-ended", "none-left-running")),
    ),
    Mutant(
        "process-not-crashed",
        "crashes if a completed task comes back",
        "success-not-stored",
        ((_KNOWS_REPORTED, f'        assert task["id"] not in self._reported\n{_KNOWS_REPORTED}'),),
        original=_CAREFUL,
    ),
)
