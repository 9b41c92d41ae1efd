"""`python -m benchmarks.endurance.interrupts [TIMES]`: presses Ctrl-C at 60 (or TIMES) moments of a command.

The moments are spread over the whole run of `workerkit exec`, its start included. Each run must end with exit
code 130, without a traceback, and no process of the worker may be left. Prints a report as JSON. The exit
code is 1 if something is wrong.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

TIMES = 60
TIMEOUT_SECONDS = 120.0
WORKER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
MARK = "WORKERKIT_BENCH_INTERRUPTED"


def main(times: int) -> int:
    """Interrupts the command at each moment. Returns the exit code."""
    length = _seconds_to_worker()
    ends = Counter(_end(1.5 * length * (number + 1) / times) for number in range(times))
    good = ends["exit code 130"]
    report = {"moments": times, "seconds_to_worker": round(length, 2), "ends": ends}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if good == times else 1


def _start() -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("workerkit")), "exec", "--scenario", "quiet-day"]
    command += ["--scenario", "outage", "--time-limit", "60s", "--", sys.executable, "-c", WORKER]
    return subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, MARK: "1"},
    )


def _seconds_to_worker() -> float:
    """Returns the seconds until the worker of the command runs."""
    began, process = time.perf_counter(), _start()
    while len(_processes()) < 3:
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=TIMEOUT_SECONDS)
    return seconds


def _end(seconds: float) -> str:
    """Interrupts the command after some seconds. Returns how it ended."""
    process = _start()
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=TIMEOUT_SECONDS)[1]
    if b"Traceback" in errors:
        return f"traceback: {errors[-200:].decode(errors='replace')}"
    left = _processes()
    return f"exit code {process.returncode}" + (f", {len(left)} processes left" if left else "")


def _processes() -> list[int]:
    """Returns the processes of the command and of its worker."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{MARK}=1".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES))
