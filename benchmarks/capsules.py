"""`python -m benchmarks.capsules`: what capsules say of sound and of broken servers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import click
import requests

from tests.broken import MUTANTS
from tests.broken.serving import serving
from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.running import SOUND, running
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.conftest import proxying
from tests.workers.cast import EXAMPLES
from workerkit.contracts.address import address_of
from workerkit.contracts.sending_again import keys_for
from workerkit.mockserver.capsules.matching import Difference
from workerkit.mockserver.capsules.playing import perform
from workerkit.mockserver.capsules.replay import replay, replay_against
from workerkit.mockserver.capsules.shrink import shrunk
from workerkit.mockserver.capsules.taking import taken
from workerkit.mockserver.capsules.traffic import without_secrets
from workerkit.mockserver.founding import Founder
from workerkit.mockserver.server import MockServer
from workerkit.mockserver.snapshot import snapshot
from workerkit.mockserver.trial import try_worker
from workerkit.mockserver.worlds import DEFAULT, Worlds
from workerkit.scenarios import library
from workerkit.scenarios.capsule import Capsule, Recorded
from workerkit.scenarios.capsule_file import capsule_text, parse_capsule

_PROCESSES = 2
_SECONDS = 60.0
_MOST_IN_A_SMALL_ONE = 5
_WORKER = (sys.executable, str(EXAMPLES / "worker.py"))
_NOBODY = "00000000-0000-4000-8000-00000000dead"
_SOUND = "sound"
_LISTS = (
    "",
    "?limit=3",
    "?limit=3&page=2",
    "?limit=1000",
    "?limit=500",
    "?limit=60",
    "?page=2&limit=1000",
    "?status=failed",
    "?status=running,completed&limit=1000",
    "?status=canceled&limit=5",
    "?service_type=none-such",
)


@dataclass(frozen=True)
class Row:
    """How a recording of so many exchanges came out; `small` counts those of the small capsule."""

    name: str
    exchanges: int
    verdict: str
    is_sound: bool
    small: int | None = None

    def told(self) -> str:
        """A line of the table."""
        small = "" if self.small is None else f" | {self.small}"
        return f"{self.name} | {self.exchanges} | {self.verdict}{small}"


class Caller:
    """Asks a server of some of everything: what a careful worker asks, and what has to be refused."""

    def __init__(self, url: str, key: str, other_key: str) -> None:
        self._url, self._key, self._other_key = url, key, other_key
        self._session = requests.Session()
        self._session.trust_env = False

    def tour(self) -> None:
        """All of it, always the same for a server in the same state."""
        with self._session:
            for _ in range(2):
                self._ask("POST", "/health", {"server_name": "hanoi-07", "cpu_usage": 5.5, "active_tasks": 1})
            tasks = self._list()
            foreign = self._ask("GET", "/tasks", key=self._other_key)["data"][0]["id"]
            self._updates([each["id"] for each in tasks[:6]], foreign)
            self._batches([each["id"] for each in tasks[6:12]], foreign)
            self._callbacks([each["id"] for each in tasks[12:18]], tasks[12], foreign)
            self._logs()
            self._refused()
            self._ask("GET", "/tasks?status=pending,queued,running,completed,failed,canceled&limit=1000")
            self._ask("GET", "/tasks", key=self._other_key)

    def _list(self) -> list[dict[str, Any]]:
        for query in _LISTS:
            self._ask("GET", f"/tasks{query}")
        tasks: list[dict[str, Any]] = self._ask("GET", "/tasks")["data"]
        self._ask("GET", f"/tasks?service_type={tasks[0]['service_type']}&limit=4")
        for place in (3, 5):
            self._ask("GET", f"/tasks?after={tasks[place]['id']}&limit=4")
        self._ask("GET", f"/tasks?after={tasks[3]['id']}&status=queued&limit=4")
        return tasks

    def _updates(self, ids: Sequence[str], foreign: str) -> None:
        links = {"link_profile": "https://a.example/p", "link_post": "https://a.example/1"}
        self._ask("PUT", f"/tasks/{ids[0]}", {"status": "running"})
        self._ask("PUT", f"/tasks/{ids[0]}", {"status": "completed", **links})
        self._ask("PUT", f"/tasks/{ids[1]}", {"link_post": "https://a.example/2", "note": "seen"})
        self._ask("PUT", f"/tasks/{ids[2]}", {"status": "failed", "error_message": "Captcha failed"})
        self._ask("PUT", f"/tasks/{ids[3]}", {"is_indexed": True})
        self._ask("PUT", f"/tasks/{foreign}", {"status": "running"})
        self._ask("PUT", f"/tasks/{_NOBODY}", {"status": "running"})
        self._ask("PUT", f"/tasks/{ids[4]}", {"status": "done"})
        self._ask("GET", "/tasks?status=running,completed,failed&limit=1000")
        self._ask("GET", "/tasks?limit=5")

    def _batches(self, ids: Sequence[str], foreign: str) -> None:
        post = "https://a.example/3"
        good = [{"link_id": each, "status": "running"} for each in ids[:3]]
        self._ask("PUT", "/tasks/bulk", {"items": good})
        others = [{"link_id": each, "status": "running"} for each in (foreign, _NOBODY)]
        last = {"link_id": ids[3], "status": "completed", "link_post": post}
        self._ask("PUT", "/tasks/bulk", {"items": [*others, last]})
        many = [{"link_id": f"{_NOBODY[:-4]}{number:04x}", "note": "x"} for number in range(501)]
        self._ask("PUT", "/tasks/bulk", {"items": many[:500]})
        self._ask("PUT", "/tasks/bulk", {"items": many})
        self._ask("GET", "/tasks?status=running,completed&limit=1000")

    def _callbacks(self, ids: Sequence[str], task: dict[str, Any], foreign: str) -> None:
        post = "https://a.example/4"
        self._ask("POST", "/callback/link/update", {"link_id": ids[0], "status": "running"})
        self._ask("POST", "/callback/link/update", {"link_id": ids[1], "link_post": post})
        self._ask("POST", "/callback/link/update", {"link_id": ids[2], "status": "done"})
        self._ask("GET", "/tasks?status=running,queued,pending&limit=1000")
        self._ask("POST", "/callback/link/update", {"link_id": foreign, "status": "running"})
        self._ask("POST", "/callback/link/update", {"link_id": _NOBODY, "status": "running"})
        self._ask("POST", "/callback/link/update", {"status": "running"})
        self._ask("POST", "/callback/link/complete", {"link_id": ids[0], "link_post": post})
        self._ask("POST", "/callback/link/complete", {"link_id": foreign})
        self._ask("POST", "/callback/link/complete", {"link_id": _NOBODY})
        self._ask("POST", "/callback/request/status", {"request_id": task["request_id"], "status": "running"})
        self._ask("POST", "/callback/request/status", {"request_id": _NOBODY, "status": "running"})
        self._ask("POST", "/callback/account/status", {"account_id": _NOBODY, "status": "active"})
        self._ask("GET", "/tasks?status=running,completed&limit=1000")

    def _logs(self) -> None:
        entries = [{"level": level, "message": "hi"} for level in ("INFO", "WARN", "ERROR", "DEBUG")]
        for batch in (entries, [*entries, {"level": "TRACE", "message": "hi"}], entries[:1] * 500):
            self._ask("POST", "/logs", {"logs": batch})
        self._ask("POST", "/logs", {"logs": entries[:1] * 501})

    def _refused(self) -> None:
        self._ask("GET", "/tasks", key="nobody's key")
        for method, path, body in (
            ("GET", "/tasks", None),
            ("POST", "/health", {}),
            ("POST", "/logs", {"logs": [{"level": "INFO", "message": "hi"}]}),
        ):
            self._ask(method, path, body, key="")
        self._ask("POST", "/logs", {"logs": "many"})

    def _ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        key = self._key if key is None else key
        headers = {"Connection": "close", **({"X-API-Key": key} if key else {})}
        answer = self._session.request(method, self._url + path, json=body, headers=headers, timeout=_SECONDS)
        try:
            return answer.json()
        except ValueError:
            return None


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Replays recordings of scenarios, mutants of the mock, other servers and their faults: all, or NAMES.

    Exit 1 where something sound does not come out as recorded, or a small capsule is not small. What is
    broken and shows in none of the requests sent here is listed.
    """
    rows = list(_rows(names))
    blamed = [each.name for each in rows if each.is_sound and each.verdict != "reproduced"]
    large = [each.name for each in rows if (each.small or 0) > _MOST_IN_A_SMALL_ONE]
    unseen = [each.name for each in rows if not each.is_sound and each.verdict == "reproduced"]
    broken = sum(not each.is_sound for each in rows)
    click.echo(f"\n{len(rows) - broken} sound, not reproduced: {', '.join(blamed) or 'none'}")
    click.echo(f"{broken} broken, no difference seen in {len(unseen)}: {', '.join(unseen) or 'none'}")
    click.echo(f"small capsules of more than {_MOST_IN_A_SMALL_ONE} exchanges: {', '.join(large) or 'none'}")
    sys.exit(1 if blamed or large else 0)


