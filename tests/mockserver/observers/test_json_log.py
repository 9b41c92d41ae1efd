"""Tests the JSON log."""

from __future__ import annotations

import json
import logging
from io import StringIO

import pytest

from workerkit.mockserver.observers.json_log import JsonLog, log_as_json
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds


def test_log_messages_are_written_during_the_with_block_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    file, logger = StringIO(), logging.getLogger("workerkit.mockserver")
    with log_as_json(Worlds(), file):
        logger.error("no room\nleft on %s", "the disk")
    logger.error("later")
    (line,) = file.getvalue().splitlines()
    message = json.loads(line)
    assert (message["level"], message["event"], message["message"]) == (
        "error",
        "message",
        "no room\nleft on the disk",
    )


def test_a_closed_file_does_not_stop_the_mock() -> None:
    class ClosedPipe(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1)).world
    worlds.subscribe(JsonLog(ClosedPipe()).write_event)
    world.set_server_status(world.server("server-01"), "offline", by="hand")
    assert world.server("server-01").status == "offline"
