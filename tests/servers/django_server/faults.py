"""Planted faults: SERVER_FAULT=name turns one on. Each breaks a line of the API's page."""

import contextlib
import html
import os
import threading
import time
from types import SimpleNamespace
from typing import NamedTuple

from django.db import OperationalError


class Fault(NamedTuple):
    name: str
    what: str
    page: str
    operation: str
    how: str
    visible: bool = True


F = Fault

HEALTH, LIST, PUT, BULK, LOGS = "POST /health", "GET /tasks", "PUT /tasks/:id", "PUT /tasks/bulk", "POST /logs"
UPDATE, COMPLETE = "POST /callback/link/update", "POST /callback/link/complete"
REQUEST, ACCOUNT, ALL = "POST /callback/request/status", "POST /callback/account/status", "all"

KEY = "Tất cả endpoints yêu cầu header:"
ACTIVE_ONLY = "Server phải có trạng thái online hoặc active để hoạt động."
E401 = "| 401 | API key không hợp lệ hoặc server không active |"
E400 = "| 400 | Request không hợp lệ |"
E403 = "| 403 | Task không thuộc server này (not_your_task) |"
E404 = "| 404 | Không tìm thấy resource |"
OWN_LIST = "Lấy tasks được giao cho server."
OWN_PUT = "Server chỉ có thể cập nhật task được gán cho mình."
SET = "Cập nhật trạng thái và kết quả của một task."
STATUSES = "status | string | pending, queued, running, completed, failed, canceled |"
PROFILE = "link_profile | string | URL profile đã tạo |"
POST = "link_post | string | URL bài đăng đã tạo |"
MESSAGE = "error_message | string | Thông báo lỗi (khi failed) |"
NOTE = "note | string | Ghi chú |"
INDEXED = "is_indexed | bool | Đã được index chưa |"
FILTER = "status | pending,queued | Lọc theo status |"
SERVICE = "service_type | - | Lọc theo loại service |"
LIMIT = "limit | 100 | Số lượng (tối đa 1000) |"
PAGE = "page | 1 | Trang (offset pagination) |"
AFTER = "after | - | ID cuối trang trước (cursor pagination) |"
TOTAL = '"total": 50,'
NEXT = '"next_cursor": "uuid-of-last-item"'
BULK_MAX = "Cập nhật tối đa 500 tasks cùng lúc."
BULK_EACH = '{"link_id": "uuid-2", "success": false, "error": "not_your_task"}'
BULK_GOOD = '{"link_id": "uuid-1", "success": true},'
LOG_MAX = "Gửi batch log từ worker server (tối đa 500 log entries)."
LEVELS = "Log Levels: INFO, WARN, ERROR, DEBUG"
CREATED = '"created": 3'
DONE = "Tự động set status=completed, completed_at=now, tăng created_links trên request."
LINK_ID = "link_id | uuid | Có | ID của link |"
CALLBACK_AUTH = "giờ chuyển sang /api/v1/worker/callback có API key auth"
HIDDEN = False

