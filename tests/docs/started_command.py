"""A command of a page that runs in the background."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from threading import Thread


class StartedCommand:
    """Runs a script until it is stopped. Reads its output all the time, since a full pipe would stop it."""

    def __init__(self, script: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._rest = Thread(target=self._read_rest)

    @property
    def output(self) -> str:
        """What the command has printed so far."""
        return "".join(self._lines)

    def wait_for(self, text: str) -> bool:
        """Waits until a line has the text. False if the command ends before that."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
            if text in line:
                self._rest.start()
                return True
        return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Sends the signal to the command and its children, and waits until the command has ended."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)
        if self._rest.is_alive():
            self._rest.join()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read_rest(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(self._process.stdout)
