"""A worker's command: started, watched, and ended with everything that it started."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from workerkit.mockserver.workers import process_guard
from workerkit.mockserver.workers.command import Command, CommandNotFoundError

PATIENCE = 120.0

# Connects, so that the test sees it come, and stays until it is killed, which the test sees, too.
PRESENT = """
import signal, socket, sys
for number in map(int, sys.argv[2:]):
    signal.signal(number, signal.SIG_IGN)
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.sendall(b"here")
connection.recv(1)
"""
PARENT = """
import os, subprocess, sys
if sys.argv[1].startswith("forks twice") and (os.fork() or (os.setsid(), os.fork())[1]):
    os._exit(0)
child = subprocess.Popen([sys.executable, "-c", *sys.argv[2:]], start_new_session="session" in sys.argv[1])
if sys.argv[1].startswith("waits"):
    child.wait()
"""
# Says that it is up, and on SIGTERM takes its time to say goodbye.
SLOW = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.05), print("bye", flush=True), sys.exit()))
print("up", flush=True)
signal.pause()
"""


class Presence:
    """Watches one process of a command come and go."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._connection: socket.socket

    def words(self, *ignored: signal.Signals) -> list[str]:
        """The command of a process that is watched and ignores these signals."""
        port = self._server.getsockname()[1]
        return [sys.executable, "-c", PRESENT, str(port), *(str(int(each)) for each in ignored)]

    def below(self, how: str, *ignored: signal.Signals) -> list[str]:
        """The command of a parent that `waits` for such a process, also one that `waits for a session` of its
        own, `leaves` it behind, or `forks twice` so that a daemon leaves it behind."""
        return [sys.executable, "-c", PARENT, how, *self.words(*ignored)[2:]]

    def await_it(self) -> None:
        self._connection, _ = self._server.accept()
        self._connection.settimeout(PATIENCE)
        assert self._connection.recv(4) == b"here"

    def is_over(self, *, at_once: bool = False) -> bool:
        """Waits until the process is gone, unless the answer is wanted at once."""
        if at_once:
            return bool(select.select([self._connection], [], [], 0)[0])
        with self._connection:
            try:
                return self._connection.recv(1) == b""
            except ConnectionResetError:
                return True


@pytest.fixture
def presence() -> Iterator[Presence]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield Presence(server)


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def outcome(words: list[str], **environment: str) -> tuple[int | None, str]:
    with Command(words, environment) as command:
        code = command.wait(PATIENCE)
        command.end()
        return code, command.output()


# Running


@pytest.mark.parametrize("code", [0, 1, 77])
def test_the_exit_code_is_the_commands_own(code: int) -> None:
    assert outcome(python(f"raise SystemExit({code})"))[0] == code


def test_the_exit_code_of_a_killed_command_is_negative() -> None:
    assert outcome(python("import os; os.abort()"))[0] == -signal.SIGABRT


def test_a_command_that_runs_has_no_exit_code_yet(presence: Presence) -> None:
    with Command(presence.words(), {}) as command:
        presence.await_it()
        assert command.wait(0) is None
    assert presence.is_over()


def test_standard_output_and_error_are_kept_in_their_order() -> None:
    source = "import os; os.write(1, b'one\\n'); os.write(2, b'two\\n'); os.write(1, 'drei \xfc\\n'.encode())"
    assert outcome(python(source))[1] == "one\ntwo\ndrei \xfc\n"


def test_bytes_that_are_no_text_are_kept_readable() -> None:
    assert outcome(python("import os; os.write(1, b'a\\xff\\n')"))[1] == "a\ufffd\n"


def test_of_much_output_the_end_is_kept_and_the_rest_counted() -> None:
    head, _, output = outcome(python("print('x' * 1_000_000); print('the end')"))[1].partition("\n")
    assert output.endswith("x\nthe end\n")
    assert len(output) == 64 * 1024
    assert head == f"({1_000_009 - 64 * 1024} bytes before this are left out)"


def test_a_flood_of_output_takes_neither_memory_nor_disk() -> None:
    tracemalloc.start()
    try:
        printed = outcome(python("import sys; [sys.stdout.write('y' * 2**20) for _ in range(64)]"))[1]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(printed) < 2**17
    assert most < 2**21


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_no_part_of_a_secret_is_left_where_the_output_is_cut(cut: int) -> None:
    secret = "a-secret-of-thirty-four-characters"
    source = f"print('z' * 70_000 + {secret!r} + 'y' * (64 * 1024 - {cut}), end='')"
    with Command(python(source), {}) as command:
        command.wait(PATIENCE)
        command.end()
        output = command.output(lambda text: text.replace(secret, "<key>")).partition("\n")[2]
    assert set(output) <= set("<key>yz")
    assert output.count("y") >= 64 * 1024 - cut - len(secret)


def test_standard_input_is_empty() -> None:
    assert outcome(python("import sys; print(repr(sys.stdin.read()))")) == (0, "''\n")


def test_the_environment_is_ours_with_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INHERITED", "a")
    monkeypatch.setenv("CHANGED", "a")
    source = "import os, json; print(json.dumps(dict(os.environ)))"
    seen = json.loads(outcome(python(source), CHANGED="b", NEW="c")[1])
    assert (seen["INHERITED"], seen["CHANGED"], seen["NEW"]) == ("a", "b", "c")
    assert "NEW" not in os.environ


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("no-such-command-anywhere", "no-such-command-anywhere was not found"),
        ("./no-such-file", "./no-such-file was not found"),
        ("", "was not found"),
    ],
)
def test_a_command_that_is_not_there_is_said_not_to_be(word: str, message: str) -> None:
    with pytest.raises(CommandNotFoundError, match=message), Command([word], {}):
        pass


def test_a_command_that_cannot_be_run_is_said_to_be_so(tmp_path: Path) -> None:
    broken = tmp_path / "worker"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(CommandNotFoundError, match="cannot be run: No such file"), Command([str(broken)], {}):
        pass


# Ending


def test_a_command_that_runs_is_ended(presence: Presence) -> None:
    with Command(presence.words(), {}) as command:
        presence.await_it()
    assert presence.is_over()
    assert command.wait(0) == -signal.SIGTERM


def test_a_command_may_end_in_its_own_way_when_told_to() -> None:
    source = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("bye"), sys.exit(3)))
print("up", flush=True)
signal.pause()
"""
    with Command(python(source), {}) as command:
        while "up\n" not in command.output():
            assert command.wait(0.01) is None
        command.end()
        assert (command.wait(0), command.output()) == (3, "up\nbye\n")