FAULTS = [
    # authentication
    F("auth-skipped-health", "The heartbeat needs no key.", KEY, HEALTH, "POST /health without X-API-Key: 200 instead of 401."),
    F("auth-skipped-logs", "Logs need no key.", KEY, LOGS, "POST /logs without X-API-Key: 200 instead of 401."),
    F("auth-skipped-request-status", "The request callback needs no key, as on the old path.", CALLBACK_AUTH, REQUEST, "POST without X-API-Key: 200 instead of 401."),
    F("auth-skipped-account-status", "The account callback needs no key, as on the old path.", CALLBACK_AUTH, ACCOUNT, "POST without X-API-Key: 200 instead of 401."),
    F("inactive-accepted", "The server's status is not looked at.", ACTIVE_ONLY, ALL, "With an offline server's key every endpoint answers 200 instead of 401."),
    F("inactive-accepted-callbacks", "Callbacks do not look at the server's status.", ACTIVE_ONLY, "POST /callback/*", "With an offline server's key request/status answers 200 (GET /tasks: 401)."),
    F("active-refused", "Only online servers may work.", ACTIVE_ONLY, ALL, "With the key of a server whose status is active: 401."),
    F("unauthenticated-403", "401 comes out as 403 (no authenticate header in DRF).", E401, ALL, "A wrong or missing key gets 403."),
    F("unauthenticated-redirect", "Without a good key one is sent to a login page.", E401, ALL, "A wrong or missing key gets 302."),
    F("no-key-500", "A missing header is a KeyError.", E401, ALL, "Any request without X-API-Key: 500."),
    F("key-prefix-enough", "The key is compared by its beginning.", E401, ALL, "The key without its last characters is accepted."),
    F("key-case-ignored", "Keys are compared in any case.", E401, ALL, "The key in swapped case is accepted (keys with letters)."),
    # heartbeat
    F("health-first-server", "The answer is that of the first server that called (kept in a global).", '"server_id": "uuid",', HEALTH, "Heartbeat of server A, then of B: B's answer has A's server_id and name."),
    F("health-time-local", "server_time is local time without offset.", '"server_time": "2025-12-01T10:00:00Z"', HEALTH, "server_time has no Z or offset and is 7 hours ahead."),
    F("health-time-frozen", "server_time is the time of the start.", '"server_time": "2025-12-01T10:00:00Z"', HEALTH, "Two heartbeats over a second apart have the same server_time."),
    F("health-unwrapped", "The answer is without success and data.", '"success": true,', HEALTH, "The answer has no success and data keys."),
    F("health-zero-refused", "A metric of 0 counts as missing.", "active_tasks | int | Số task đang xử lý |", HEALTH, "active_tasks 0 (or any other metric 0) gets 400."),
    F("health-floats-refused", "Percentages must be integers.", "cpu_usage | float | % CPU đang dùng |", HEALTH, "The page's own example (cpu_usage 45.5) gets 400."),
    F("health-ipv6-refused", "Only IPv4 addresses are taken.", "ip | string | Địa chỉ IP |", HEALTH, "ip 2001:db8::1 gets 400."),
    F("health-name-ascii-500", "server_name is encoded as ASCII.", "server_name | string | Tên server |", HEALTH, "A server_name with Vietnamese letters gets 500."),
    F("health-floats-cut", "Percentages are stored as integers.", "cpu_usage | float | % CPU đang dùng |", HEALTH, "Only in the database: cpu_usage 45.", HIDDEN),
    F("health-not-stored", "Metrics are not stored.", "Tool server gọi định kỳ để báo đang hoạt động và cập nhật metrics.", HEALTH, "Only in the database.", HIDDEN),
    # list
    F("list-all-servers", "Tasks of all servers are listed.", OWN_LIST, LIST, "Two servers get the same tasks."),
    F("list-service-type-all-servers", "With service_type the tasks of all servers are listed.", OWN_LIST, LIST, "Two servers get the same tasks with ?service_type=entity."),
    F("list-active-accounts-only", "An inner join hides tasks whose account is not active.", OWN_LIST, LIST, "After account/status \"banned\" for all accounts the list is empty."),
    F("list-retried-hidden", "Tasks with retries are not listed.", OWN_LIST, LIST, "No listed task of any status has retry_count over 0; total is less than the data has."),
    F("list-default-pending-only", "The default status filter lacks queued.", FILTER, LIST, "Without status no queued task is listed; total differs from status=pending,queued."),
    F("list-default-with-running", "The default status filter has running too.", FILTER, LIST, "Without status running tasks are listed."),
    F("list-status-first-only", "Of a list of statuses only the first is used.", FILTER, LIST, "status=pending,queued has the total of status=pending."),
    F("list-status-ignored", "The status filter is always the default.", FILTER, LIST, "status=completed lists pending tasks."),
    F("list-service-type-ignored", "service_type is not used.", SERVICE, LIST, "service_type=entity lists other types."),
    F("list-service-type-contains", "service_type is matched as a part.", SERVICE, LIST, "service_type=ent lists entity tasks."),
    F("list-limit-ignored", "Always up to 100 tasks are sent.", LIMIT, LIST, "limit=5 lists more than 5 tasks."),
    F("list-limit-max-100", "limit is cut to 100.", LIMIT, LIST, "limit=1000 with all statuses lists 100 of over 100 tasks, and limit is 100."),
    F("list-limit-default-50", "The default limit is 50.", LIMIT, LIST, "Without limit the answer's limit is 50."),
    F("list-page-zero-based", "Page 1 is the second page.", PAGE, LIST, "page=1 and no cursor lists what follows the first items: all pages together lack the first page."),
    F("list-page-overlaps", "Each later page repeats the last item of the one before.", PAGE, LIST, "page=2 has an item of page=1."),
    F("list-page-gap", "An item is lost between pages.", PAGE, LIST, "All pages together have fewer items than total."),
    F("list-order-random", "Pages have no fixed order.", PAGE, LIST, "All pages together repeat some tasks and lack others."),
    F("list-total-of-page", "total counts the page only.", TOTAL, LIST, "limit=3: total is 3."),
    F("list-total-unfiltered", "total counts tasks of every status.", TOTAL, LIST, "total is the same for each status filter, and more than all pages have."),
    F("list-total-all-servers", "total counts the tasks of all servers.", TOTAL, LIST, "total is more than all pages have."),
    F("cursor-repeats-item", "The cursor's own item comes again.", AFTER, LIST, "after=X lists X."),
    F("cursor-skips-one", "The item after the cursor is skipped.", AFTER, LIST, "Walking by cursor gives fewer items than total."),
    F("cursor-by-id-only", "The cursor compares ids though the order is by time.", AFTER, LIST, "Walking by cursor repeats and loses tasks."),
    F("cursor-ignored", "after is not used.", AFTER, LIST, "after=X lists the first page again."),
    F("cursor-needs-match", "A cursor whose task has left the filter is unknown.", AFTER, LIST, "Complete the last task of a page, then after=its id: 400."),
    F("cursor-forgets-filter", "With after the status filter is lost.", FILTER, LIST, "after=X&status=pending lists tasks of other statuses."),
    F("cursor-of-first-item", "next_cursor is the first item of the page.", NEXT, LIST, "next_cursor is not the id of the last item."),
    F("list-cached", "Lists are cached for 5 seconds.", SET, LIST, "List, update a listed task, list again: the old state."),
    F("list-cache-shared", "Lists are cached for 5 seconds by URL without the server.", OWN_LIST, LIST, "A second server gets the first server's tasks from the same URL."),
    F("list-password-masked", "Passwords are masked.", '"password": "pass",', LIST, "password is ******** in every task."),
    F("list-config-object", "config is an object.", '"config": "{...}"', LIST, "config is no string."),
    F("list-price-string", "auction_price is a string.", '"auction_price": 100,', LIST, "auction_price is \"100.00\"."),
    F("list-website-missing", "request_website is left out.", '"request_website": "https://target.com",', LIST, "Tasks lack request_website."),
    F("list-website-wrong", "request_website is the name of the site.", '"request_website": "https://target.com",', LIST, "request_website is equal to site_name."),
    F("list-links-swapped", "link_profile and link_post are swapped.", PROFILE, LIST, "After an update of link_profile the list has it in link_post."),
    F("list-time-local", "created_at and started_at are local times without offset.", '"created_at": "2025-12-01T10:00:00Z",', LIST, "created_at has no Z or offset."),
    F("list-as-html", "Content-Type of the list is text/html.", '"data": [', LIST, "Content-Type is text/html for a JSON body."),
    # single update
    F("put-owner-unchecked", "Any server may update any task.", OWN_PUT, PUT, "Another server's task: 200 instead of 403, and it changes."),
    F("put-owner-unchecked-link-post", "The owner is not checked if link_post is sent.", OWN_PUT, PUT, "Another server's task with link_post: 200 instead of 403."),
    F("put-owner-unchecked-note", "The owner is not checked if only note or is_indexed are sent.", OWN_PUT, PUT, "Another server's task with note only: 200 instead of 403."),
    F("other-server-404", "Another server's task is not found.", E403, "PUT /tasks/:id, PUT /tasks/bulk, POST /callback/link/*", "Another server's task: 404 instead of 403."),
    F("unknown-task-403", "An unknown task is not yours.", E404, "PUT /tasks/:id, POST /callback/link/*", "A random uuid: 403 instead of 404."),
    F("put-unknown-200", "An update of no row is a success.", E404, PUT, "A random uuid: 200 instead of 404."),
    F("put-not-committed", "The transaction is rolled back.", SET, PUT, "200, but the list shows the old state."),
    F("put-204", "The answer is 204 without body.", '"updated": true,', PUT, "204 and no body."),
    F("put-answers-request-id", "link_id of the answer is the request's id.", '"link_id": "uuid"', PUT, "link_id differs from the id in the path."),
    F("canceled-refused", "canceled is missing in the enumeration.", STATUSES, "all updates and the status filter", "status canceled gets 400."),
    F("cancelled-accepted", "cancelled (two l) is a status too.", STATUSES, "all updates and the status filter", "status cancelled gets 200 instead of 400."),
    F("any-status-accepted", "Any text is a status.", STATUSES, "PUT /tasks/:id, PUT /tasks/bulk, POST /callback/link/update", "status done gets 200 instead of 400."),
    F("bad-status-500", "A wrong status is only found by the database.", E400, PUT, "status done gets 500 instead of 400."),
    F("malformed-json-500", "Broken JSON is not caught.", E400, "all with body", "A body of {\"status\": gets 500."),
    F("put-odd-type-500", "Text is stripped before its type is checked.", E400, PUT, "link_profile 5 or [] gets 500."),
    F("put-array-body-500", "A body that is no object is not caught.", E400, PUT, "A body of [] gets 500."),
    F("put-link-post-lost", "link_post is not written.", POST, PUT, "After an update of link_post the list has the old one."),
    F("put-text-trimmed", "Texts are trimmed.", PROFILE, PUT, "link_profile with spaces at its end is listed without them."),
    F("put-text-truncated", "Texts are cut to 255 characters.", PROFILE, PUT, "A link_profile of 300 characters is listed with 255."),
    F("put-html-escaped", "Texts are HTML-escaped.", PROFILE, PUT, "link_profile https://e.com/?a=1&b=2 is listed with &amp;."),
    F("put-emoji-lost", "Characters beyond the BMP become ?.", PROFILE, PUT, "link_profile with an emoji is listed with ?."),
    F("put-emoji-500", "The database refuses characters beyond the BMP.", MESSAGE, PUT, "error_message with an emoji gets 500."),
    F("put-long-500", "The column is too short for texts over 1000 characters.", MESSAGE, PUT, "error_message of 1001 characters gets 500."),
    F("put-surrogate-500", "Lone surrogates reach the database.", E400, PUT, "link_profile \"\\ud800\" gets 500."),
    F("put-lost-update", "The whole row is read, changed and written without a transaction.", SET, PUT, "link_profile and link_post sent at the same time in two requests: one of them is lost."),
    F("put-locked-500", "A second writer at the same time gets database is locked.", SET, PUT, "Several updates at the same time: some get 500."),
    F("put-created-at-moves", "created_at is set by every update.", '"created_at": "2025-12-01T10:00:00Z",', PUT, "created_at differs after an update."),
    F("put-siblings-too", "The status is set on all of the server's tasks of the request.", "Cập nhật trạng thái và kết quả của một task.", PUT, "The totals by status change by more than one."),
    F("put-notes-lost", "error_message, note and is_indexed are not written.", NOTE, PUT, "Only in the database.", HIDDEN),
    F("completed-at-not-set", "completed_at is never set.", DONE, "POST /callback/link/complete", "Only in the database.", HIDDEN),
    # bulk
    F("bulk-501-accepted", "501 items are accepted.", BULK_MAX, BULK, "501 items: 200 instead of 400."),
    F("bulk-500-refused", "500 items are refused.", BULK_MAX, BULK, "500 items: 400 instead of 200."),
    F("bulk-route-shadowed", "PUT /tasks/bulk is taken by PUT /tasks/:id.", "4. PUT /tasks/bulk — Cập nhật nhiều tasks", BULK, "Always 404."),
    F("bulk-stops-at-failure", "Items after a failing one are not handled.", BULK_EACH, BULK, "Bad item first, good item second: one result, and the good item is unchanged."),
    F("bulk-rolled-back-on-failure", "A failing item takes back the others, which are reported as good.", BULK_GOOD, BULK, "Good item with success true is unchanged in the list."),
    F("bulk-403-on-failure", "A failing item makes the whole answer 403.", BULK_EACH, BULK, "One good and one foreign item: 403."),
    F("bulk-owner-unchecked", "The owner is not checked in bulk.", OWN_PUT, BULK, "Another server's task: success true."),
    F("bulk-owner-first-only", "Only the first item's owner is checked.", OWN_PUT, BULK, "Another server's task as second item: success true."),
    F("bulk-success-counts-all", "success counts all items.", '"success": 1,', BULK, "success + failed is more than total."),
    F("bulk-failed-without-unknown", "failed does not count unknown tasks.", '"failed": 1,', BULK, "An unknown id: failed is 0."),
    F("bulk-total-of-success", "total counts the good items only.", '"total": 2,', BULK, "One good and one foreign item: total is 1."),
    F("bulk-results-failed-only", "results lack the good items.", BULK_GOOD, BULK, "One good and one foreign item: one result."),
    F("bulk-error-renamed", "The error of another server's task is forbidden.", BULK_EACH, BULK, "Another server's task: error is forbidden."),
    F("bulk-failed-without-id", "link_id of failed items is null.", BULK_EACH, BULK, "Another server's task: link_id null in its result."),
    F("bulk-chunk-loses-item", "Every 100th item is reported but not written.", BULK_MAX, BULK, "Over 100 items: the 100th is unchanged in the list."),
    F("bulk-values-leak", "Fields that an item lacks are taken from the item before.", '"link_profile": "https://example.com/profile/1"', BULK, "Second item without link_profile gets the first one's."),
    F("bulk-link-post-lost", "link_post is not written in bulk.", POST, BULK, "After a bulk update of link_post the list has the old one."),
    F("bulk-error-message-lost", "error_message is not written in bulk.", MESSAGE, BULK, "Only in the database.", HIDDEN),
    # logs
    F("logs-501-accepted", "501 logs are accepted.", LOG_MAX, LOGS, "501 logs: 200 instead of 400."),
    F("logs-500-refused", "500 logs are refused.", LOG_MAX, LOGS, "500 logs: 400 instead of 200."),
    F("logs-debug-refused", "DEBUG is missing in the enumeration.", LEVELS, LOGS, "A DEBUG log gets 400."),
    F("logs-fatal-accepted", "FATAL is a level too.", LEVELS, LOGS, "A FATAL log gets 200 instead of 400."),
    F("logs-same-message-once", "Equal messages are stored once.", CREATED, LOGS, "Two equal logs: created is 1."),
    F("logs-first-100-only", "Only the first 100 logs are stored.", LOG_MAX, LOGS, "250 logs: created is 100."),
    F("logs-created-last-batch", "created is that of the last insert of 100.", CREATED, LOGS, "250 logs: created is 50."),
    F("logs-created-without-debug", "created does not count DEBUG.", CREATED, LOGS, "One INFO and one DEBUG log: created is 1."),
    F("logs-long-500", "The column is too short for messages over 1000 characters.", LOG_MAX, LOGS, "A message of 1001 characters gets 500."),
    F("logs-emoji-500", "The database refuses characters beyond the BMP.", LOG_MAX, LOGS, "A message with an emoji gets 500."),
    F("logs-surrogate-500", "Lone surrogates reach the database.", E400, LOGS, "A message \"\\ud800\" gets 500."),
    F("logs-not-stored", "Logs are counted but not stored.", LOG_MAX, LOGS, "Only in the database.", HIDDEN),
    F("logs-all-info", "Every log is stored as INFO.", LEVELS, LOGS, "Only in the database.", HIDDEN),
    # callbacks
    F("link-update-owner-unchecked", "link/update does not check the owner.", E403, UPDATE, "Another server's task: 200 instead of 403."),
    F("link-update-no-id-500", "A missing link_id is a KeyError.", LINK_ID, UPDATE, "A body without link_id gets 500 instead of 400."),
    F("link-update-no-id-200", "link_id is optional.", LINK_ID, UPDATE, "A body without link_id gets 200 instead of 400."),
    F("link-update-status-required", "status is required.", "status | string | Không | Trạng thái mới |", UPDATE, "A body with link_id and link_profile only gets 400."),
    F("link-update-absent-cleared", "Fields that are not sent are emptied.", "link_post | string | Không | URL bài đăng |", UPDATE, "An update of link_profile empties link_post."),
    F("link-update-profile-lost", "link_profile is not written.", "link_profile | string | Không | URL profile |", UPDATE, "After an update of link_profile the list has the old one."),
    F("link-update-error-500", "error_message goes to a column that does not exist.", "error_message | string | Không | Thông báo lỗi |", UPDATE, "A body with error_message gets 500."),
    F("link-complete-owner-unchecked", "link/complete does not check the owner.", E403, COMPLETE, "Another server's task: 200 instead of 403."),
    F("link-complete-status-kept", "The status is not set.", DONE, COMPLETE, "200, but the task stays pending in the list."),
    F("link-complete-links-lost", "link_profile and link_post are not written.", '-d \'{"link_id": "uuid", "link_profile": "https://...", "link_post": "https://..."}\'', COMPLETE, "The completed task has the old links in the list."),
    F("link-complete-not-committed", "The transaction is rolled back.", DONE, COMPLETE, "200, but the list shows the old state."),
    F("created-links-not-counted", "created_links is not increased.", DONE, COMPLETE, "Only in the database (or with variant callback-full-bodies).", HIDDEN),
    F("created-links-counted-twice", "created_links is increased by two.", DONE, COMPLETE, "Only in the database (or with variant callback-full-bodies).", HIDDEN),
    F("created-links-lost-update", "created_links is read, increased and written back outside the transaction.", DONE, COMPLETE, "Several link/complete of one request at the same time: the count in the database (or with variant callback-full-bodies) is too low.", HIDDEN),
    F("request-unknown-200", "An unknown request is a success.", E404, REQUEST, "A random uuid: 200 instead of 404."),
    F("request-status-cascades", "All tasks of the request are canceled.", "POST /callback/request/status — Cập nhật trạng thái request", REQUEST, "The request's tasks leave the list."),
    F("request-status-not-saved", "The request's status is not written.", "POST /callback/request/status — Cập nhật trạng thái request", REQUEST, "Only in the database.", HIDDEN),
    F("account-unknown-500", "An unknown account is not caught.", E404, ACCOUNT, "A random uuid: 500 instead of 404."),
    F("account-status-old-path", "The callback is still at /api/v1/callback.", CALLBACK_AUTH, ACCOUNT, "Always 404."),
    F("account-status-for-all", "The status is set on all accounts.", "POST /callback/account/status — Cập nhật trạng thái account", ACCOUNT, "Only in the database.", HIDDEN),
    F("account-status-not-saved", "The account's status is not written.", "POST /callback/account/status — Cập nhật trạng thái account", ACCOUNT, "Only in the database.", HIDDEN),
    # everywhere
    F("errors-with-200", "Errors other than 401 are sent with 200.", E404, ALL, "A random uuid: 200 with an error body."),
    F("pool-exhausted", "Failed requests keep their connection of a pool of 8.", "| 500 | Lỗi hệ thống |", ALL, "After 8 requests with 400, 403 or 404 every request gets 500."),
    F("every-tenth-500", "Each tenth request fails.", "| 500 | Lỗi hệ thống |", ALL, "Ten good requests: one gets 500."),
    F("server-mixed-up", "The current server is kept in a global.", OWN_LIST, ALL, "Two servers that list at the same time: one gets the other's server_id and tasks."),
]

