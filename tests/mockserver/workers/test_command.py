"""The class Command: runs a command and stops all of its processes."""

from __future__ import annotations

import json
import os
import re
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
from workerkit.mockserver.workers.command import Command, CommandNotFoundError, GuardKilledError

TIMEOUT = 120.0
# A grace period for processes that ignore SIGTERM.
SHORT = 0.2

# Connects to the test, so that the test sees when it starts and when it ends. It runs until it is killed.
CONNECTING = """
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
# Prints when it has started, and on SIGTERM prints a line after a short time.
SLOW = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.05), print("bye", flush=True), sys.exit()))
print("up", flush=True)
signal.pause()
"""


class WatchedProcess:
    """Sees one process of a command start and end, by its connection to a server of the test."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._connection: socket.socket

    def words(self, *ignored: signal.Signals) -> list[str]:
        """Returns the command of the watched process. It ignores these signals."""
        port = self._server.getsockname()[1]
        return [sys.executable, "-c", CONNECTING, str(port), *(str(int(number)) for number in ignored)]

    def words_of_parent(self, how: str, *ignored: signal.Signals) -> list[str]:
        """Returns the command of a parent that starts the watched process.

        how: `waits`: the parent waits for the process. `leaves`: the parent exits before the process.
            `forks twice`: the parent becomes a daemon first. With `session` the process has its own session.
        """
        return [sys.executable, "-c", PARENT, how, *self.words(*ignored)[2:]]

    def wait_for_start(self) -> None:
        self._connection, _ = self._server.accept()
        self._connection.settimeout(TIMEOUT)
        assert self._connection.recv(4) == b"here"

    def has_ended(self, *, at_once: bool = False) -> bool:
        """Waits until the process has ended. With `at_once` it only looks and does not wait."""
        if at_once:
            return bool(select.select([self._connection], [], [], 0)[0])
        with self._connection:
            try:
                return self._connection.recv(1) == b""
            except ConnectionResetError:
                return True


@pytest.fixture
def watched() -> Iterator[WatchedProcess]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT)
        yield WatchedProcess(server)


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def outcome(words: list[str], **environment: str) -> tuple[int | None, str]:
    with Command(words, environment) as command:
        code = command.wait(TIMEOUT)
        command.end()
        return code, command.output()


# Running


@pytest.mark.parametrize("code", [0, 1, 77])
def test_the_exit_code_is_the_commands_own(code: int) -> None:
    assert outcome(python(f"raise SystemExit({code})"))[0] == code


def test_the_exit_code_of_a_killed_command_is_negative() -> None:
    assert outcome(python("import os; os.abort()"))[0] == -signal.SIGABRT


def test_a_command_that_runs_has_no_exit_code_yet(watched: WatchedProcess) -> None:
    with Command(watched.words(), {}) as command:
        watched.wait_for_start()
        assert command.wait(0) is None
    assert watched.has_ended()


def test_standard_output_and_error_are_kept_in_order() -> None:
    source = "import os; os.write(1, b'one\\n'); os.write(2, b'two\\n'); os.write(1, 'drei \xfc\\n'.encode())"
    assert outcome(python(source))[1] == "one\ntwo\ndrei \xfc\n"


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert outcome(python("import os; os.write(1, b'a\\xff\\n')"))[1] == "a\ufffd\n"


def test_only_the_end_of_a_long_output_is_kept_and_the_rest_is_counted() -> None:
    head, _, output = outcome(python("print('x' * 1_000_000); print('the end')"))[1].partition("\n")
    assert output.endswith("x\nthe end\n")
    assert len(output) == 64 * 1024
    assert head == f"({1_000_009 - 64 * 1024} bytes before this are left out)"


def test_a_very_long_output_takes_little_memory() -> None:
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
        command.wait(TIMEOUT)
        command.end()
        output = command.output(lambda text: text.replace(secret, "<key>")).partition("\n")[2]
    assert set(output) <= set("<key>yz")
    assert output.count("y") >= 64 * 1024 - cut - len(secret)


def test_standard_input_is_empty() -> None:
    assert outcome(python("import sys; print(repr(sys.stdin.read()))")) == (0, "''\n")


def test_the_environment_has_our_variables_and_the_given_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INHERITED", "a")
    monkeypatch.setenv("CHANGED", "a")
    source = "import os, json; print(json.dumps(dict(os.environ)))"
    environment_of_command = json.loads(outcome(python(source), CHANGED="b", NEW="c")[1])
    assert (
        environment_of_command["INHERITED"],
        environment_of_command["CHANGED"],
        environment_of_command["NEW"],
    ) == ("a", "b", "c")
    assert "NEW" not in os.environ


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("no-such-command-anywhere", "no-such-command-anywhere was not found"),
        ("./no-such-file", "./no-such-file was not found"),
        ("", "was not found"),
    ],
)
def test_a_command_that_does_not_exist_is_an_error(word: str, message: str) -> None:
    with pytest.raises(CommandNotFoundError, match=message), Command([word], {}):
        pass


def test_a_command_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "worker"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(CommandNotFoundError, match="cannot be run: No such file"), Command([str(broken)], {}):
        pass


# Ending


def test_a_command_that_runs_is_ended(watched: WatchedProcess) -> None:
    with Command(watched.words(), {}) as command:
        watched.wait_for_start()
    assert watched.has_ended()
    assert command.wait(0) == -signal.SIGTERM


def test_a_command_may_handle_sigterm_itself() -> None:
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


def test_a_command_that_ignores_sigterm_is_killed(watched: WatchedProcess) -> None:
    words = watched.words(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    with Command(words, {}, grace=SHORT) as command:
        watched.wait_for_start()
    assert watched.has_ended()
    assert command.wait(0) == -signal.SIGKILL


@pytest.mark.parametrize("ignored", [(), (signal.SIGTERM,)])
def test_a_grandchild_is_ended_with_the_command(
    watched: WatchedProcess, ignored: tuple[signal.Signals, ...]
) -> None:
    with Command(watched.words_of_parent("waits", *ignored), {}, grace=SHORT):
        watched.wait_for_start()
    assert watched.has_ended()


def test_a_grandchild_without_its_parent_is_ended(watched: WatchedProcess) -> None:
    with Command(watched.words_of_parent("leaves", signal.SIGTERM), {}, grace=SHORT) as command:
        watched.wait_for_start()
        assert command.wait(TIMEOUT) == 0
    assert watched.has_ended()


@pytest.mark.parametrize(
    ("how", "ignored"),
    [
        ("waits for a session", ()),
        ("leaves a session", ()),
        ("forks twice", ()),
        ("forks twice into a session", (signal.SIGTERM, signal.SIGHUP)),
    ],
)
def test_a_process_with_its_own_session_is_ended(
    watched: WatchedProcess, how: str, ignored: tuple[signal.Signals, ...]
) -> None:
    with Command(watched.words_of_parent(how, *ignored), {}, grace=SHORT) as command:
        watched.wait_for_start()
        if not how.startswith("waits"):
            assert command.wait(TIMEOUT) == 0
    assert watched.has_ended()


def test_a_stopped_process_is_ended(watched: WatchedProcess) -> None:
    source = CONNECTING.replace("connection.recv(1)", "import os; os.kill(0, signal.SIGSTOP)")
    with Command([sys.executable, "-c", source, *watched.words()[3:]], {}) as command:
        watched.wait_for_start()
    assert watched.has_ended()
    assert command.wait(0) == -signal.SIGTERM


def test_child_processes_have_time_to_end_after_the_command_has_ended() -> None:
    source = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {SLOW!r}]).wait()"
    with Command(python(source), {}) as command:
        while "up\n" not in command.output():
            assert command.wait(0.01) is None
        command.end()
        assert (command.wait(0), command.output()) == (-signal.SIGTERM, "up\nbye\n")


def test_the_end_of_one_command_does_not_end_another_command(watched: WatchedProcess) -> None:
    with Command(watched.words_of_parent("leaves"), {}):
        watched.wait_for_start()
        with Command(python(SLOW), {}) as other:
            while "up\n" not in other.output():
                assert other.wait(0.01) is None
        assert not watched.has_ended(at_once=True)
    assert watched.has_ended()


def test_no_process_is_left_when_this_process_is_killed(watched: WatchedProcess) -> None:
    source = f"""
