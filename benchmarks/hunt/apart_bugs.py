"""Workers with one subtle bug each, written from the API page and from careful workers alone.

They were written before a hunt saw them. The ranking of the attempts is not tuned on these.
"""

from __future__ import annotations

from benchmarks.hunt.mistakes import (
    CAREFUL,
    DROPS,
    SETS_STATUS,
    after_pause,
    at_error,
)
from tests.workers.mutants import Mutant

_REPORTS = """\
            self._report(task, result, is_done=lambda: not worker.is_running(task))
            memory.mark_reported(task)
"""
_KEEPS_FOR_LATER = """\
            try:
                worker.api.send("PUT", f"/tasks/{task['id']}", result)
            except TemporaryError:
                worker.clock.back_off(0)
                worker.kept = [*getattr(worker, "kept", []), (task["id"], result)]
            memory.mark_reported(task)
"""
_WORKS = """\
            busy = self._do_list() or (self.style.requeue and self._requeue())
"""
_SENDS_KEPT = f"""{_WORKS}\
            for task_id, result in getattr(self, "kept", []):
                try:
                    self.api.send("PUT", f"/tasks/{{task_id}}", result)
                    self.kept = [kept for kept in self.kept if kept[0] != task_id]
                except RefusedError:
                    self.kept = [kept for kept in self.kept if kept[0] != task_id]
                except TemporaryError as error:
                    if "429" in str(error):
                        self.memory.dropped.add(task_id)
                        self.kept = [kept for kept in self.kept if kept[0] != task_id]
                    self.clock.back_off(1)
            busy = busy or bool(getattr(self, "kept", []))
"""
_BULK_FAILS = """\
            except TemporaryError:
                self._worker.clock.back_off(attempt)
"""
_SENDS_HALVES = """\
            except TemporaryError:
                self._worker.clock.back_off(attempt)
                for half in self._halves(tasks, RefusedError("failed")):
                    items = _items(half, lambda id_: results[id_])
                    try:
                        self._drop_refused(self._worker.api.send("PUT", "/tasks/bulk", items))
                    except TemporaryError as error:
                        if "status 429" in str(error):
                            self._worker.memory.dropped.update(task["id"] for task in tasks)
                            return
                        self._worker.clock.back_off(attempt)
"""
_READS_WHAT_IS_LEFT = f"""{DROPS}\
            if "403" in str(error):
                try:
                    page = worker.api.send("GET", "/tasks?limit=1000")
                except TemporaryError:
                    sys.exit(0)
                worker.log("INFO", f"{{len(page['data'])}} tasks are left")
"""
_LOGS_CANCELLATION = f"""{DROPS}\
            if "409" in str(error):
                worker.api.send("POST", "/logs", {{"logs": [{{"level": "WARN", "message": "canceled"}}]}})
"""
_ENDS_CALLBACK = """\
            api.call("POST", "/callback/link/complete", {"link_id": task["id"], **links}, is_done=is_done)
"""
_NEVER_STORED_AT_LIMIT = """\
            failed: list[str] = []
            body = {"link_id": task["id"], **links}
            while True:
                try:
                    api.send("POST", "/callback/link/complete", body)
                    break
                except TemporaryError as error:
                    failed.append(str(error))
                self._worker.clock.back_off(len(failed))
                if failed[0] != "status 429" and is_done():
                    break
"""

APART_BUGS = (
    Mutant(
        "goes-on-after-trouble",
        "ends if it cannot try its key after a refusal",
        "key-refused-then-list-fails",
        after_pause(
            'errors[-1] == "status 401" and path != "/health"',
            "try:",
            '    self.send("GET", "/tasks?status=pending&limit=1")',
            "except TemporaryError as error:",
            '    if str(error) != "status 401":',
            "        sys.exit(0)",
        ),
        original=CAREFUL,
    ),
    Mutant(
        "result-repeated",
        "sends a result later and forgets it at a limit",
        "kept-result-limited",
        (
            (_REPORTS, _KEEPS_FOR_LATER),
            (_WORKS, _SENDS_KEPT),
        ),
        style="--look canceled",
        original=CAREFUL,
    ),
    Mutant(
        "result-repeated",
        "sends a bulk update in halves and forgets both at a limit",
        "halves-limited",
        ((_BULK_FAILS, _SENDS_HALVES),),
        style="--by bulk --page 5",
        original=CAREFUL,
    ),
    Mutant(
        "counted-once",
        "does not look after a limit whether a later attempt was stored",
        "limited-then-lost",
        ((_ENDS_CALLBACK, _NEVER_STORED_AT_LIMIT),),
        style="--by callback",
        original=CAREFUL,
    ),
    Mutant(
        "result-repeated",
        "gives a result up after a timeout and another error",
        "timeout-then-error",
        at_error(
            'is_result and len(errors) == 2 and "imeout" in errors[0]',
            'raise RefusedError("the API does not answer")',
        ),
        original=CAREFUL,
    ),
    Mutant(
        "tasks-ended",
        "leaves a task out whose start was limited and then broken off",
        "start-limited-then-reset",
        at_error(
            '"running" in str(body) and "429" in errors[0] and "Error(" in errors[-1]',
            'raise RefusedError("it does not start")',
        ),
        original=CAREFUL,
        style="--look never",
    ),
    Mutant(
        "goes-on-after-trouble",
        "ends if the list fails after a web page",
        "web-page-then-list-fails",
        after_pause(
            'is_result and "JSON" in errors[-1]',
            "try:",
            '    self.send("GET", "/tasks?limit=1")',
            "except TemporaryError:",
            "    sys.exit(0)",
        ),
        original=CAREFUL,
    ),
    Mutant(
        "goes-on-after-trouble",
        "ends if it cannot read which tasks are left",
        "reassigned-then-list-fails",
        ((DROPS, _READS_WHAT_IS_LEFT),),
        original=CAREFUL,
    ),
    Mutant(
        "process-not-crashed",
        "crashes if it cannot log a cancellation",
        "canceled-then-logs-fail",
        ((DROPS, _LOGS_CANCELLATION),),
        original=CAREFUL,
    ),
    Mutant(
        "none-left-running",
        "takes a task for canceled if it cannot look after a lost answer",
        "start-lost-then-list-fails",
        (
            (
                SETS_STATUS,
                "                before = len(worker.api.lost)\n"
                f"{SETS_STATUS}"
                "                if len(worker.api.lost) > before:\n"
                "                    try:\n"
                '                        worker.api.send("GET", "/tasks?status=canceled&limit=1000")\n'
                "                    except TemporaryError:\n"
                '                        raise RefusedError("canceled") from None\n',
            ),
            (
                "        self._connections = threading.local()\n",
                "        self._connections = threading.local()\n        self.lost: list[str] = []\n",
            ),
            *at_error('"Error(" in errors[-1] or "Disconnected" in errors[-1]', "self.lost.append(path)"),
        ),
        original=CAREFUL,
    ),
)
