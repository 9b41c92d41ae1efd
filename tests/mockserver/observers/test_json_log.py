from __future__ import annotations

import json
import logging
from io import StringIO

import pytest

from workerkit.mockserver.observers.json_log import JsonLog, logged_as_json
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds


def test_messages_of_the_program_are_lines_as_well_and_only_while_it_is_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    file, logger = StringIO(), logging.getLogger("workerkit.mockserver")
    with logged_as_json(Worlds(), file):
        logger.error("no room\nleft on %s", "the disk")
    logger.error("later")
    (line,) = file.getvalue().splitlines()
    said = json.loads(line)
    assert (said["level"], said["event"], said["message"]) == (
        "error",
        "message",
        "no room\nleft on the disk",
    )


def test_a_file_that_takes_nothing_more_does_not_hold_the_mock_up() -> None:
    class Full(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1)).world
    worlds.watch(JsonLog(Full()).hear)
    world.set_server_status(world.server("server-01"), "offline", by="hand")
    assert world.server("server-01").status == "offline"