import signal
from workerkit.mockserver.workers import process_guard
from workerkit.mockserver.workers.command import (Command)
with Command({watched.words_of_parent("leaves")!r}, {{}}) as command:
    signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", source]) as killed:
        watched.wait_for_start()
        killed.kill()
    assert watched.has_ended()


@pytest.mark.parametrize("how", ["SIGTERM", "end of input"])
def test_without_adopted_orphans_the_process_group_is_ended(watched: WatchedProcess, how: str) -> None:
    guard_on_another_system = (
        "import runpy, sys; sys.platform = 'elsewhere'; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    )
    status, status_writer = os.pipe()
    words = [
        sys.executable,
        "-c",
        guard_on_another_system,
        process_guard.__file__,
        str(status_writer),
        "5",
        *watched.words_of_parent("waits"),
    ]
    with subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(status_writer,)) as process:
        os.close(status_writer)
        watched.wait_for_start()
        if how == "SIGTERM":
            process.terminate()
        else:
            process.communicate()
        assert watched.has_ended()
        assert process.wait(TIMEOUT) == 0
    with open(status, "rb") as lines:
        assert re.fullmatch(rb"started [0-9]+\nexited -15\n", lines.read())


def test_a_command_is_ended_when_the_with_block_raises(watched: WatchedProcess) -> None:
    def fail() -> None:
        with Command(watched.words(), {}):
            watched.wait_for_start()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert watched.has_ended()