def _rows(names: Sequence[str]) -> Iterator[Row]:
    tries: list[tuple[Callable[[str], Row], str]] = [
        *((_of_scenario, each) for each in library.names()),
        *((_of_mutant, each) for each in (_SOUND, *MUTANTS)),
        *((_of_variant, each) for each in VARIANTS),
        *((_of_fault, each.name) for each in FAULTS.values() if not each.unseen),
    ]
    wanted = [each for each in tries if not names or each[1] in names]
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        for row in pool.map(_tried, wanted):
            click.echo(row.told())
            yield row


def _tried(what: tuple[Callable[[str], Row], str]) -> Row:
    row, name = what
    return row(name)


def _of_scenario(name: str) -> Row:
    """The example worker in a scenario: replayed, and played to the same worker again."""
    trial = try_worker(library.find(name), _WORKER, time_limit=_SECONDS, with_capsule=True)
    assert trial.capsule is not None
    capsule = _from_file(trial.capsule)
    difference = replay(capsule, name=name).difference
    if difference is None:
        difference = perform(capsule, _WORKER, time_limit=_SECONDS).difference
    return Row(name, len(capsule.recorded), _verdict(difference), is_sound=True)


def _of_mutant(name: str) -> Row:
    """A recording of the sound mock, replayed at one that is broken."""
    worlds = Worlds()
    director = worlds.add(DEFAULT, Founder(seed=1))
    beginning = snapshot(director)
    keys = "server-01-key", "server-02-key"
    with MockServer(worlds) as mock:
        Caller(mock.base_url, *keys).tour()
        capsule = _from_file(mock.ask(lambda: taken(director, beginning)))
    if name == _SOUND:
        return Row(
            name, len(capsule.recorded), _verdict(replay(capsule, name=name).difference), is_sound=True
        )
    with serving(name) as target:
        given = keys_for(capsule, keys)
        difference = replay_against(capsule, address_of(target.base_url), keys=given).difference
    return Row(name, len(capsule.recorded), _verdict(difference), is_sound=False)


