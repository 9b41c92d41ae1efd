"""Legal variants: other choices where the page is silent. Chosen by SERVER_VARIANTS=a,b,c."""

import os
from dataclasses import dataclass

CHOSEN = frozenset(name.strip() for name in os.environ.get("SERVER_VARIANTS", "").split(",") if name.strip())


def variant(name: str) -> bool:
    return name in CHOSEN


@dataclass(frozen=True)
class Variant:
    name: str
    what: str
    defence: str
    group: str = ""  # variants of one group exclude each other


VARIANTS = [
    # types and bodies
    Variant("strict-types", "JSON types are not converted: \"45.5\" for a float, 1 or \"yes\" for a bool is 400",
            "The tables name a type for each field; the page does not promise any conversion", "conversion"),
    Variant("numbers-as-text", "A number given for a text field is taken as its text",
            "The page does not say what a wrong type does; many stacks convert", "conversion"),
    Variant("unknown-fields-refused", "A body with a field that is not in the page's table is 400",
            "400 is for an invalid request, and the tables are the full list of fields"),
    Variant("missing-body-is-empty", "An absent body is read as {}",
            "Common body parsers give {} for no body; no update field is marked as required"),
    Variant("null-refused", "An explicit null in a body is 400",
            "The tables say string, float, int, bool; null is none of them", "nulls"),
    Variant("null-clears", "An explicit null clears the field (link to \"\", text to null); null status is ignored",
            "The page does not say what null means; JSON merge patch reads it so", "nulls"),
    Variant("nul-refused", "Text that holds U+0000 is 400",
            "PostgreSQL cannot store it, so many teams refuse it; 400 is for invalid requests"),
    Variant("links-checked", "link_profile and link_post must be http(s) URLs or empty, else 400",
            "The table calls them URLs"),
    Variant("link-length-2048", "link_profile and link_post over 2048 characters are 400",
            "The page states no length; 2048 is a usual limit for URLs"),
    Variant("content-type-optional", "A JSON body without a Content-Type header is read all the same",
            "The page only requires X-API-Key"),
    # the list
    Variant("order-newest-first", "The list is ordered newest first", "The page states no order", "order"),
    Variant("order-by-id", "The list is ordered by id", "The page states no order; `after` is an id", "order"),
    Variant("order-by-price", "The list is ordered by auction_price, highest first, then oldest first",
            "The page states no order; the price is an auction's", "order"),
    Variant("empty-status-all", "status= (empty) lists all statuses",
            "The default is for an absent parameter; an empty filter filters nothing", "empty-status"),
    Variant("empty-status-400", "status= (empty) is 400", "An empty status is no status", "empty-status"),
    Variant("unknown-status-empty", "An unknown status in the filter matches nothing (200) instead of 400",
            "It is a filter: the page does not call it validated"),
    Variant("status-repeat-union", "status=a&status=b means a,b (otherwise the last one counts)",
            "The page does not say what a repeated parameter does"),
    Variant("bad-page-default", "A bad page or limit (0, -1, abc, over 1000) falls back to its default instead of 400",
            "The page gives defaults and does not say when 400 is due"),
    Variant("limit-clamped", "A limit over 1000 is read as 1000 instead of 400",
            "The page says at most 1000, not what happens beyond"),
    Variant("page-and-cursor-refused", "page together with after is 400 (otherwise after wins)",
            "The page has two kinds of paging and does not mix them"),
    Variant("unknown-cursor-empty", "An unknown `after` gives an empty page instead of 400",
            "Nothing follows an id that does not exist", "cursor"),
    Variant("unknown-cursor-restart", "An unknown `after` lists from the start instead of 400",
            "The cursor's task may be gone; starting again loses nothing", "cursor"),
    Variant("next-cursor-null-at-end", "next_cursor is null on the last page",
            "The page does not say how a list ends; null for no more is usual"),
    Variant("cursor-total-remaining", "With after, total counts the tasks that follow the cursor",
            "The page does not say what total means with a cursor"),
    Variant("cursor-page-null", "With after, page is null", "There is no page number in cursor paging"),
    Variant("unknown-query-refused", "An unknown query parameter is 400", "The table is the full list of parameters"),
    Variant("extra-task-fields", "Tasks have more fields: server_id, account_id, error_message, note, is_indexed, "
            "completed_at, request_status, request_created_links", "Clients must ignore fields that they do not know"),
    Variant("extra-envelope", "The list has success, has_more and server_time too",
            "The other answers have success; more fields harm nobody"),
    Variant("null-for-absent", "An empty link_profile or link_post is null in the list",
            "The example shows \"\" for one task and null for details; the page does not say when which is used"),
    Variant("price-as-float", "auction_price is written 100.0", "JSON has only one kind of number"),
    Variant("details-carries-error", "details shows the task's error_message",
            "The page does not say what details holds"),
    # writing of answers
    Variant("time-milliseconds", "Times have milliseconds: 2025-12-01T10:00:00.000Z", "ISO 8601, as JavaScript writes it",
            "fraction"),
    Variant("time-microseconds", "Times have microseconds: 2025-12-01T10:00:00.000000Z", "ISO 8601, as Python writes it",
            "fraction"),
    Variant("time-offset", "Times end with +00:00 instead of Z", "ISO 8601, the same moment"),
    Variant("upper-case-ids", "Ids are written in upper case (bulk results repeat link_id as the client wrote it)",
            "UUIDs are equal whatever their case; SQL Server writes them so"),
    Variant("ascii-json", "Non-ASCII text is written as \\uXXXX", "The same JSON value"),
    Variant("pretty-json", "JSON is indented", "The page shows it so"),
    Variant("charset-in-content-type", "Content-Type is application/json; charset=utf-8", "A usual default of many stacks"),
    Variant("gzip", "Answers are compressed when the client accepts gzip", "Content negotiation of HTTP"),
    Variant("request-id-header", "Answers have an X-Request-ID header", "More headers harm nobody"),
    Variant("www-authenticate", "401 has a WWW-Authenticate header", "HTTP asks for it"),
    Variant("error-more-fields", "Errors have message, details and timestamp too", "The page does not show an error's body",
            "error"),
    Variant("error-nested", "Errors are {success, error: {code, message}}", "The page does not show an error's body",
            "error"),
    Variant("error-detail", "Errors are {detail: code}, FastAPI's habit", "The page does not show an error's body", "error"),
    Variant("error-problem", "Errors are application/problem+json (RFC 9457)", "The page does not show an error's body",
            "error"),
    # connections and paths
    Variant("idle-close-1s", "Idle connections are closed after one second", "HTTP allows it; proxies do it"),
    Variant("connection-close", "Each connection serves one call", "HTTP allows it"),
    Variant("slash-404", "A path with a slash at the end is 404 instead of a redirect", "The page has no such path"),
    Variant("auth-first", "The key is checked before path and body: 401 for an unknown path or malformed JSON too",
            "All endpoints require the header"),
    Variant("bad-id-404", "An id that is not a UUID is 404 instead of 400", "No resource has such an id"),
    # heartbeat
    Variant("health-fields-required", "A heartbeat must have all seven fields, else 400",
            "The table lists them without calling any optional"),
    Variant("health-echo-name", "The heartbeat's server_name becomes the server's name, and is answered",
            "The page calls it the server's name and shows the same name in the answer"),
    Variant("health-percent-range", "A percentage over 100 is 400", "The table calls them percentages"),
    Variant("ip-checked", "ip must be an IPv4 or IPv6 address, else 400", "The table calls it an IP address"),
    # updates
    Variant("empty-update-400", "An update of a task with no field to change is 400",
            "The page does not say whether an empty update is valid"),
    Variant("noop-updated-false", "updated is false when nothing differs from before",
            "The page does not say what updated means; a count of changed rows gives this"),
    Variant("flow-strict", "A status may only take one step of the flow (or stay), else 400, per item in bulk; "
            "/callback/link/complete is exempt", "The page has a section about the flow", "flow"),
    Variant("flow-forward", "A status may skip forward in the flow but not go back, else 400, per item in bulk; "
            "/callback/link/complete is exempt", "The page has a section about the flow; its own curl completes tasks", "flow"),
    Variant("max-retries-enforced", "failed to pending is 400 when retry_count has reached max_retries",
            "That is what max_retries suggests"),
    Variant("started-at-untouched", "started_at is not set when a task becomes running",
            "The page does not say who sets started_at"),
    Variant("retry-count-untouched", "retry_count does not grow when a task goes from failed to pending",
            "The page does not say who counts"),
    Variant("put-completed-counts", "PUT and /callback/link/update with status completed add to created_links too",
            "The page only says so of /callback/link/complete, but the link exists all the same"),
    Variant("bulk-item-errors", "A bad item in bulk fails alone (error invalid_item) instead of 400 for the whole batch",
            "The answer has one result for each item", "bulk-items"),
    Variant("bulk-bad-id-400", "A link_id in bulk that is not a UUID is 400 for the whole batch (otherwise its item fails)",
            "Batches are checked before they are applied", "bulk-items"),
    Variant("bulk-duplicates-refused", "The same link_id twice in a batch is 400 (otherwise applied in order)",
            "The page does not say what a duplicate does"),
    Variant("bulk-207", "A batch with a failed item is answered with 207", "HTTP's Multi-Status; the page names no success code"),
    Variant("empty-batch-ok", "Empty items or logs are 200 with zero counts instead of 400", "The page only states a maximum"),
    Variant("logs-201", "POST /logs is 201", "Logs are created; the page names no success code"),
    Variant("log-level-any-case", "A log's level may be in any case", "The page does not say that case counts"),
    Variant("log-level-default", "A log without level is INFO instead of 400", "The page marks no log field as required"),
    # callbacks
    Variant("complete-twice-400", "Completing a completed link is 400", "The flow has no step out of completed", "complete"),
    Variant("complete-again-counts", "Completing a completed link adds to created_links again",
            "The page says that the call adds to created_links, and names no exception", "complete"),
    Variant("callback-short-answer", "Callbacks answer {success: true} only", "The page does not show their answers",
            "callback"),
    Variant("callback-full-task", "Link callbacks answer with the task as in the list in data",
            "The page does not show their answers", "callback"),
    Variant("request-status-listed", "A request's status must be one of a list "
            "(pending, queued, running, processing, active, paused, completed, failed, canceled), else 400",
            "The page does not list them; a team would"),
    Variant("account-status-listed", "An account's status must be one of a list "
            "(active, inactive, pending, suspended, banned, error, disabled), else 400",
            "The page does not list them; a team would"),
    Variant("own-requests-only", "A request can only be changed by a server that has a task of it, else 403 not_your_task",
            "The page limits servers to their own tasks; a request is reached through them"),
    Variant("own-accounts-only", "An account can only be changed by a server that has a task of it, else 403 not_your_task",
            "The page limits servers to their own tasks; an account is reached through them"),
]


def excludes(one: Variant) -> list[str]:
    return [other.name for other in VARIANTS if one.group and other.group == one.group and other is not one]


def problem() -> str | None:
    """What is wrong with SERVER_VARIANTS, if anything."""
    known = {one.name: one for one in VARIANTS}
    for name in sorted(CHOSEN):
        if name not in known:
            return f"unknown variant: {name}"
        clash = CHOSEN.intersection(excludes(known[name]))
        if clash:
            return f"variant {name} excludes {', '.join(sorted(clash))}"
    return None