def test_a_command_that_does_not_listen_is_killed(presence: Presence) -> None:
    with Command(presence.words(signal.SIGTERM, signal.SIGINT, signal.SIGHUP), {}) as command:
        presence.await_it()
    assert presence.is_over()
    assert command.wait(0) == -signal.SIGKILL


@pytest.mark.parametrize("ignored", [(), (signal.SIGTERM,)])
def test_a_grandchild_is_ended_with_the_command(
    presence: Presence, ignored: tuple[signal.Signals, ...]
) -> None:
    with Command(presence.below("waits", *ignored), {}):
        presence.await_it()
    assert presence.is_over()


def test_a_grandchild_that_was_left_behind_is_ended(presence: Presence) -> None:
    with Command(presence.below("leaves", signal.SIGTERM), {}) as command:
        presence.await_it()
        assert command.wait(PATIENCE) == 0
    assert presence.is_over()


@pytest.mark.parametrize(
    ("how", "ignored"),
    [
        ("waits for a session", ()),
        ("leaves a session", ()),
        ("forks twice", ()),
        ("forks twice into a session", (signal.SIGTERM, signal.SIGHUP)),
    ],
)
def test_a_process_that_made_a_session_of_its_own_is_ended(
    presence: Presence, how: str, ignored: tuple[signal.Signals, ...]
) -> None:
    with Command(presence.below(how, *ignored), {}) as command:
        presence.await_it()
        if not how.startswith("waits"):
            assert command.wait(PATIENCE) == 0
    assert presence.is_over()


def test_a_stopped_process_hears_that_it_has_to_end(presence: Presence) -> None:
    source = PRESENT.replace("connection.recv(1)", "import os; os.kill(0, signal.SIGSTOP)")
    with Command([sys.executable, "-c", source, *presence.words()[3:]], {}) as command:
        presence.await_it()
    assert presence.is_over()
    assert command.wait(0) == -signal.SIGTERM


def test_the_family_keeps_its_time_to_end_when_the_leader_goes_at_once() -> None:
    source = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {SLOW!r}]).wait()"
    with Command(python(source), {}) as command:
        while "up\n" not in command.output():
            assert command.wait(0.01) is None
        command.end()
        assert (command.wait(0), command.output()) == (-signal.SIGTERM, "up\nbye\n")


def test_one_commands_end_is_not_anothers(presence: Presence) -> None:
    with Command(presence.below("leaves"), {}):
        presence.await_it()
        with Command(python(SLOW), {}) as other:
            while "up\n" not in other.output():
                assert other.wait(0.01) is None
        assert not presence.is_over(at_once=True)
    assert presence.is_over()


def test_nothing_is_left_when_we_are_killed_ourselves(presence: Presence) -> None:
    source = f"""
import signal
from workerkit.mockserver.workers import process_guard
from workerkit.mockserver.workers.command import (Command)
with Command({presence.below("leaves")!r}, {{}}) as command:
    signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", source]) as killed:
        presence.await_it()
        killed.kill()
    assert presence.is_over()


@pytest.mark.parametrize("how", ["SIGTERM", "end of input"])
def test_where_orphans_are_not_to_be_had_the_group_is_ended(presence: Presence, how: str) -> None:
    elsewhere = (
        "import runpy, sys; sys.platform = 'elsewhere'; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    )
    status, told = os.pipe()
    words = [sys.executable, "-c", elsewhere, process_guard.__file__, str(told), *presence.below("waits")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(told,)) as process:
        os.close(told)
        presence.await_it()
        if how == "SIGTERM":
            process.terminate()
        else:
            process.communicate()
        assert presence.is_over()
        assert process.wait(PATIENCE) == 0
    with open(status, "rb") as lines:
        assert lines.read() == b"started\nexited -15\n"


def test_a_command_is_ended_when_something_fails_meanwhile(presence: Presence) -> None:
    def fail() -> None:
        with Command(presence.words(), {}):
            presence.await_it()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert presence.is_over()


def test_ending_twice_is_ending_once(presence: Presence) -> None:
    with Command(presence.words(), {}) as command:
        presence.await_it()
        command.end()
        command.end()
        assert command.wait(0) == -signal.SIGTERM
    assert presence.is_over()


def test_the_command_is_in_no_group_of_ours() -> None:
    code, printed = outcome(python("import os; print(os.getpgid(0), os.getpid())"))
    group, process = map(int, printed.split())
    assert code == 0
    assert group == process != os.getpgid(0)
