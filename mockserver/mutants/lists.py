"""Mutants with wrong task lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from workerkit.mockserver.mutants.mutant import Json, broken, broken_spec
from workerkit.mockserver.mutants.patches import (
    change_answer,
    change_listed_tasks,
    override_parameters,
    replace_answer,
    replace_handler,
)
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

_LIST = "listTasks"
_ALL = ("pending", "queued", "running", "completed", "failed", "canceled")


def _change_parameters(change: Callable[[Call], Json]) -> None:
    """Runs the operation with changed parameters. The answer still has `page` and `limit` of the request.

    change: gets the request and returns the parameters to change.
    """

    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            parameters = {**call.parameters, **change(call)}
            answer = original(world, server, replace(call, parameters=parameters))
            return {**answer, "page": call.parameters["page"], "limit": call.parameters["limit"]}

        return handle

    replace_handler(_LIST, wrap)


def _for_server(choose: Callable[[World, Server], Server]) -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            own = {"server_id": server.id, "server_name": server.name}
            return {**original(world, choose(world, server), call), **own}

        return handle

    replace_handler(_LIST, wrap)


def _other(world: World, server: Server) -> Server:
    return next(other for other in world.servers.values() if other is not server)


def _parameter(root: Json, name: str) -> Json:
    schema: Json = next(
        parameter for parameter in root["paths"]["/tasks"]["get"]["parameters"] if parameter["name"] == name
    )["schema"]
    return schema


# The owner of the tasks


@broken(
    "list-is-of-another-server",
    "The task list has the tasks of another server.",
    "list",
    "update-own-only",
    "not-your-task",
    "update",
    "list-total",
    operations=(_LIST,),
)
def _anothers() -> None:
    _for_server(_other)


@broken(
    "list-has-foreign-tasks-too",
    "The task list also has tasks of another server.",
    "list",
    "list-total",
    "update",
    "update-own-only",
    operations=(_LIST,),
)
def _foreign_too() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            own, others = original(world, server, call), original(world, _other(world, server), call)
            room = call.parameters["limit"] - len(own["data"])
            data = [*own["data"], *others["data"][: max(0, room)]]
            return {**own, "data": data, "total": own["total"] + others["total"]}

        return handle

    replace_handler(_LIST, wrap)


# Filters


@broken(
    "filter-default-is-pending-only",
    "Without status, the task list has only pending tasks, not queued ones.",
    "list-status",
    operations=(_LIST,),
)
def _pending_only() -> None:
    _change_parameters(lambda call: {} if "status" in call.given_parameters else {"status": ["pending"]})


@broken(
    "filter-default-is-every-status",
    "Without status, the task list has tasks of every status.",
    "list-status",
    operations=(_LIST,),
)
def _every_status() -> None:
    _change_parameters(lambda call: {} if "status" in call.given_parameters else {"status": _ALL})


@broken("filter-by-status-is-ignored", "The task list ignores status.", "list-status", operations=(_LIST,))
def _no_status() -> None:
    override_parameters(_LIST, status=["pending", "queued"])


@broken(
    "filter-heeds-the-first-status-only",
    "The task list heeds only the first of several statuses.",
    "list-status",
    "list-total",
    "list",
    operations=(_LIST,),
)
def _first_status() -> None:
    _change_parameters(
        lambda call: (
            {"status": list(call.parameters["status"])[:1]} if "status" in call.given_parameters else {}
        )
    )


@broken(
    "filter-for-failed-finds-nothing",
    "The task list has no failed tasks, also if they are asked for.",
    "list-status",
    "list-total",
    "update",
    "update-status",
    operations=(_LIST,),
)
def _never_failed() -> None:
    _change_parameters(
        lambda call: {"status": [status for status in call.parameters["status"] if status != "failed"]}
    )


@broken(
    "filter-by-service-is-ignored",
    "The task list ignores service_type.",
    "list-service-type",
    operations=(_LIST,),
)
def _no_service() -> None:
    override_parameters(_LIST, service_type=None)


@broken(
    "filter-by-service-finds-nothing",
    "The task list is empty with any service_type.",
    "list-service-type",
    "list-total",
    operations=(_LIST,),
)
def _empty_service() -> None:
    _change_parameters(lambda call: {"service_type": "none-such"} if call.parameters["service_type"] else {})


@broken(
    "filters-are-lost-with-a-cursor",
    "After a cursor, the task list ignores status and service_type.",
    "list-status",
    "list-service-type",
    "list-after",
    "list-total",
    operations=(_LIST,),
)
def _lost_with_cursor() -> None:
    _change_parameters(
        lambda call: {"status": _ALL, "service_type": None} if call.parameters["after"] else {}
    )


@broken(
    "service-is-lost-on-page-two",
    "From page 2 on, the task list ignores service_type.",
    "list-service-type",
    "list-page",
    operations=(_LIST,),
)
def _lost_on_page_two() -> None:
    _change_parameters(lambda call: {"service_type": None} if call.parameters["page"] > 1 else {})


# Counts


@broken("total-is-one-more", "total of the task list is one too high.", "list-total", operations=(_LIST,))
def _one_more() -> None:
    change_answer(_LIST, lambda it: it.update(total=it["total"] + 1))


@broken(
    "total-is-of-the-page",
    "total of the task list counts only the tasks of the page.",
    "list-total",
    operations=(_LIST,),
)
def _of_page() -> None:
    change_answer(_LIST, lambda it: it.update(total=len(it["data"])))


@broken(
    "total-counts-every-status",
    "total of the task list counts tasks of every status.",
    "list-total",
    operations=(_LIST,),
)
def _of_everything() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            return {**original(world, server, call), "total": world.backlog(server).count(_ALL, None)}

        return handle

    replace_handler(_LIST, wrap)


@broken(
    "total-counts-all-servers",
    "total of the task list counts the tasks of all servers.",
    "list-total",
    operations=(_LIST,),
)
def _of_all_servers() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            answer = original(world, server, call)
            if call.parameters["after"] is not None:
                return answer
            filters = call.parameters["status"], call.parameters["service_type"]
            backlogs = [world.backlog(listed) for listed in world.servers.values()]
            return {**answer, "total": sum(backlog.count(*filters) for backlog in backlogs)}

        return handle

    replace_handler(_LIST, wrap)


@broken(
    "total-is-text",
    "total of the task list is text instead of a number.",
    "list",
    "list-total",
    operations=(_LIST,),
)
def _text_total() -> None:
    change_answer(_LIST, lambda it: it.update(total=str(it["total"])))


# Pages


@broken("page-is-ignored", "The task list ignores page.", "list-page", operations=(_LIST,))
def _no_page() -> None:
    override_parameters(_LIST, page=1)


@broken(
    "pages-count-from-zero",
    "The task list counts its pages from 0, so page 1 is the second one.",
    "list-page",
    operations=(_LIST,),
)
def _from_zero() -> None:
    _change_parameters(
        lambda call: {"page": call.parameters["page"] + 1} if "page" in call.given_parameters else {}
    )


@broken(
    "page-two-overlaps-page-one",
    "Each page of the task list begins with the last task of the page before it.",
    "list-page",
    "list",
    operations=(_LIST,),
)
def _overlap() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            answer, page, limit = (
                original(world, server, call),
                call.parameters["page"],
                call.parameters["limit"],
            )
            if page < 2 or call.parameters["after"] is not None:
                return answer
            before = original(world, server, replace(call, parameters={**call.parameters, "page": page - 1}))
            return {**answer, "data": [*before["data"][-1:], *answer["data"]][:limit]}

        return handle

    replace_handler(_LIST, wrap)


@broken(
    "pages-are-shuffled",
    "The order of the task list changes with each request.",
    "list-page",
    "list-after",
    "list",
    operations=(_LIST,),
)
def _shuffled() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            everything = {**call.parameters, "page": 1, "limit": 1000}
            answer = original(world, server, call)
            if call.parameters["after"] is not None:
                return answer
            tasks = original(world, server, replace(call, parameters=everything))["data"]
            world.fault_random.shuffle(tasks)
            skip = (call.parameters["page"] - 1) * call.parameters["limit"]
            return {**answer, "data": tasks[skip : skip + call.parameters["limit"]]}

        return handle

    replace_handler(_LIST, wrap)


@broken(
    "last-page-is-dropped",
    "A last page that is not full is empty.",
    "list-page",
    "list-total",
    "list-after",
    "list",
    operations=(_LIST,),
)
def _no_rest() -> None:
    def drop(answer: Json, call: Call) -> Json:
        is_kept = len(answer["data"]) == call.parameters["limit"] or call.parameters["page"] == 1
        return answer if is_kept else {**answer, "data": []}

    replace_answer(_LIST, drop)


@broken(
    "answered-page-is-always-one",
    "page in the answer of the task list is always 1.",
    "list-page",
    operations=(_LIST,),
)
def _says_one() -> None:
    change_answer(_LIST, lambda it: it.update(page=1))


# Limits


@broken("limit-is-ignored", "The task list ignores limit.", "list-limit", operations=(_LIST,))
def _no_limit() -> None:
    override_parameters(_LIST, limit=100)


@broken(
    "limit-is-one-less",
    "A page of the task list has one task less than limit.",
    "list-limit",
    "list-page",
    "list-total",
    "list",
    operations=(_LIST,),
)
def _one_less() -> None:
    replace_answer(_LIST, lambda it, call: {**it, "data": it["data"][: max(1, call.parameters["limit"] - 1)]})


@broken(
    "answered-limit-is-the-maximum",
    "limit in the answer of the task list is always 1000.",
    "list-limit",
    operations=(_LIST,),
)
def _says_maximum() -> None:
    change_answer(_LIST, lambda it: it.update(limit=1000))


@broken(
    "limit-is-lost-with-a-cursor",
    "After a cursor, the task list ignores limit.",
    "list-limit",
    "list-after",
    operations=(_LIST,),
)
def _cursor_limit() -> None:
    _change_parameters(lambda call: {"limit": 100} if call.parameters["after"] else {})


@broken_spec(
    "limit-default-is-50",
    "Without limit, a page of the task list has 50 tasks instead of 100.",
    "list-limit",
    operations=(_LIST,),
)
def _fifty(root: Json) -> None:
    _parameter(root, "limit").update(default=50)


@broken_spec("limit-maximum-is-2000", "A limit above 1000 is accepted.", "list-limit", operations=(_LIST,))
def _two_thousand(root: Json) -> None:
    _parameter(root, "limit").update(maximum=2000)


@broken_spec(
    "limit-maximum-is-500",
    "A limit above 500 is refused, but 1000 is allowed.",
    "list-limit",
    operations=(_LIST,),
)
def _five_hundred(root: Json) -> None:
    _parameter(root, "limit").update(maximum=500)


@broken_spec(
    "limit-maximum-is-999",
    "A limit of 1000 is refused, but 1000 is allowed.",
    "list-limit",
    operations=(_LIST,),
)
def _one_short(root: Json) -> None:
    _parameter(root, "limit").update(maximum=999)


# Cursors


@broken("cursor-is-ignored", "The task list ignores after.", "list-after", operations=(_LIST,))
def _no_cursor() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            parameters = {**call.parameters, "after": None, "page": 1}
            given = call.given_parameters - {"after"}
            return original(world, server, replace(call, given_parameters=given, parameters=parameters))

        return handle

    replace_handler(_LIST, wrap)


def _on_cursor(change: Callable[[World, Server, Call, Json, Handler], Json]) -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            answer = original(world, server, call)
            after = call.parameters["after"]
            return answer if after not in world.tasks else change(world, server, call, answer, original)

        return handle

    replace_handler(_LIST, wrap)


@broken(
    "cursor-skips-one",
    "After a cursor, the task list leaves out one task.",
    "list-after",
    operations=(_LIST,),
)
def _skips() -> None:
    def change(world: World, server: Server, call: Call, answer: Json, original: Handler) -> Json:
        if not answer["data"]:
            return answer
        moved = {**call.parameters, "after": answer["data"][0]["id"]}
        return original(world, server, replace(call, parameters=moved))

    _on_cursor(change)


@broken(
    "cursor-repeats-its-task",
    "After a cursor, the task list begins with the task of the cursor again.",
    "list-after",
    operations=(_LIST,),
)
def _repeats() -> None:
    def change(world: World, server: Server, call: Call, answer: Json, original: Handler) -> Json:
        own = world.list_items([world.tasks[call.parameters["after"]]])
        return {**answer, "data": [*own, *answer["data"]][: call.parameters["limit"]]}

    _on_cursor(change)


@broken(
    "next-cursor-is-the-first-task",
    "next_cursor is the first task of the page instead of the last.",
    "list-next-cursor",
    operations=(_LIST,),
)
def _first_task() -> None:
    change_answer(_LIST, lambda it: it.update(next_cursor=it["data"][0]["id"] if it["data"] else None))


@broken(
    "next-cursor-is-never-there",
    "next_cursor is always null, so a list seems to end after its first page.",
    "list-next-cursor",
    operations=(_LIST,),
)
def _never() -> None:
    change_answer(_LIST, lambda it: it.update(next_cursor=None))


@broken(
    "next-cursor-is-a-number",
    "next_cursor is a number instead of an id.",
    "list-next-cursor",
    "list",
    operations=(_LIST,),
)
def _number_cursor() -> None:
    change_answer(_LIST, lambda it: it.update(next_cursor=len(it["data"])))


@broken(
    "next-cursor-is-the-last-but-one",
    "next_cursor is the last task but one of the page.",
    "list-next-cursor",
    operations=(_LIST,),
)
def _last_but_one() -> None:
    def change(answer: Json) -> None:
        if len(answer["data"]) > 1 and answer["next_cursor"]:
            answer["next_cursor"] = answer["data"][-2]["id"]

    change_answer(_LIST, change)


# The listed tasks


@broken(
    "list-has-a-task-twice",
    "The task list has its first task twice.",
    "list",
    "list-limit",
    "list-total",
    "list-page",
    operations=(_LIST,),
)
def _twice() -> None:
    change_answer(_LIST, lambda it: it.update(data=[*it["data"], *it["data"][:1]]))


@broken("tasks-have-no-password", "Tasks of the list lack password.", "list", operations=(_LIST,))
def _no_password() -> None:
    change_listed_tasks(lambda task: task.pop("password"))


@broken("tasks-have-no-retries", "Tasks of the list lack max_retries.", "list", operations=(_LIST,))
def _no_retries() -> None:
    change_listed_tasks(lambda task: task.pop("max_retries"))


@broken("config-is-an-object", "config of a task is an object instead of text.", "list", operations=(_LIST,))
def _config() -> None:
    change_listed_tasks(lambda task: task.update(config={}))


@broken(
    "retry-count-is-text", "retry_count of a task is text instead of a number.", "list", operations=(_LIST,)
)
def _text_count() -> None:
    change_listed_tasks(lambda task: task.update(retry_count=str(task["retry_count"])))


@broken("created-at-is-no-time", "created_at of a task is not a time.", "list", operations=(_LIST,))
def _odd_time() -> None:
    change_listed_tasks(lambda task: task.update(created_at="yesterday"))


@broken(
    "status-is-in-capitals",
    "status of a task is in capital letters.",
    "list",
    "list-status",
    operations=(_LIST,),
)
def _capitals() -> None:
    change_listed_tasks(lambda task: task.update(status=task["status"].upper()))


@broken(
    "empty-list-is-null",
    "data of an empty task list is null instead of an empty list.",
    "list",
    operations=(_LIST,),
)
def _null() -> None:
    change_answer(_LIST, lambda it: it.update(data=it["data"] or None))


@broken(
    "list-without-its-server", "The answer of the task list lacks server_id.", "list", operations=(_LIST,)
)
def _no_server() -> None:
    change_answer(_LIST, lambda it: it.pop("server_id"))


@broken(
    "ids-change-with-every-list",
    "Tasks have other ids in each answer of the task list.",
    "list",
    "update",
    "list-after",
    "list-page",
    operations=(_LIST,),
)
def _new_ids() -> None:
    numbers = count(1)

    def change(task: Json) -> None:
        task["id"] = task["id"][:-4] + f"{next(numbers) % 65536:04x}"

    change_listed_tasks(change)


@broken(
    "empty-list-is-an-error",
    "An empty task list is answered with 500.",
    "no-system-error",
    operations=(_LIST,),
)
def _crash() -> None:
    change_answer(_LIST, lambda it: it.update(total=it["total"] // bool(it["data"])))


@broken(
    "list-is-stale",
    "The task list never changes after its first answer.",
    "update",
    "update-status",
    "link-update",
    "link-complete",
    "bulk",
    operations=(_LIST,),
)
def _stale() -> None:
    answers: dict[str, list[Json]] = {}

    def change(answer: Json, call: Call) -> Json:
        parameters = repr(sorted((name, repr(value)) for name, value in call.parameters.items()))
        earlier = answers.setdefault(parameters, [answer])
        earlier.append(answer)
        return earlier[0]

    replace_answer(_LIST, change)