def test_end_may_be_called_twice(watched: WatchedProcess) -> None:
    with Command(watched.words(), {}) as command:
        watched.wait_for_start()
        command.end()
        command.end()
        assert command.wait(0) == -signal.SIGTERM
    assert watched.has_ended()


# A command that attacks its guard

ATTACK = """
import os, signal, subprocess, sys
guard = os.getppid()
child = subprocess.Popen([sys.executable, "-c", *sys.argv[2:]], start_new_session=True)
os.kill(guard, signal.Signals[sys.argv[1]])
signal.pause()
"""
FIGHT = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
guard = os.getppid()
while os.getppid() == guard:
    os.kill(guard, signal.SIGSTOP)
    time.sleep(0.0005)
"""


def attack(watched: WatchedProcess, number: str) -> list[str]:
    """The words of a command that starts the watched process, and sends a signal to its guard."""
    return [sys.executable, "-c", ATTACK, number, *watched.words(signal.SIGTERM)[2:]]


def test_a_command_that_stops_its_guard_is_ended(watched: WatchedProcess) -> None:
    with Command(attack(watched, "SIGSTOP"), {}) as command:
        watched.wait_for_start()
        assert command.wait(0.05) is None
    assert watched.has_ended()
    assert command.wait(0) == -signal.SIGTERM


def test_a_command_that_kills_its_guard_is_ended_and_is_an_error(watched: WatchedProcess) -> None:
    with Command(attack(watched, "SIGKILL"), {}) as command:
        watched.wait_for_start()
        with pytest.raises(GuardKilledError, match="must not kill its parent process"):
            command.wait(TIMEOUT)
    assert watched.has_ended()


def test_a_command_that_stops_its_guard_again_and_again_is_ended(
    watched: WatchedProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workerkit.mockserver.workers.command._SECONDS_FOR_GUARD", 0.3)
    fight = FIGHT.replace("guard =", f"import subprocess; subprocess.Popen({watched.words()!r})\nguard =")
    with Command(python(fight), {}, grace=0.1) as command:
        watched.wait_for_start()
        assert command.wait(0.05) is None
    assert watched.has_ended()


def test_the_command_has_its_own_process_group() -> None:
    code, printed = outcome(python("import os; print(os.getpgid(0), os.getpid())"))
    group, process = map(int, printed.split())
    assert code == 0
    assert group == process != os.getpgid(0)
