"""Mutants with wrong bulk updates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workerkit.mockserver.mutants.mutant import Json, broken, broken_spec
from workerkit.mockserver.mutants.patches import change_answer, replace_handler, with_body
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.refusal import NotFoundError, NotYourTaskError
from workerkit.mockserver.world.world import World
from workerkit.openapi.spec.operation import Call

_BULK = "bulkUpdateTasks"


def _items(root: Json) -> Json:
    schema: Json = root["components"]["schemas"]["BulkUpdate"]["properties"]["items"]
    return schema


def _counted(results: list[Json]) -> Json:
    succeeded = sum(result["success"] for result in results)
    return {
        "total": len(results),
        "success": succeeded,
        "failed": len(results) - succeeded,
        "results": results,
    }


def _results(change: Callable[[list[Json]], list[Json]]) -> None:
    """Changes the results of a bulk update, and counts them again."""
    change_answer(_BULK, lambda it: it.update(_counted(change([dict(result) for result in it["results"]]))))


def _say_done(call: Call) -> Json:
    return _counted([{"link_id": item["link_id"], "success": True} for item in call.body["items"]])


def _with_one_item(call: Call, item: Json) -> Call:
    return replace(with_body(call, items=[item]), member_flaws={})


def _has_bad_item(world: World, server: Server, call: Call) -> bool:
    tasks = (world.tasks.get(item["link_id"].lower()) for item in call.body["items"])
    return any(task is None or task.server != server.name for task in tasks)


# Bounds


@broken_spec(
    "bulk-takes-501",
    "A bulk update with 501 items is accepted, but 500 is the most.",
    "bulk",
    "bad-request",
    operations=(_BULK,),
)
def _more(root: Json) -> None:
    _items(root).update(maxItems=501)


@broken_spec(
    "bulk-takes-any-number",
    "A bulk update with any number of items is accepted, but 500 is the most.",
    "bulk",
    "bad-request",
    operations=(_BULK,),
)
def _any(root: Json) -> None:
    _items(root).pop("maxItems")


@broken_spec(
    "bulk-takes-100-at-most",
    "A bulk update with more than 100 items is refused, but 500 are allowed.",
    "bulk",
    operations=(_BULK,),
)
def _hundred(root: Json) -> None:
    _items(root).update(maxItems=100)


@broken_spec(
    "bulk-takes-499-at-most",
    "A bulk update with 500 items is refused, but 500 are allowed.",
    "bulk",
    operations=(_BULK,),
)
def _less(root: Json) -> None:
    _items(root).update(maxItems=499)


# Counts


@broken(
    "bulk-success-counts-all",
    "success counts all items of a bulk update, also those that failed.",
    "bulk-counts",
    operations=(_BULK,),
)
def _all_succeed() -> None:
    change_answer(_BULK, lambda it: it.update(success=it["total"]))


@broken(
    "bulk-failed-is-always-zero", "failed of a bulk update is always 0.", "bulk-counts", operations=(_BULK,)
)
def _none_failed() -> None:
    change_answer(_BULK, lambda it: it.update(failed=0))


@broken(
    "bulk-total-counts-successes",
    "total of a bulk update counts only the items that succeeded.",
    "bulk-counts",
    operations=(_BULK,),
)
def _total() -> None:
    change_answer(_BULK, lambda it: it.update(total=it["success"]))


@broken(
    "bulk-success-is-a-truth-value",
    "success of a bulk update is true or false instead of a number.",
    "bulk",
    "bulk-counts",
    operations=(_BULK,),
)
def _truth() -> None:
    change_answer(_BULK, lambda it: it.update(success=it["failed"] == 0))


@broken(
    "bulk-without-failed",
    "The answer to a bulk update lacks failed.",
    "bulk",
    "bulk-counts",
    operations=(_BULK,),
)
def _no_failed() -> None:
    change_answer(_BULK, lambda it: it.pop("failed"))


# Results


@broken(
    "bulk-results-lack-the-failures",
    "The results of a bulk update lack the items that failed.",
    "bulk-results",
    "bulk-counts",
    "bulk-foreign",
    operations=(_BULK,),
)
def _no_failures() -> None:
    change_answer(
        _BULK, lambda it: it.update(results=[result for result in it["results"] if result["success"]])
    )


@broken(
    "bulk-results-lack-the-last",
    "The results of a bulk update lack the last item.",
    "bulk-results",
    "bulk-counts",
    operations=(_BULK,),
)
def _no_last() -> None:
    change_answer(_BULK, lambda it: it.update(results=it["results"][:-1]))


@broken(
    "bulk-results-have-no-ids",
    "The results of a bulk update lack link_id.",
    "bulk",
    "bulk-results",
    operations=(_BULK,),
)
def _no_ids() -> None:
    change_answer(_BULK, lambda it: [result.pop("link_id") for result in it["results"]])


@broken(
    "bulk-results-name-one-task-only",
    "All results of a bulk update have the link_id of the first item.",
    "bulk-results",
    operations=(_BULK,),
)
def _one_id() -> None:
    _results(lambda results: [{**result, "link_id": results[0]["link_id"]} for result in results])


@broken(
    "bulk-failures-have-no-error",
    "The results of failed items of a bulk update lack error.",
    "bulk",
    "bulk-foreign",
    "bulk-results",
    operations=(_BULK,),
)
def _no_error() -> None:
    change_answer(_BULK, lambda it: [result.pop("error", None) for result in it["results"]])


@broken(
    "bulk-foreign-has-another-code",
    "A bulk item with a task of another server fails with forbidden instead of not_your_task.",
    "bulk-foreign",
    operations=(_BULK,),
)
def _other_code() -> None:
    def change(results: list[Json]) -> list[Json]:
        return [{**result, "error": "forbidden"} if "error" in result else result for result in results]

    _results(change)


@broken(
    "bulk-unknown-is-said-to-be-foreign",
    "A bulk item with an unknown task fails with not_your_task instead of not_found.",
    "bulk-results",
    "not-found",
    "bulk",
    operations=(_BULK,),
)
def _unknown_is_foreign() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            answer = original(world, server, call)
            for result in answer["results"]:
                if result["link_id"].lower() not in world.tasks:
                    result["error"] = "not_your_task"
            return answer

        return handle

    replace_handler(_BULK, wrap)


# What the update does


@broken(
    "bulk-is-lost",
    "A bulk update changes no task, and says that it changed all.",
    "bulk",
    "bulk-results",
    operations=(_BULK,),
)
def _lost() -> None:
    replace_handler(_BULK, lambda original: lambda world, server, call: _say_done(call))


@broken(
    "bulk-loses-the-last-item",
    "A bulk update does not change the task of its last item, and says that it did.",
    "bulk",
    "bulk-results",
    operations=(_BULK,),
)
def _last_lost() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            if len(call.body["items"]) > 1:
                head = original(world, server, with_body(call, items=call.body["items"][:-1]))
                last = {"link_id": call.body["items"][-1]["link_id"], "success": True}
                return _counted([*head["results"], last])
            return original(world, server, call)

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-loses-the-links",
    "A bulk update does not store the links.",
    "bulk",
    "update-links",
    "bulk-results",
    operations=(_BULK,),
)
def _no_links() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            kept = ("link_id", "status", "error_message")
            items = [{name: item[name] for name in kept if name in item} for item in call.body["items"]]
            return original(world, server, with_body(call, items=items))

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-gives-all-the-first-status",
    "A bulk update gives all tasks the status of the first item.",
    "bulk",
    "bulk-results",
    operations=(_BULK,),
)
def _first_status() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            first = {name: value for name, value in call.body["items"][0].items() if name == "status"}
            items = [{**item, **first} for item in call.body["items"]]
            return original(world, server, with_body(call, items=items))

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-is-all-or-nothing",
    "If one item of a bulk update fails, all items fail.",
    "bulk-foreign",
    "bulk-results",
    "bulk",
    operations=(_BULK,),
)
def _all_or_nothing() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            if not _has_bad_item(world, server, call):
                return original(world, server, call)
            ids = [item["link_id"] for item in call.body["items"]]
            return _counted(
                [{"link_id": link_id, "success": False, "error": "not_your_task"} for link_id in ids]
            )

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-is-refused-as-a-whole-for-a-foreign-item",
    "A bulk update with one task of another server is refused with 403 as a whole.",
    "bulk-foreign",
    "bulk-results",
    "bulk",
    operations=(_BULK,),
)
def _whole_refused() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            if _has_bad_item(world, server, call):
                raise NotYourTaskError("one of the tasks belongs to another server")
            return original(world, server, call)

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-stops-at-the-first-failure",
    "A bulk update leaves out all items after the first one that failed.",
    "bulk-results",
    "bulk-counts",
    "bulk-foreign",
    "bulk",
    operations=(_BULK,),
)
def _stops() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            done: list[Json] = []
            for item in call.body["items"]:
                done += original(world, server, _with_one_item(call, item))["results"]
                if not done[-1]["success"]:
                    break
            return _counted(done)

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-updates-foreign-tasks",
    "A bulk update changes tasks of other servers.",
    "bulk-foreign",
    "update-own-only",
    operations=(_BULK,),
)
def _foreign() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            done: list[Json] = []
            for item in call.body["items"]:
                task = world.tasks.get(item["link_id"].lower())
                owner = world.server(task.server) if task is not None else server
                done += original(world, owner, _with_one_item(call, item))["results"]
            return _counted(done)

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-updates-foreign-tasks-and-says-it-did-not",
    "A bulk update changes the status of tasks of other servers, and says that it did not.",
    "bulk-foreign",
    "update-own-only",
    operations=(_BULK,),
)
def _foreign_silently() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            for item in call.body["items"]:
                task = world.tasks.get(item["link_id"].lower())
                if task is not None and task.server != server.name and "status" in item:
                    world.change_task(task, {"status": item["status"]})
            return original(world, server, call)

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-takes-unknown-tasks-for-done",
    "A bulk item with an unknown task succeeds.",
    "bulk-results",
    "not-found",
    "bulk",
    operations=(_BULK,),
)
def _unknown_done() -> None:
    def wrap(original: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            results = original(world, server, call)["results"]
            return _counted(
                [
                    result
                    if result["link_id"].lower() in world.tasks
                    else {"link_id": result["link_id"], "success": True}
                    for result in results
                ]
            )

        return handle

    replace_handler(_BULK, wrap)


@broken(
    "bulk-is-taken-for-a-task-of-that-name",
    "A bulk update is refused with 404, as an update of a task with the name bulk.",
    "bulk",
    operations=(_BULK,),
)
def _named_bulk() -> None:
    def wrap(_sound: Handler) -> Handler:
        def handle(world: World, server: Server, call: Call) -> Json:
            raise NotFoundError("there is no task bulk")

        return handle

    replace_handler(_BULK, wrap)