NAMES = {f.name for f in FAULTS}
ACTIVE = os.environ.get("SERVER_FAULT", "")

if ACTIVE and ACTIVE not in NAMES:
    raise SystemExit(f"unknown fault: {ACTIVE}")


def fault(name):
    assert name in NAMES, name
    return name == ACTIVE


# ---- the longer ones ----------------------------------------------------------------------------

shared = SimpleNamespace()
_pool = threading.BoundedSemaphore(8)
_count_lock = threading.Lock()
_count = 0
_writer = threading.Lock()
TEXTS = ("link_profile", "link_post", "error_message", "note")


def before_view(request):
    global _count
    if fault("pool-exhausted") and not _pool.acquire(timeout=0.2):
        raise OperationalError("connection pool exhausted")
    if fault("every-tenth-500"):
        with _count_lock:
            _count += 1
            if _count % 10 == 0:
                raise OperationalError("server closed the connection unexpectedly")


def after_view(response):
    if fault("pool-exhausted") and response.status_code < 400:
        _pool.release()


@contextlib.contextmanager
def write_lock():
    if not fault("put-locked-500"):
        yield
        return
    if not _writer.acquire(blocking=False):
        raise OperationalError("database is locked")
    try:
        time.sleep(0.03)
        yield
    finally:
        _writer.release()


