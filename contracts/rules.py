"""The catalogue: what the page promises, each with the page's own words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What a run found out about a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise. `source` is the page's sentence, heading, table row or line of an example, word for word."""

    id: str
    source: str


_BULK_REFUSED = '{"link_id": "uuid-2", "success": false, "error": "not_your_task"}'

RULES = (
    Rule("key-required", "Tất cả endpoints yêu cầu header:"),
    Rule("key-checked", "| 401 | API key không hợp lệ hoặc server không active |"),
    Rule("server-active", "Server phải có trạng thái online hoặc active để hoạt động."),
    Rule("heartbeat", "Tool server gọi định kỳ để báo đang hoạt động và cập nhật metrics."),
    Rule("heartbeat-name", "server_name | string | Tên server |"),
    Rule("list", "Lấy tasks được giao cho server. Hỗ trợ 2 kiểu phân trang."),
    Rule("list-page", "page | 1 | Trang (offset pagination) |"),
    Rule("list-limit", "limit | 100 | Số lượng (tối đa 1000) |"),
    Rule("list-after", "after | - | ID cuối trang trước (cursor pagination) |"),
    Rule("list-status", "status | pending,queued | Lọc theo status |"),
    Rule("list-service-type", "service_type | - | Lọc theo loại service |"),
    Rule("list-total", '"total": 50,'),
    Rule("list-next-cursor", '"next_cursor": "uuid-of-last-item"'),
    Rule("update", "Cập nhật trạng thái và kết quả của một task."),
    Rule("update-own-only", "Server chỉ có thể cập nhật task được gán cho mình."),
    Rule("update-status", "status | string | pending, queued, running, completed, failed, canceled |"),
    Rule("update-links", "link_profile | string | URL profile đã tạo |"),
    Rule("update-echo", '"link_id": "uuid"'),
    Rule("bulk", "Cập nhật tối đa 500 tasks cùng lúc."),
    Rule("bulk-counts", '"total": 2,'),
    Rule("bulk-results", '{"link_id": "uuid-1", "success": true},'),
    Rule("bulk-foreign", _BULK_REFUSED),
    Rule("logs", "Gửi batch log từ worker server (tối đa 500 log entries)."),
    Rule("logs-created", '"created": 3'),
    Rule("logs-levels", "Log Levels: INFO, WARN, ERROR, DEBUG"),
    Rule("link-update", "POST /callback/link/update — Cập nhật trạng thái link #"),
    Rule("link-update-required", "link_id | uuid | Có | ID của link |"),
    Rule("link-update-optional", "status | string | Không | Trạng thái mới |"),
    Rule(
        "link-complete",
        "Tự động set status=completed, completed_at=now, tăng created_links trên request.",
    ),
    Rule("request-status", "POST /callback/request/status — Cập nhật trạng thái request #"),
    Rule("account-status", "POST /callback/account/status — Cập nhật trạng thái account #"),
    Rule("bad-request", "| 400 | Request không hợp lệ |"),
    Rule("not-your-task", "| 403 | Task không thuộc server này (not_your_task) |"),
    Rule("not-found", "| 404 | Không tìm thấy resource |"),
    Rule("no-system-error", "| 500 | Lỗi hệ thống |"),
    Rule("statuses", "| HTTP | Mô tả |"),
)
RULE_IDS = frozenset(each.id for each in RULES)

# The rule that an operation as a whole stands for: it takes legal requests and answers in its form.
OPERATION_RULES = {
    "heartbeat": "heartbeat",
    "listTasks": "list",
    "updateTask": "update",
    "bulkUpdateTasks": "bulk",
    "sendLogs": "logs",
    "updateLink": "link-update",
    "completeLink": "link-complete",
    "setRequestStatus": "request-status",
    "setAccountStatus": "account-status",
}
