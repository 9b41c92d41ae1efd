"""Finds the order in which a server lists its tasks, from the recorded pages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import chain, pairwise

from workerkit.openapi.exchange_reader import Json

# Two ids: the server lists the first task before the second task.
Pair = tuple[str, str]
Key = tuple[int, int, int]
# The sort directions of the time of creation and of the id. With 0, the field is not compared.
_DIRECTIONS = tuple((time, text) for time in (1, -1, 0) for text in (1, -1, 0))


def task_order(tasks: Mapping[str, Json], pages: Sequence[Sequence[str]], hints: Iterable[Pair]) -> list[str]:
    """The ids of all tasks in the order of the server.

    tasks: the tasks by their ids. The task that was recorded first comes first.
    pages: the ids of the tasks on each page. A page behind a cursor begins with the id of the cursor.
    hints: further pairs. A pair that contradicts the pages is ignored.

    Where the pages leave the order open, the tasks are sorted as all pages are: by the time of creation, by
    the id, or by both. If the pages are not sorted so, the task that was recorded first comes first. If pages
    contradict each other, the task that comes first in this way is placed first.
    """
    key_of = _sort_key(tasks, pages)
    return list(_Sorter(tasks, (pair for page in pages for pair in pairwise(page)), hints, key_of).sorted())


class _Sorter:
    """A topological sort. It goes on with the smallest key if the pairs contradict each other."""

    def __init__(
        self, tasks: Iterable[str], pairs: Iterable[Pair], hints: Iterable[Pair], key_of: Callable[[str], Key]
    ) -> None:
        self._open = dict.fromkeys(tasks)
        self._key_of = key_of
        self._after = {False: _followers(self._open, pairs), True: _followers(self._open, hints)}
        self._waits_for = {
            is_hint: Counter(chain.from_iterable(after.values())) for is_hint, after in self._after.items()
        }

    def sorted(self) -> Iterator[str]:
        """Yields each id once."""
        ready = [(self._key_of(task_id), task_id) for task_id in self._open if self._is_ready(task_id)]
        heapify(ready)
        while self._open:
            task_id = heappop(ready)[1] if ready else self._best_of_contradiction()
            if task_id in self._open:
                del self._open[task_id]
                yield task_id
                for follower in self._released_by(task_id):
                    heappush(ready, (self._key_of(follower), follower))

    def _released_by(self, task_id: str) -> Iterator[str]:
        for is_hint, after in self._after.items():
            for follower in after.get(task_id, ()):
                self._waits_for[is_hint][follower] -= 1
                if follower in self._open and self._is_ready(follower):
                    yield follower

    def _is_ready(self, task_id: str) -> bool:
        return not any(counts[task_id] for counts in self._waits_for.values())

    def _best_of_contradiction(self) -> str:
        without_hints = [task_id for task_id in self._open if not self._waits_for[False][task_id]]
        return min(without_hints or self._open, key=self._key_of)


def _followers(tasks: Iterable[str], pairs: Iterable[Pair]) -> dict[str, set[str]]:
    known, followers = set(tasks), defaultdict[str, set[str]](set)
    for first, second in pairs:
        if first != second and first in known and second in known:
            followers[first].add(second)
    return followers


def _sort_key(tasks: Mapping[str, Json], pages: Sequence[Sequence[str]]) -> Callable[[str], Key]:
    """The key by which all pages are sorted. Its last part is the place in `tasks`."""
    times = _ranks(str(task.get("created_at")) for task in tasks.values())
    ids, places = _ranks(tasks), {task_id: place for place, task_id in enumerate(tasks)}
    ranks = {task_id: (times[str(task.get("created_at"))], ids[task_id]) for task_id, task in tasks.items()}

    def key_in(directions: tuple[int, int], task_id: str) -> tuple[int, int]:
        time, text = ranks[task_id]
        return directions[0] * time, directions[1] * text

    listed = [[task_id for task_id in page if task_id in tasks] for page in pages]
    chosen = next(
        directions
        for directions in _DIRECTIONS
        if all(
            key_in(directions, first) <= key_in(directions, second)
            for page in listed
            for first, second in pairwise(page)
        )
    )
    return lambda task_id: (*key_in(chosen, task_id), places[task_id])


def _ranks(texts: Iterable[str]) -> dict[str, int]:
    return {text: rank for rank, text in enumerate(sorted(set(texts)))}
