"""Lists that are cut, filtered or counted against the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from tests.broken.mutant import Json, broken, respecified
from tests.broken.surgery import act_otherwise, answer_by, answer_otherwise, ask_otherwise, on_tasks
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

_LIST = "listTasks"
_ALL = ("pending", "queued", "running", "completed", "failed", "canceled")


def _asked(change: Callable[[Call], Json]) -> None:
    """Goes by other parameters, which depend on those asked for, and answers page and limit as asked."""

    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            parameters = {**call.parameters, **change(call)}
            answer = sound(world, server, replace(call, parameters=parameters))
            return {**answer, "page": call.parameters["page"], "limit": call.parameters["limit"]}

        return act

    act_otherwise(_LIST, wrap)


def _for_server(choose: Callable[[World, Server], Server]) -> None:
    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            own = {"server_id": server.id, "server_name": server.name}
            return {**sound(world, choose(world, server), call), **own}

        return act

    act_otherwise(_LIST, wrap)


def _other(world: World, server: Server) -> Server:
    return next(each for each in world.servers.values() if each is not server)


def _parameter(root: Json, name: str) -> Json:
    found: Json = next(
        parameter for parameter in root["paths"]["/tasks"]["get"]["parameters"] if parameter["name"] == name
    )["schema"]
    return found


# Whose tasks


@broken("list-is-of-another-server", "list", "update-own-only", "not-your-task", "update", "list-total")
def _anothers() -> None:
    _for_server(_other)


@broken("list-has-foreign-tasks-too", "list", "list-total", "update", "update-own-only")
def _foreign_too() -> None:
    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            own, others = sound(world, server, call), sound(world, _other(world, server), call)
            room = call.parameters["limit"] - len(own["data"])
            data = [*own["data"], *others["data"][: max(0, room)]]
            return {**own, "data": data, "total": own["total"] + others["total"]}

        return act

    act_otherwise(_LIST, wrap)


# Filters


@broken("filter-default-is-pending-only", "list-status")
def _pending_only() -> None:
    _asked(lambda call: {} if "status" in call.given else {"status": ["pending"]})


@broken("filter-default-is-every-status", "list-status")
def _every_status() -> None:
    _asked(lambda call: {} if "status" in call.given else {"status": _ALL})


@broken("filter-by-status-is-ignored", "list-status")
def _no_status() -> None:
    ask_otherwise(_LIST, status=["pending", "queued"])


@broken("filter-heeds-the-first-status-only", "list-status", "list-total", "list")
def _first_status() -> None:
    _asked(lambda call: {"status": list(call.parameters["status"])[:1]} if "status" in call.given else {})


@broken("filter-for-failed-finds-nothing", "list-status", "list-total", "update", "update-status")
def _never_failed() -> None:
    _asked(lambda call: {"status": [each for each in call.parameters["status"] if each != "failed"]})


@broken("filter-by-service-is-ignored", "list-service-type")
def _no_service() -> None:
    ask_otherwise(_LIST, service_type=None)


@broken("filter-by-service-finds-nothing", "list-service-type", "list-total")
def _empty_service() -> None:
    _asked(lambda call: {"service_type": "none-such"} if call.parameters["service_type"] else {})


@broken("filters-are-lost-with-a-cursor", "list-status", "list-service-type", "list-after", "list-total")
def _lost_with_cursor() -> None:
    _asked(lambda call: {"status": _ALL, "service_type": None} if call.parameters["after"] else {})


@broken("service-is-lost-on-page-two", "list-service-type", "list-page")
def _lost_on_page_two() -> None:
    _asked(lambda call: {"service_type": None} if call.parameters["page"] > 1 else {})


# Counts


@broken("total-is-one-more", "list-total")
def _one_more() -> None:
    answer_otherwise(_LIST, lambda it: it.update(total=it["total"] + 1))


@broken("total-is-of-the-page", "list-total")
def _of_page() -> None:
    answer_otherwise(_LIST, lambda it: it.update(total=len(it["data"])))


@broken("total-counts-every-status", "list-total")
def _of_everything() -> None:
    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            return {**sound(world, server, call), "total": world.backlog(server).count(_ALL, None)}

        return act

    act_otherwise(_LIST, wrap)


@broken("total-counts-all-servers", "list-total")
def _of_all_servers() -> None:
    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            answer = sound(world, server, call)
            if call.parameters["after"] is not None:
                return answer
            asked = call.parameters["status"], call.parameters["service_type"]
            backlogs = [world.backlog(each) for each in world.servers.values()]
            return {**answer, "total": sum(backlog.count(*asked) for backlog in backlogs)}

        return act

    act_otherwise(_LIST, wrap)


@broken("total-is-text", "list", "list-total")
def _text_total() -> None:
    answer_otherwise(_LIST, lambda it: it.update(total=str(it["total"])))


# Pages


@broken("page-is-ignored", "list-page")
def _no_page() -> None:
    ask_otherwise(_LIST, page=1)


@broken("pages-count-from-zero", "list-page")
def _from_zero() -> None:
    _asked(lambda call: {"page": call.parameters["page"] + 1} if "page" in call.given else {})


@broken("page-two-overlaps-page-one", "list-page", "list")
def _overlap() -> None:
    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            answer, page, limit = (
                sound(world, server, call),
                call.parameters["page"],
                call.parameters["limit"],
            )
            if page < 2 or call.parameters["after"] is not None:
                return answer
            before = sound(world, server, replace(call, parameters={**call.parameters, "page": page - 1}))
            return {**answer, "data": [*before["data"][-1:], *answer["data"]][:limit]}

        return act

    act_otherwise(_LIST, wrap)


@broken("pages-are-shuffled", "list-page", "list-after", "list")
def _shuffled() -> None:
    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            everything = {**call.parameters, "page": 1, "limit": 1000}
            answer = sound(world, server, call)
            if call.parameters["after"] is not None:
                return answer
            tasks = sound(world, server, replace(call, parameters=everything))["data"]
            world.mischief.shuffle(tasks)
            skip = (call.parameters["page"] - 1) * call.parameters["limit"]
            return {**answer, "data": tasks[skip : skip + call.parameters["limit"]]}

        return act

    act_otherwise(_LIST, wrap)


@broken("last-page-is-dropped", "list-page", "list-total", "list-after", "list")
def _no_rest() -> None:
    def drop(answer: Json, call: Call) -> Json:
        whole = len(answer["data"]) == call.parameters["limit"] or call.parameters["page"] == 1
        return answer if whole else {**answer, "data": []}

    answer_by(_LIST, drop)


@broken("answered-page-is-always-one", "list-page")
def _says_one() -> None:
    answer_otherwise(_LIST, lambda it: it.update(page=1))


# Limits


@broken("limit-is-ignored", "list-limit")
def _no_limit() -> None:
    ask_otherwise(_LIST, limit=100)


@broken("limit-is-one-less", "list-limit", "list-page", "list-total", "list")
def _one_less() -> None:
    answer_by(_LIST, lambda it, call: {**it, "data": it["data"][: max(1, call.parameters["limit"] - 1)]})


@broken("answered-limit-is-the-maximum", "list-limit")
def _says_maximum() -> None:
    answer_otherwise(_LIST, lambda it: it.update(limit=1000))


@broken("limit-is-lost-with-a-cursor", "list-limit", "list-after")
def _cursor_limit() -> None:
    _asked(lambda call: {"limit": 100} if call.parameters["after"] else {})


@respecified("limit-default-is-50", "list-limit")
def _fifty(root: Json) -> None:
    _parameter(root, "limit").update(default=50)


@respecified("limit-maximum-is-2000", "list-limit")
def _two_thousand(root: Json) -> None:
    _parameter(root, "limit").update(maximum=2000)


@respecified("limit-maximum-is-500", "list-limit")
def _five_hundred(root: Json) -> None:
    _parameter(root, "limit").update(maximum=500)


@respecified("limit-maximum-is-999", "list-limit")
def _one_short(root: Json) -> None:
    _parameter(root, "limit").update(maximum=999)


# Cursors


@broken("cursor-is-ignored", "list-after")
def _no_cursor() -> None:
    def wrap(sound: Handler) -> Handler:
        return lambda world, server, call: sound(
            world,
            server,
            replace(
                call, given=call.given - {"after"}, parameters={**call.parameters, "after": None, "page": 1}
            ),
        )

    act_otherwise(_LIST, wrap)


def _on_cursor(change: Callable[[World, Server, Call, Json, Handler], Json]) -> None:
    def wrap(sound: Handler) -> Handler:
        def act(world: World, server: Server, call: Call) -> Json:
            answer = sound(world, server, call)
            after = call.parameters["after"]
            return answer if after not in world.tasks else change(world, server, call, answer, sound)

        return act

    act_otherwise(_LIST, wrap)


@broken("cursor-skips-one", "list-after")
def _skips() -> None:
    def change(world: World, server: Server, call: Call, answer: Json, sound: Handler) -> Json:
        if not answer["data"]:
            return answer
        moved = {**call.parameters, "after": answer["data"][0]["id"]}
        return sound(world, server, replace(call, parameters=moved))

    _on_cursor(change)


@broken("cursor-repeats-its-task", "list-after")
def _repeats() -> None:
    def change(world: World, server: Server, call: Call, answer: Json, sound: Handler) -> Json:
        own = world.listed([world.tasks[call.parameters["after"]]])
        return {**answer, "data": [*own, *answer["data"]][: call.parameters["limit"]]}

    _on_cursor(change)


@broken("next-cursor-is-the-first-task", "list-next-cursor")
def _first_task() -> None:
    answer_otherwise(_LIST, lambda it: it.update(next_cursor=it["data"][0]["id"] if it["data"] else None))


@broken("next-cursor-is-never-there", "list-next-cursor")
def _never() -> None:
    answer_otherwise(_LIST, lambda it: it.update(next_cursor=None))


@broken("next-cursor-is-a-number", "list-next-cursor", "list")
def _number_cursor() -> None:
    answer_otherwise(_LIST, lambda it: it.update(next_cursor=len(it["data"])))


@broken("next-cursor-is-the-last-but-one", "list-next-cursor")
def _last_but_one() -> None:
    def change(answer: Json) -> None:
        if len(answer["data"]) > 1 and answer["next_cursor"]:
            answer["next_cursor"] = answer["data"][-2]["id"]

    answer_otherwise(_LIST, change)


# Tasks as they are listed


@broken("list-has-a-task-twice", "list", "list-limit", "list-total", "list-page")
def _twice() -> None:
    answer_otherwise(_LIST, lambda it: it.update(data=[*it["data"], *it["data"][:1]]))


@broken("tasks-have-no-password", "list")
def _no_password() -> None:
    on_tasks(lambda task: task.pop("password"))


@broken("tasks-have-no-retries", "list")
def _no_retries() -> None:
    on_tasks(lambda task: task.pop("max_retries"))


@broken("config-is-an-object", "list")
def _config() -> None:
    on_tasks(lambda task: task.update(config={}))


@broken("retry-count-is-text", "list")
def _text_count() -> None:
    on_tasks(lambda task: task.update(retry_count=str(task["retry_count"])))


@broken("created-at-is-no-time", "list")
def _odd_time() -> None:
    on_tasks(lambda task: task.update(created_at="yesterday"))


@broken("status-is-in-capitals", "list", "list-status")
def _capitals() -> None:
    on_tasks(lambda task: task.update(status=task["status"].upper()))


@broken("empty-list-is-null", "list")
def _null() -> None:
    answer_otherwise(_LIST, lambda it: it.update(data=it["data"] or None))


@broken("list-without-its-server", "list")
def _no_server() -> None:
    answer_otherwise(_LIST, lambda it: it.pop("server_id"))


@broken("ids-change-with-every-list", "list", "update", "list-after", "list-page")
def _new_ids() -> None:
    numbers = count(1)

    def change(task: Json) -> None:
        task["id"] = task["id"][:-4] + f"{next(numbers) % 65536:04x}"

    on_tasks(change)


@broken("empty-list-is-an-error", "no-system-error")
def _crash() -> None:
    answer_otherwise(_LIST, lambda it: it.update(total=it["total"] // bool(it["data"])))


@broken("list-is-stale", "update", "update-status", "link-update", "link-complete", "bulk")
def _stale() -> None:
    seen: dict[str, list[Json]] = {}

    def change(answer: Json, call: Call) -> Json:
        asked = repr(sorted((name, repr(value)) for name, value in call.parameters.items()))
        pages = seen.setdefault(asked, [answer])
        pages.append(answer)
        return pages[0]

    answer_by(_LIST, change)
