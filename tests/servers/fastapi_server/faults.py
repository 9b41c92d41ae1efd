"""Planted faults. Chosen by SERVER_FAULT=name, one at a time; the code asks fault(name) at the place of the bug."""

import os
from dataclasses import dataclass

CHOSEN = os.environ.get("SERVER_FAULT", "").strip()


def fault(name: str) -> bool:
    return name == CHOSEN


@dataclass(frozen=True)
class Fault:
    name: str
    operation: str
    what: str
    page: str  # the sentence or row of the page that it breaks
    how: str  # what a client does and sees
    visible: bool = True


LIST = "GET /tasks"
PUT = "PUT /tasks/:id"
BULK = "PUT /tasks/bulk"
HEALTH = "POST /health"
LOGS = "POST /logs"
UPDATE = "POST /callback/link/update"
COMPLETE = "POST /callback/link/complete"
REQUEST = "POST /callback/request/status"
ACCOUNT = "POST /callback/account/status"
ALL = "all"

_ASSIGNED = "Lấy tasks được giao cho server."
_STATUS = "status | pending,queued | Lọc theo status |"
_SERVICE = "service_type | - | Lọc theo loại service |"
_PAGE = "page | 1 | Trang (offset pagination) |"
_LIMIT = "limit | 100 | Số lượng (tối đa 1000) |"
_AFTER = "after | - | ID cuối trang trước (cursor pagination) |"
_OWN = "Server chỉ có thể cập nhật task được gán cho mình."
_E400 = "| 400 | Request không hợp lệ |"
_E401 = "| 401 | API key không hợp lệ hoặc server không active |"
_E403 = "| 403 | Task không thuộc server này (not_your_task) |"
_E404 = "| 404 | Không tìm thấy resource |"
_KEY = "Tất cả endpoints yêu cầu header:"
_ACTIVE = "Server phải có trạng thái online hoặc active để hoạt động."
_PUT = "Cập nhật trạng thái và kết quả của một task."
_STATUSES = "status | string | pending, queued, running, completed, failed, canceled |"
_PROFILE = "link_profile | string | URL profile đã tạo |"
_POST = "link_post | string | URL bài đăng đã tạo |"
_ERROR = "error_message | string | Thông báo lỗi (khi failed) |"
_BULK = "Cập nhật tối đa 500 tasks cùng lúc."
_LOGS = "Gửi batch log từ worker server (tối đa 500 log entries)."
_LEVELS = "Log Levels: INFO, WARN, ERROR, DEBUG"
_COMPLETE = "Tự động set status=completed, completed_at=now, tăng created_links trên request."