def _of_variant(name: str) -> Row:
    capsule = _recorded(VARIANTS[name], None)
    return Row(name, len(capsule.recorded), _verdict(replay(capsule, name=name).difference), is_sound=True)


def _of_fault(name: str) -> Row:
    """A recording of a broken server, replayed in the mock, and as few exchanges as show the same."""
    capsule = _recorded(SOUND, FAULTS[name])
    difference = replay(capsule, name=name).difference
    small = None
    if difference is not None:
        small = len(shrunk(capsule, lambda each: replay(each, name=name).difference).recorded)
    return Row(name, len(capsule.recorded), _verdict(difference), is_sound=False, small=small)


def _recorded(choices: Choices, fault: Fault | None) -> Capsule:
    heard: list[Recorded] = []
    with running(choices, fault) as server, proxying(address_of(server.base_url), heard.append) as here:
        seeded = server.seeded
        Caller(f"{here.url}/api/v1/worker", seeded.api_key, seeded.other_api_key).tour()
    return _from_file(without_secrets(Capsule(min(each.exchange.began for each in heard), tuple(heard))))


def _from_file(capsule: Capsule) -> Capsule:
    return parse_capsule(capsule_text(capsule), name="capsule.yaml")


def _verdict(difference: Difference | None) -> str:
    if difference is None:
        return "reproduced"
    values = f"{difference.recorded} -> {difference.now}"
    return f"{difference.number}: {difference.operation} {difference.place}: {values}"


if __name__ == "__main__":
    main()