def read_raw_update(data):
    """Handler code that trusts the body."""
    if fault("put-array-body-500"):
        data.get("status")
    if fault("put-odd-type-500") and isinstance(data, dict):
        for name in TEXTS:
            data.get(name, "").strip()


def _too_long_or_wide(texts, long, emoji):
    for text in texts:
        if long and len(text) > 1000:
            raise OperationalError("Data too long for column")
        if emoji and any(ord(char) > 0xFFFF for char in text):
            raise OperationalError("Incorrect string value")


def mangle(values):
    """Faults with the texts of a single update."""
    values = dict(values)
    names = [name for name in TEXTS if name in values]
    _too_long_or_wide([values[name] for name in names], fault("put-long-500"), fault("put-emoji-500"))
    for name in names:
        if fault("put-text-trimmed"):
            values[name] = values[name].strip()
        if fault("put-text-truncated"):
            values[name] = values[name][:255]
        if fault("put-html-escaped"):
            values[name] = html.escape(values[name])
        if fault("put-emoji-lost"):
            values[name] = "".join(char if ord(char) <= 0xFFFF else "?" for char in values[name])
    return values


def leak_values(items):
    whole, kept = [], {}
    for item in items:
        kept = {**kept, **item}
        whole.append(kept)
    return whole


def read_logs(logs):
    _too_long_or_wide([entry["message"] for entry in logs], fault("logs-long-500"), fault("logs-emoji-500"))
    if fault("logs-same-message-once"):
        logs = list({entry["message"]: entry for entry in logs}.values())
    return logs