FAULTS = [
    # ---- the list's filter
    Fault("default-status-pending-only", LIST, "The default filter lacks queued", _STATUS,
          "GET without status: no queued task, though status=queued lists some"),
    Fault("default-status-all", LIST, "Without status all statuses are listed", _STATUS,
          "GET without status: tasks that are neither pending nor queued"),
    Fault("status-first-only", LIST, "Only the first status of a list is used", _STATUS,
          "GET status=running,failed: only running ones, though status=failed lists some"),
    Fault("list-status-canceled-refused", LIST, "The filter does not know canceled", _STATUS, "GET status=canceled is 400"),
    Fault("completed-never-listed", LIST, "Completed tasks are always left out of the list", _STATUS,
          "GET status=completed is empty although a task was just completed by PUT"),
    Fault("service-type-ignored", LIST, "service_type does not filter", _SERVICE,
          "GET service_type=X lists tasks of another service_type"),
    Fault("cursor-ignores-service-type", LIST, "service_type does not filter when after is given", _SERVICE,
          "GET service_type=X&after=ID lists tasks of another service_type"),
    Fault("cursor-ignores-status", LIST, "status does not filter when after is given", _STATUS,
          "GET status=running&after=ID lists tasks of another status"),
    Fault("list-all-servers", LIST, "All servers' tasks are listed", _ASSIGNED,
          "The lists of two servers have tasks in common"),
    Fault("cursor-all-servers", LIST, "All servers' tasks are listed when after is given", _ASSIGNED,
          "GET after=ID lists a task that PUT answers with 403"),
    # ---- pages
    Fault("page-ignored", LIST, "page has no effect", _PAGE, "page=1 and page=2 have the same tasks"),
    Fault("page-zero-based", LIST, "page 1 is the second page", _PAGE, "The pages from 1 on have fewer tasks than total says"),
    Fault("page-overlaps", LIST, "The offset is one short for each page", _PAGE,
          "The last task of page=1 is the first of page=2"),
    Fault("page-skips-one", LIST, "The offset is one too much for each page", _PAGE,
          "The pages together lack tasks: one between each two pages"),
    Fault("page-echo-one", LIST, "The answer's page is always 1", "\"page\": 1,", "GET page=2 answers page 1"),
    Fault("order-random", LIST, "The rows come in no order", _PAGE,
          "The pages together repeat some tasks and lack others"),
    Fault("limit-ignored", LIST, "Always 100 tasks a page", _LIMIT, "GET limit=5 has more than 5 tasks"),
    Fault("limit-plus-one", LIST, "The look-ahead row is answered too", _LIMIT, "GET limit=5 has 6 tasks"),
    Fault("limit-default-50", LIST, "The default limit is 50", _LIMIT, "GET without limit: 50 tasks and limit 50"),
    Fault("limit-uncapped", LIST, "A limit over 1000 is used", _LIMIT, "GET limit=5000 is 200 and answers limit 5000"),
    Fault("limit-capped-100", LIST, "A limit over 100 is read as 100", _LIMIT,
          "GET limit=150 has 100 tasks although total is more"),
    Fault("limit-1000-refused", LIST, "limit=1000 is refused, 999 is accepted", _LIMIT, "GET limit=1000 is 400"),
    Fault("bad-page-500", LIST, "page or limit that is no number crashes", _E400, "GET page=abc is 500"),
    Fault("total-of-page", LIST, "total counts the tasks of the page", "\"total\": 50,",
          "GET limit=5: total is 5 although there are more pages"),
    Fault("total-ignores-filter", LIST, "total counts all the server's tasks whatever the filter", "\"total\": 50,",
          "GET status=running&limit=1000: total is more than the tasks listed"),
    Fault("total-all-servers", LIST, "total counts the tasks of all servers", "\"total\": 50,",
          "GET limit=1000: total is more than the tasks listed"),
    # ---- cursor
    Fault("cursor-inclusive", LIST, "The cursor's task is listed again", _AFTER, "GET after=ID starts with ID itself"),
    Fault("cursor-skips-one", LIST, "The first task after the cursor is skipped", _AFTER,
          "The walk by cursor has fewer tasks than total"),
    Fault("cursor-compares-ids", LIST, "The cursor compares ids while the list is ordered by time", _AFTER,
          "The walk by cursor repeats tasks or lacks some"),
    Fault("cursor-lost-when-updated", LIST, "The cursor only works while its task matches the filter", _AFTER,
          "Take a page, complete its last task, go on with after=ID: an error or an empty page although tasks are left"),
    Fault("next-cursor-first-item", LIST, "next_cursor is the page's first task", "\"next_cursor\": \"uuid-of-last-item\"",
          "next_cursor is not the id of the last task of data"),
    Fault("next-cursor-missing", LIST, "next_cursor is always null", "\"next_cursor\": \"uuid-of-last-item\"",
          "next_cursor is null although more tasks follow"),
    # ---- what the list shows
    Fault("list-server-id-first", LIST, "server_id is that of the first server", "\"server_id\": \"uuid\",",
          "Two servers' lists have the same server_id; it differs from the one of /health"),
    Fault("list-cached", LIST, "The list is cached for three seconds and not renewed by updates", _STATUS,
          "List, PUT a task to completed, list again: it is still there as pending"),
    Fault("list-cache-shared", LIST, "The cached list does not depend on the server", _ASSIGNED,
          "Two servers ask for the same list within three seconds: the second gets the first one's tasks and server_id"),
    Fault("worker-global", ALL, "The calling server is kept in a global variable", _ASSIGNED,
          "Many lists at once with two keys: some have the other server's server_id"),
    Fault("list-content-type-text", LIST, "The list is sent as text/plain", "2. GET /tasks — Lấy danh sách tasks",
          "Content-Type is not JSON's although the body is JSON as shown"),
    Fault("price-as-text", LIST, "auction_price is text", "\"auction_price\": 100,", "auction_price is \"100\""),
    Fault("price-rounded", LIST, "auction_price loses its fraction", "\"auction_price\": 100,",
          "Not seen without knowing the stored price (99.5 in the example data is shown as 99)", False),
    Fault("retry-count-as-text", LIST, "retry_count is text", "\"retry_count\": 0,", "retry_count is \"0\""),
    Fault("details-none-text", LIST, "An absent details is the text None", "\"details\": null,", "details is \"None\""),
    Fault("started-at-empty-text", LIST, "An absent started_at is empty text", "\"started_at\": null,",
          "started_at is \"\" for pending tasks"),
    Fault("password-masked", LIST, "The password is masked", "\"password\": \"pass\",", "Every task's password is ***"),
    Fault("config-missing", LIST, "Tasks have no config", "\"config\": \"{...}\"", "The key config is absent"),
    Fault("request-name-is-id", LIST, "request_name is the request's id", "\"request_name\": \"Campaign A\",",
          "request_name is equal to request_id"),
    Fault("links-swapped-in-list", LIST, "link_profile and link_post change places in the list", _PROFILE,
          "PUT link_profile, then list: it stands in link_post"),
    Fault("time-local-naive", LIST, "Times are local (+07:00) without an offset", "\"created_at\": \"2025-12-01T10:00:00Z\",",
          "created_at and server_time end with neither Z nor an offset"),
    Fault("time-local-as-utc", HEALTH, "Local time (+07:00) is labelled as UTC", "\"server_time\": \"2025-12-01T10:00:00Z\"",
          "server_time is seven hours ahead of now"),
    # ---- PUT
    Fault("put-no-owner-check", PUT, "Another server's task can be updated", _OWN, "PUT with another server's key is 200"),
    Fault("put-foreign-404", PUT, "Another server's task is 404", _E403, "PUT with another server's key is 404"),
    Fault("put-missing-500", PUT, "An unknown id crashes", _E404, "PUT of a random UUID is 500"),
    Fault("put-not-committed", PUT, "The transaction is rolled back", _PUT, "PUT is 200, the list shows the old status"),
    Fault("commit-after-answer", PUT, "The update is applied half a second after the answer", _PUT,
          "PUT is 200, a list at once shows the old status, a second later the new one"),
    Fault("lost-update", PUT, "The whole row is read and written back in another transaction", _PUT,
          "PUT link_profile and PUT link_post of one task at once: one of the two is lost"),
    Fault("db-locked-500", PUT, "Writers do not wait for each other", _PUT, "Eight PUTs of different tasks at once: some are 500"),
    Fault("pool-exhausted", PUT, "A connection leaks with each refused update", _E403,
          "Five PUTs of another server's task, then every call is 500"),
    Fault("put-link-post-ignored", PUT, "link_post is not stored", _POST, "PUT link_post, the list shows the old one"),
    Fault("put-link-profile-ignored", PUT, "link_profile is not stored", _PROFILE, "PUT link_profile, the list shows the old one"),
    Fault("put-links-swapped", PUT, "link_profile and link_post are stored in each other's place", _PROFILE,
          "PUT both; the list shows them exchanged"),
    Fault("put-status-ignored-with-links", PUT, "status is ignored when another field is given", _PUT,
          "PUT status and link_profile: the list shows the old status"),
    Fault("put-status-any", PUT, "Any text is a status", _STATUSES, "PUT status=done is 200"),
    Fault("put-status-canceled-refused", PUT, "The enumeration has cancelled instead of canceled", _STATUSES,
          "PUT status=canceled is 400"),
    Fault("put-status-queued-refused", PUT, "The enumeration lacks queued", _STATUSES, "PUT status=queued is 400"),
    Fault("canceled-stored-as-failed", PUT, "canceled is stored as failed", _STATUSES,
          "PUT status=canceled: the list shows the task as failed"),
    Fault("retry-refused", PUT, "failed to pending is refused", "→ failed → (retry) → pending", "PUT failed, PUT pending: 400"),
    Fault("queued-to-running-refused", PUT, "queued to running is refused", "pending → queued → running → completed",
          "PUT queued, PUT running: 400"),
    Fault("is-indexed-refused", PUT, "is_indexed is refused", "is_indexed | bool | Đã được index chưa |",
          "PUT is_indexed=true is 400"),
    Fault("put-updated-false", PUT, "updated is always false", "\"updated\": true,", "PUT that changes the status: updated is false"),
    Fault("put-link-id-wrong", PUT, "link_id is the request's id", "\"link_id\": \"uuid\"", "link_id differs from the id in the path"),
    Fault("put-204", PUT, "The answer is empty", "\"updated\": true,", "PUT is 204 without a body"),
    Fault("error-message-lost", PUT, "error_message is not stored", _ERROR,
          "Not seen: no answer of the page shows error_message (the variant extra-task-fields does)", False),
    Fault("note-lost", PUT, "note is not stored", "note | string | Ghi chú |",
          "Not seen: no answer of the page shows note (the variant extra-task-fields does)", False),
    # ---- text
    Fault("long-text-500", PUT, "The column holds 255 characters and a longer link crashes", _PROFILE,
          "PUT link_profile with 300 characters is 500"),
    Fault("text-cut-255", PUT, "Text is cut at 255 characters", _PROFILE, "PUT a link of 300 characters: the list shows 255"),
    Fault("text-trimmed", PUT, "Text is trimmed", _PUT, "PUT a link with a space at its end: the list shows it without"),
    Fault("text-html-escaped", PUT, "Text is HTML-escaped", _PROFILE, "PUT link_profile ...?a=1&b=2: the list shows &amp;"),
    Fault("text-lower-cased", PUT, "Text is lower-cased", _PROFILE, "PUT link_profile .../User123: the list shows .../user123"),
    Fault("text-question-marks", PUT, "Characters outside Latin-1 become ?", _PROFILE,
          "PUT link_profile with Vietnamese letters: the list shows ?"),
    Fault("text-cut-at-nul", PUT, "Text is cut at U+0000", _PROFILE, "PUT link_profile with U+0000 inside: the list shows the head"),
    Fault("emoji-500", PUT, "Text outside the basic plane crashes", _ERROR, "PUT error_message with an emoji is 500"),
    Fault("surrogate-500", PUT, "A lone surrogate crashes", _E400, "PUT link_profile \"\\ud800\" is 500"),
    # ---- errors in general
    Fault("validation-422", ALL, "Invalid requests are 422, FastAPI's default", _E400, "PUT status=nonsense is 422"),
    Fault("bad-json-500", ALL, "Malformed JSON crashes", _E400, "PUT with the body {\"status\": is 500"),
    Fault("errors-as-200", ALL, "Errors have the status 200", _E404, "PUT of a random UUID is 200 with success false"),
    # ---- bulk
    Fault("put-bulk-shadowed", BULK, "/tasks/:id is matched before /tasks/bulk", "4. PUT /tasks/bulk — Cập nhật nhiều tasks",
          "PUT /tasks/bulk is 400: bulk is no UUID"),
    Fault("bulk-no-owner-check", BULK, "Another server's task can be updated in bulk", _OWN,
          "Bulk with another server's task: success true"),
    Fault("bulk-foreign-403", BULK, "One foreign task refuses the whole batch",
          "{\"link_id\": \"uuid-2\", \"success\": false, \"error\": \"not_your_task\"}", "Bulk with one foreign task is 403"),
    Fault("bulk-foreign-error-name", BULK, "A foreign task's error is called forbidden",
          "{\"link_id\": \"uuid-2\", \"success\": false, \"error\": \"not_your_task\"}", "The item's error is not not_your_task"),
    Fault("bulk-missing-500", BULK, "An unknown link_id crashes the batch", _E404, "Bulk with a random UUID is 500"),
    Fault("bulk-link-post-ignored", BULK, "link_post is not stored in bulk", _POST, "Bulk link_post, the list shows the old one"),
    Fault("bulk-link-profile-ignored", BULK, "link_profile is not stored in bulk", _PROFILE,
          "Bulk link_profile, the list shows the old one"),
    Fault("bulk-status-any", BULK, "Any text is a status in bulk", _STATUSES, "Bulk status=done: success true"),
    Fault("bulk-status-canceled-refused", BULK, "Bulk does not know canceled", _STATUSES, "Bulk status=canceled is refused"),
    Fault("bulk-values-leak", BULK, "A field that an item lacks is taken from the item before", "4. PUT /tasks/bulk — Cập nhật nhiều tasks",
          "Bulk: first item with link_profile, second without; both tasks get it"),
    Fault("bulk-stops-at-failure", BULK, "Items after a failing one are not applied", "{\"link_id\": \"uuid-1\", \"success\": true},",
          "Bulk foreign task first, own task second: the own one fails too"),
    Fault("bulk-rolls-back", BULK, "A failing item rolls back the others, which are reported as done",
          "{\"link_id\": \"uuid-1\", \"success\": true},", "Bulk own and foreign: success true for the own one, the list shows its old status"),
    Fault("bulk-not-committed", BULK, "The batch is not committed", _BULK, "Bulk success, the list shows the old statuses"),
    Fault("bulk-last-item-dropped", BULK, "The last of several items is reported but not applied", _BULK,
          "Bulk of two: the list shows the second one's old status"),
    Fault("bulk-results-failed-only", BULK, "results only has failed items", "{\"link_id\": \"uuid-1\", \"success\": true},",
          "Bulk of two good items: results is empty"),
    Fault("bulk-failed-missing-in-results", BULK, "results lacks failed items",
          "{\"link_id\": \"uuid-2\", \"success\": false, \"error\": \"not_your_task\"}", "Bulk own and foreign: results has one entry"),
    Fault("bulk-success-counts-all", BULK, "success counts all items", "\"success\": 1,", "Bulk own and foreign: success is 2"),
    Fault("bulk-failed-always-zero", BULK, "failed is always 0", "\"failed\": 1,", "Bulk own and foreign: failed is 0"),
    Fault("bulk-total-counts-good", BULK, "total counts the items that succeeded", "\"total\": 2,", "Bulk own and foreign: total is 1"),
    Fault("bulk-limit-499", BULK, "500 items are refused", _BULK, "Bulk of 500 items is 400"),
    Fault("bulk-limit-501", BULK, "501 items are accepted", _BULK, "Bulk of 501 items is 200"),
    Fault("bulk-501-cut", BULK, "Items beyond the 500th are dropped without a word", _BULK, "Bulk of 501 items is 200 with total 500"),
    # ---- logs
    Fault("logs-limit-499", LOGS, "500 logs are refused", _LOGS, "500 logs are 400"),
    Fault("logs-limit-501", LOGS, "501 logs are accepted", _LOGS, "501 logs are 200"),
    Fault("logs-warn-refused", LOGS, "The enumeration has WARNING instead of WARN", _LEVELS, "A log of level WARN is 400"),
    Fault("logs-debug-refused", LOGS, "The enumeration lacks DEBUG", _LEVELS, "A log of level DEBUG is 400"),
    Fault("logs-level-unchecked", LOGS, "Any text is a level", _LEVELS, "A log of level LOUD is 200"),
    Fault("logs-debug-dropped", LOGS, "DEBUG logs are dropped", _LEVELS, "Logs INFO and DEBUG: created is 1"),
    Fault("logs-duplicates-dropped", LOGS, "Equal messages are stored once", "\"created\": 3", "Two equal logs: created is 1"),
    Fault("logs-created-one", LOGS, "created is always 1", "\"created\": 3", "Three logs: created is 1"),
    Fault("logs-created-off-by-one", LOGS, "created is one short", "\"created\": 3", "Three logs: created is 2"),
    Fault("logs-long-500", LOGS, "A message over 1000 characters crashes", _LOGS, "A log of 2000 characters is 500"),
    Fault("logs-emoji-500", LOGS, "A message with an emoji crashes", _LOGS, "A log with an emoji is 500"),
    Fault("logs-not-stored", LOGS, "Logs are rolled back", _LOGS, "Not seen: no endpoint shows logs", False),
    Fault("logs-auth-skipped", LOGS, "Logs need no key", _KEY, "POST /logs without a key is 200"),
    # ---- keys
    Fault("auth-no-key-first-server", ALL, "Without a key the call is the first server's", _KEY, "GET /tasks without a key is 200"),
    Fault("account-auth-skipped", ACCOUNT, "/callback/account/status needs no key", _KEY, "It is 200 without a key"),
    Fault("complete-auth-skipped", COMPLETE, "/callback/link/complete needs no key", _KEY,
          "Without a key it is not 401"),
    Fault("auth-key-prefix", ALL, "The beginning of a key is enough", _E401, "The key without its last letter is 200"),
    Fault("auth-key-any-case", ALL, "Keys are compared without regard to case", _E401,
          "The key with its letters' case exchanged is 200"),
    Fault("auth-403", ALL, "A missing or wrong key is 403", _E401, "GET /tasks without a key is 403"),
    Fault("active-refused", ALL, "Only online servers are accepted", _ACTIVE,
          "The key of a server whose status is active is 401 (needs such a server)"),
    Fault("offline-accepted", ALL, "An offline server is accepted", _ACTIVE, "GET /tasks with an offline server's key is 200"),
    Fault("offline-accepted-for-updates", PUT, "An offline server is accepted under /tasks/", _ACTIVE,
          "PUT /tasks/bulk with an offline server's key is 200"),
    Fault("offline-403", ALL, "An offline server is 403", _E401, "GET /tasks with an offline server's key is 403"),
    # ---- heartbeat
    Fault("health-status-online", HEALTH, "status is the server's status", "\"status\": \"ok\",", "data.status is online"),
    Fault("health-time-frozen", HEALTH, "server_time is the time of the start", "\"server_time\": \"2025-12-01T10:00:00Z\"",
          "Two heartbeats over a second apart have the same server_time"),
    Fault("health-content-type-html", HEALTH, "The answer is sent as text/html", "1. POST /health — Heartbeat",
          "Content-Type is not JSON's although the body is JSON as shown"),
    Fault("health-float-refused", HEALTH, "cpu_usage must be whole", "cpu_usage | float | % CPU đang dùng |",
          "A heartbeat with cpu_usage 45.5 is 400"),
    Fault("huge-int-500", HEALTH, "A whole number beyond 64 bits crashes", _E400, "A heartbeat with active_threads 10^30 is 500"),
    # ---- callbacks
    Fault("callback-old-path", UPDATE, "Callbacks are still at the old path",
          "(trước đây ở /api/v1/callback, giờ chuyển sang /api/v1/worker/callback có API key auth)",
          "POST /api/v1/worker/callback/link/update is 404"),
    Fault("callback-update-no-owner-check", UPDATE, "Another server's task can be updated by the callback", _E403,
          "The callback with another server's task is 200"),
    Fault("callback-update-foreign-404", UPDATE, "Another server's task is 404 in the callback", _E403,
          "The callback with another server's task is 404"),
    Fault("callback-update-missing-500", UPDATE, "An unknown link_id crashes", _E404, "The callback with a random UUID is 500"),
    Fault("callback-missing-200", UPDATE, "An unknown link_id is answered as done", _E404, "The callback with a random UUID is 200"),
    Fault("callback-link-id-optional", UPDATE, "link_id may be absent", "link_id | uuid | Có | ID của link |",
          "The callback without link_id is 200"),
    Fault("callback-status-required", UPDATE, "status must be given", "status | string | Không | Trạng thái mới |",
          "The callback with link_id and link_profile only is 400"),
    Fault("callback-status-any", UPDATE, "Any text is a status in the callback", _STATUSES, "The callback with status=done is 200"),
    Fault("callback-update-link-profile-ignored", UPDATE, "link_profile is not stored",
          "link_profile | string | Không | URL profile |", "The callback with link_profile; the list shows the old one"),
    Fault("callback-update-link-post-ignored", UPDATE, "link_post is not stored",
          "link_post | string | Không | URL bài đăng |", "The callback with link_post; the list shows the old one"),
    Fault("callback-update-clears", UPDATE, "Links that are not given are emptied",
          "link_profile | string | Không | URL profile |", "Set link_profile, then a callback with status only: link_profile is empty"),
    Fault("callback-update-not-committed", UPDATE, "The update is rolled back",
          "POST /callback/link/update — Cập nhật trạng thái link", "The callback is 200, the list shows the old status"),
    Fault("callback-complete-no-owner-check", COMPLETE, "Another server's task can be completed", _E403,
          "Completing another server's task is 200"),
    Fault("callback-complete-foreign-404", COMPLETE, "Another server's task is 404 when completed", _E403,
          "Completing another server's task is 404"),
    Fault("callback-complete-missing-500", COMPLETE, "An unknown link_id crashes", _E404, "Completing a random UUID is 500"),
    Fault("callback-complete-link-profile-ignored", COMPLETE, "link_profile is not stored when completing",
          "\"link_profile\": \"https://...\"", "Complete with link_profile; the list shows the old one"),
    Fault("callback-complete-link-post-ignored", COMPLETE, "link_post is not stored when completing",
          "\"link_post\": \"https://...\"", "Complete with link_post; the list shows the old one"),
    Fault("complete-status-unset", COMPLETE, "The status does not become completed", _COMPLETE,
          "Complete a pending task: the list still shows it as pending"),
    Fault("completed-at-unset", COMPLETE, "completed_at is not set", _COMPLETE,
          "Not seen: no answer of the page shows completed_at (the variant extra-task-fields does)", False),
    Fault("created-links-not-incremented", COMPLETE, "created_links does not grow", _COMPLETE,
          "Not seen: no answer of the page shows created_links (the variant extra-task-fields does)", False),
    Fault("created-links-twice", COMPLETE, "created_links grows by two", _COMPLETE,
          "Not seen: no answer of the page shows created_links (the variant extra-task-fields does)", False),
    Fault("created-links-lost-update", COMPLETE, "created_links is written from a stale value, so that later completions are lost",
          _COMPLETE, "Not seen: no answer of the page shows created_links (the variant extra-task-fields does)", False),
    Fault("request-missing-200", REQUEST, "An unknown request is answered as done", _E404, "A random request_id is 200"),
    Fault("request-missing-500", REQUEST, "An unknown request crashes", _E404, "A random request_id is 500"),
    Fault("request-status-not-committed", REQUEST, "The status is rolled back",
          "POST /callback/request/status — Cập nhật trạng thái request",
          "Not seen: no answer of the page shows a request's status (the variant extra-task-fields does)", False),
    Fault("account-missing-200", ACCOUNT, "An unknown account is answered as done", _E404, "A random account_id is 200"),
    Fault("account-missing-500", ACCOUNT, "An unknown account crashes", _E404, "A random account_id is 500"),
    Fault("account-status-all-rows", ACCOUNT, "All accounts get the status",
          "POST /callback/account/status — Cập nhật trạng thái account", "Not seen: no answer shows accounts", False),
]


def problem() -> str | None:
    """What is wrong with SERVER_FAULT, if anything."""
    if CHOSEN and CHOSEN not in {one.name for one in FAULTS}:
        return f"unknown fault: {CHOSEN}"
    return None
