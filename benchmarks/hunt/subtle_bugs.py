"""Workers with one subtle bug each: two troubles have to meet before it shows.

The ranking of the attempts may be tuned on these.
"""

from __future__ import annotations

from benchmarks.hunt.mistakes import CAREFUL, LOOKS, SENDS, SETS_STATUS, at_error, at_refusal
from tests.workers.mutants import Mutant

_REFUSED = 'raise RefusedError("failed too often")'
_IS_FAILURE = '"failed" in str(body)'
_IS_PATIENT_ONCE = """\
                answer = self.send(method, path, body)
                if self._connection().timeout is None:
                    self._connection().close()
                    self._connection().timeout = TIMEOUT
                return answer
"""
_FORGETS_OUTCOME = """\
        attempt = 0
        while True:
            try:
                page = self.api.send("GET", "/tasks?status=running&limit=1000")
            except TemporaryError as error:
                if str(error) == "status 429":
                    self.drop(task["id"], "not listed any more")
                    return False
                attempt += 1
                self.clock.back_off(attempt)
            else:
                return task["id"] in {running["id"] for running in page["data"]}
"""
_POSTS_LOGS = """\
        if batch:
            self._post("/logs", {"logs": batch})
"""
_NESTS_LOGS = """\
        if batch:
            try:
                self.api.send("POST", "/logs", {"logs": batch})
                self._failed = 0
            except TemporaryError:
                self._failed = getattr(self, "_failed", 0) + 1
                self._logs = batch if self._failed == 1 else [{"entries": batch}]
                self.clock.back_off(1)
            except RefusedError as error:
                sys.stderr.write(f"/logs: {error}\\n")
"""
_SENDS_HEARTBEAT = """\
                self._post("/health", {"server_name": _NAME, "ip": "127.0.0.1", **_METRICS})
"""
_COUNTS_HEARTBEATS = """\
                try:
                    self.api.send("POST", "/health", {"server_name": _NAME, "ip": "127.0.0.1", **_METRICS})
                    self.api.is_offline = False
                except TemporaryError:
                    self.api.is_offline = True
"""

SUBTLE_BUGS = (
    Mutant(
        "result-repeated",
        "tries a result only once more after a limit",
        "limited-then-refused",
        at_error('is_result and errors[:-1] == ["status 429"]', _REFUSED),
        original=CAREFUL,
    ),
    Mutant(
        "result-repeated",
        "tries a failure only once more after a refused key",
        "failure-refused-then-unavailable",
        at_error(f'{_IS_FAILURE} and errors[:-1] == ["status 401"]', _REFUSED),
        original=CAREFUL,
    ),
    Mutant(
        "left-alone-after-403",
        "takes a refusal after an error for an accepted start",
        "start-fails-then-reassigned",
        at_refusal('"403" in str(refusal) and "running" in str(body)', "return {}"),
        style="--look never",
        original=CAREFUL,
    ),
    Mutant(
        "process-not-crashed",
        "crashes if the connection breaks after an unreadable answer",
        "unreadable-then-reset",
        at_error('len(errors) > 1 and "JSON" in errors[-2] and "Error(" in errors[-1]', "raise"),
        original=CAREFUL,
    ),
    Mutant(
        "hung-answer-given-up",
        "waits without a limit after an answer that did not come",
        "hangs-twice",
        (*at_error('"imeout" in errors[-1]', "self._connection().timeout = None"), (SENDS, _IS_PATIENT_ONCE)),
        original=CAREFUL,
    ),
    Mutant(
        "result-repeated",
        "takes a limited list for an empty one",
        "refused-then-limited-list",
        ((LOOKS, _FORGETS_OUTCOME),),
        original=CAREFUL,
    ),
    Mutant(
        "documented-requests",
        "nests logs that failed twice",
        "logs-fail-twice",
        ((_POSTS_LOGS, _NESTS_LOGS),),
        style="--chatty",
        original=CAREFUL,
    ),
    Mutant(
        "goes-on-after-trouble",
        "ends if a list fails after a heartbeat",
        "heartbeat-fails-then-list",
        (
            (_SENDS_HEARTBEAT, _COUNTS_HEARTBEATS),
            *at_error(
                'getattr(self, "is_offline", False) and "status=pending" in path and "429" in errors[-1]',
                "sys.exit(0)",
            ),
        ),
        original=CAREFUL,
    ),
    Mutant(
        "left-alone-after-404",
        "reports a task by callback that is gone when it tries again",
        "fails-then-removed",
        at_refusal(
            '"404" in str(refusal) and is_result',
            'self.send("POST", "/callback/link/complete", {"link_id": path.split("/")[-1]})',
        ),
        style="--look never",
        original=CAREFUL,
    ),
    Mutant(
        "canceled-work-stopped",
        "goes on with a task that was canceled when it tries again",
        "fails-then-canceled",
        at_refusal(
            '"409" in str(refusal) and is_result',
            'self.send("PUT", path, {"status": "running"})',
        ),
        style="--look never",
        original=CAREFUL,
    ),
    Mutant(
        "result-repeated",
        "gives a task up that met a refused key and then a limit",
        "trouble-at-start-and-end",
        (
            (SETS_STATUS, f'                self._worker.api.task = task["id"]\n{SETS_STATUS}'),
            *at_error(
                'getattr(self, "task", "no task") in path and str(error) in ("status 401", "status 429")',
                "self.met = {*getattr(self, 'met', ()), (self.task, is_result, str(error)[-3:])}",
                'if {(self.task, False, "401"), (self.task, True, "429")} <= self.met:',
                f"    {_REFUSED}",
            ),
        ),
        original=CAREFUL,
    ),
)
