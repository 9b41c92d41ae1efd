"""Legal variants: other readings where the page is silent. SERVER_VARIANTS=a,b,c turns them on."""

import os
from typing import NamedTuple


class Variant(NamedTuple):
    name: str
    what: str
    defence: str
    excludes: tuple = ()


V = Variant
VARIANTS = [
    # input
    V("strict-types", "JSON values must already have the type of the table; \"5\" is no int, 5 is no string.", "The tables name types; nothing says that they are converted."),
    V("unknown-fields-refused", "A body with a field that the page does not name gets 400.", "The tables list the fields; refusing others catches typing errors."),
    V("null-means-absent", "A null for an optional field is read as if the field were not sent.", "Many client libraries write null for unset fields; the page does not speak of null."),
    V("empty-body-refused", "A request that must carry a body and has none gets 400, where default is to read {}.", "Every POST and PUT of the page has a request body.", ()),
    V("empty-update-refused", "An update that names no field to change gets 400.", "An update without content is most likely a client's mistake."),
    V("blank-links-refused", "An empty link_profile or link_post gets 400.", "The table says URL; an empty string is none."),
    V("links-checked", "link_profile and link_post must start with http:// or https:// (or be empty).", "The table says URL."),
    V("links-max-2048", "link_profile and link_post over 2048 characters get 400.", "No length is given; 2048 is a usual limit of URLs."),
    V("any-content-type", "A body is read as JSON whatever its Content-Type.", "The API only speaks JSON.", ("media-type-400",)),
    V("media-type-400", "A wrong Content-Type gets 400 where the default is 415.", "The error table has 400 and no 415.", ("any-content-type",)),
    V("accept-ignored", "The Accept header is ignored where the default answers 406.", "The API only speaks JSON; the error table has no 406."),
    V("trailing-slash-too", "Every path also works with a slash at its end.", "Usual kindness of Django services; the page does not forbid it."),
    # list
    V("order-newest-first", "Tasks come newest first.", "The page gives no order.", ("order-by-id",)),
    V("order-by-id", "Tasks come by id.", "The page gives no order; the cursor is an id.", ("order-newest-first",)),
    V("empty-status-all", "An empty status= means every status.", "An empty filter filters nothing.", ("empty-status-400",)),
    V("empty-status-400", "An empty status= gets 400.", "The empty string is no status.", ("empty-status-all",)),
    V("unknown-status-empty", "A status filter with an unknown name is no error; it matches nothing.", "A filter that nothing meets gives an empty list."),
    V("repeated-status-union", "status=a&status=b is read as status=a,b; by default the last one wins.", "Both forms of lists in a query are common; the page only shows one value in the URL."),
    V("bad-paging-defaults", "page or limit that is no positive number is replaced with its default instead of 400.", "The default of Django REST Framework for page sizes.", ()),
    V("big-limit-refused", "limit over 1000 gets 400 instead of being cut to 1000.", "The table says at most 1000; more is a bad request."),
    V("page-past-end-404", "A page after the last one gets 404 instead of an empty list (page 1 is never 404).", "The default of Django REST Framework."),
    V("unknown-query-refused", "An unknown query parameter gets 400.", "The table lists the parameters."),
    V("cursor-always", "next_cursor is the id of the last item also on the last page; null only if the page is empty.", "The example calls it uuid-of-last-item.", ("cursor-omitted-at-end",)),
    V("cursor-omitted-at-end", "next_cursor is left out where there is no next page, instead of null.", "The page does not show a last page.", ("cursor-always",)),
    V("cursor-page-null", "With after= the answer's page is null.", "In cursor pagination there is no page number."),
    V("unknown-cursor-404", "after= with an unknown id gets 404 instead of 400.", "404: resource not found.", ("unknown-cursor-first-page",)),
    V("unknown-cursor-first-page", "after= with an unknown id starts at the beginning instead of 400.", "The task may have been deleted; a worker then starts anew.", ("unknown-cursor-404",)),
    V("extra-task-fields", "Tasks also have account_id, error_message, note, is_indexed, completed_at and updated_at.", "The example does not say that it is complete."),
    V("price-float", "auction_price is written 100.0.", "The same JSON number."),
    # formats
    V("time-microseconds", "Times always have six digits after the second.", "ISO 8601 as in the example; precision is not fixed."),
    V("time-offset", "Times end in +00:00 instead of Z.", "ISO 8601 and RFC 3339 allow both.", ("time-hanoi",)),
    V("time-hanoi", "Times are given in +07:00, with this offset.", "The same instants, unambiguous.", ("time-offset",)),
    V("upper-case-ids", "UUIDs are written in upper case (and read in both).", "UUIDs are the same in both cases."),
    V("ascii-json", "Characters outside ASCII are written as \\u escapes.", "The same JSON."),
    V("pretty-json", "JSON is indented.", "The same JSON; the page's examples are indented."),
    V("charset-in-type", "Content-Type is application/json; charset=utf-8.", "Common in many stacks."),
    V("gzip-answers", "Answers are compressed if the client accepts gzip.", "Plain HTTP content negotiation."),
    V("etag-answers", "GET answers carry an ETag; If-None-Match may get 304.", "Plain HTTP caching, only if the client asks."),
    V("chunked-answers", "Answers come with Transfer-Encoding: chunked and no Content-Length.", "Plain HTTP/1.1."),
    V("idle-closed-soon", "Idle connections are closed after about 2 seconds.", "A server may close idle connections at any time."),
    # updates
    V("malformed-id-400", "An id in the path that is no UUID gets 400 instead of 404.", "A malformed id is a bad request."),
    V("validate-first", "The body is checked before the task is looked up, so a bad body wins over 403 and 404.", "The page gives no order of the checks."),
    V("flow-enforced", "A status may only move along the page's flow (same status is fine; cancel from any unfinished state); others get 400. link/complete always works.", "The page has a section Task Status Flow."),
    V("final-states-closed", "A completed or canceled task cannot change its status by an update (400).", "In the flow no arrow leaves these states."),
    V("retry-counted", "failed to pending adds one to retry_count.", "The flow calls this step a retry, and tasks have retry_count."),
    V("complete-once", "link/complete of a task that is completed gets 400.", "Completing twice is a client's mistake; the page does not say."),
    # batches
    V("bulk-errors-per-item", "A malformed item in a bulk update fails alone (validation_error) instead of 400 for the whole batch.", "The answer has an error for each item."),
    V("bulk-error-null", "Results of good items have \"error\": null.", "One shape for all results."),
    V("bulk-duplicates-refused", "The same link_id twice in one bulk update gets 400.", "Two results for one task would be ambiguous."),
    V("empty-batch-refused", "Empty items or logs get 400.", "An empty batch is most likely a client's mistake."),
    V("bad-logs-skipped", "Malformed log entries are left out, the others stored and counted.", "Logs should not be lost for one bad neighbour; the answer counts what was created."),
    V("level-any-case", "Log levels are read in any case.", "Log libraries differ in the case of level names."),
    V("blank-message-allowed", "A log message may be empty.", "An empty line is a string too."),
    V("logs-201", "POST /logs answers 201.", "It creates entries; the page gives no success code."),
    # health
    V("percent-range-checked", "CPU, RAM and disk percentages must lie in 0 to 100.", "The table says %."),
    V("health-fields-required", "All seven fields of a heartbeat must be sent.", "The table lists them and calls none optional."),
    V("health-echoes-name", "The answer's server_name is the one that was sent (if any).", "The example shows the sent name."),
    V("ip-any-text", "ip is not checked to be an address.", "The table says string."),
    # callbacks
    V("request-must-be-mine", "request/status gets 403 if the server has no task of this request.", "A server should only report on its own work."),
    V("request-status-choices", "A request's status must be one of pending, queued, running, processing, active, paused, completed, failed, canceled.", "A status is an enumeration."),
    V("account-status-choices", "An account's status must be one of active, inactive, pending, banned, blocked, locked, error, dead.", "A status is an enumeration."),
    V("callback-full-bodies", "Callback answers also show the new state (status, completed_at, created_links).", "The page gives no answer of the callbacks."),
    # errors
    V("error-detail-only", "Error bodies are {\"detail\": ...}.", "The default of Django REST Framework; the page gives no error body.", ("error-object",)),
    V("error-object", "Error bodies are {\"success\": false, \"error\": {\"code\", \"message\"}}.", "The page gives no error body.", ("error-detail-only",)),
    V("error-extra-fields", "Error bodies also have status, trace_id and timestamp.", "The page gives no error body."),
    V("error-vietnamese", "Error messages are in Vietnamese.", "So is the page."),
]

NAMES = {v.name for v in VARIANTS}
ACTIVE = {name for name in os.environ.get("SERVER_VARIANTS", "").split(",") if name}

if ACTIVE - NAMES:
    raise SystemExit(f"unknown variants: {', '.join(sorted(ACTIVE - NAMES))}")
for _v in VARIANTS:
    if _v.name in ACTIVE and ACTIVE & set(_v.excludes):
        raise SystemExit(f"variant {_v.name} excludes {', '.join(sorted(ACTIVE & set(_v.excludes)))}")


def variant(name):
    assert name in NAMES, name
    return name in ACTIVE
