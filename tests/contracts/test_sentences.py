"""Every line of the page that promises something has its rules, and every other one says why it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.contracts.rules import RULES

PAGE = Path(__file__).with_name("worker-api.txt").read_text("utf-8").splitlines()
# What begins so belongs to an example: a curl line, a body, an answer; or rules off a table.
EXAMPLE = ("{", "}", '"', "]", "-", "curl", "|---", "# ")

HEADING = "a heading"
LEFT_OPEN = "left open: no sentence holds a server to it"
LINES: dict[str, tuple[str, ...] | str] = {
    "Worker API (LIKEPION)#": HEADING,
    "API cho tool servers giao tiếp với hệ thống LIKEPION: heartbeat, lấy tasks, "
    "cập nhật trạng thái, gửi logs.": ("heartbeat", "list", "update", "logs"),
    "Base URL: https://apitest.likepion.com/api/v1/worker": "the address of the one server there is",
    "Authentication#": HEADING,
    "Tất cả endpoints yêu cầu header:": ("key-required",),
    "X-API-Key: <server_api_key>API key được lấy từ bảng servers trong database. "
    "Server phải có trạng thái online hoặc active để hoạt động.": ("key-checked", "server-active"),
    "Endpoints#": HEADING,
    "1. POST /health — Heartbeat #": HEADING,
    "Tool server gọi định kỳ để báo đang hoạt động và cập nhật metrics.": ("heartbeat",),
    "| Field | Loại | Mô tả |": HEADING,
    "server_name | string | Tên server |": ("heartbeat", "heartbeat-name"),
    "ip | string | Địa chỉ IP |": ("heartbeat",),
    "cpu_usage | float | % CPU đang dùng |": ("heartbeat",),
    "ram_usage | float | % RAM đang dùng |": ("heartbeat",),
    "disk_usage | float | % Disk đang dùng |": ("heartbeat",),
    "active_threads | int | Số thread đang chạy |": ("heartbeat",),
    "active_tasks | int | Số task đang xử lý |": ("heartbeat",),
    "Response:": HEADING,
    "Lấy tasks được giao cho server. Hỗ trợ 2 kiểu phân trang.": ("list", "list-page", "list-after"),
    "| Tham số | Mặc định | Mô tả |": HEADING,
    "page | 1 | Trang (offset pagination) |": ("list-page", "list-total"),
    "limit | 100 | Số lượng (tối đa 1000) |": ("list-limit",),
    "after | - | ID cuối trang trước (cursor pagination) |": ("list-after", "list-next-cursor"),
    "status | pending,queued | Lọc theo status |": ("list-status",),
    "service_type | - | Lọc theo loại service |": ("list-service-type",),
    "Cập nhật trạng thái và kết quả của một task. Server chỉ có thể cập nhật task được gán cho mình.": (
        "update",
        "update-own-only",
    ),
    "status | string | pending, queued, running, completed, failed, canceled |": ("update-status",),
    "link_profile | string | URL profile đã tạo |": ("update-links",),
    "link_post | string | URL bài đăng đã tạo |": ("update-links",),
    "error_message | string | Thông báo lỗi (khi failed) |": ("bad-request",),
    "note | string | Ghi chú |": ("bad-request",),
    "is_indexed | bool | Đã được index chưa |": ("bad-request",),
    "Cập nhật tối đa 500 tasks cùng lúc.": ("bulk", "bulk-counts", "bulk-results", "bulk-foreign"),
    "Gửi batch log từ worker server (tối đa 500 log entries).": ("logs", "logs-created"),
    "Các endpoint callback cho worker gửi kết quả về hệ thống (trước đây ở /api/v1/callback, "
    "giờ chuyển sang /api/v1/worker/callback có API key auth).": ("key-required", "key-checked"),
    "POST /callback/link/update — Cập nhật trạng thái link #": ("link-update",),
    "link_id | uuid | Có | ID của link |": ("link-update-required",),
    "status | string | Không | Trạng thái mới |": ("link-update-optional",),
    "link_profile | string | Không | URL profile |": ("link-update-optional", "update-links"),
    "link_post | string | Không | URL bài đăng |": ("link-update-optional", "update-links"),
    "error_message | string | Không | Thông báo lỗi |": ("link-update-optional",),
    "POST /callback/link/complete — Hoàn thành link #": ("link-complete",),
    # completed_at and created_links are in no answer.
    "Tự động set status=completed, completed_at=now, tăng created_links trên request.": ("link-complete",),
    "pending → queued → running → completed": ("update",),
    "→ failed → (retry) → pending": LEFT_OPEN,
    "→ canceledError Responses#": ("update",),
    "| HTTP | Mô tả |": ("statuses",),
    "| 400 | Request không hợp lệ |": ("bad-request",),
    "| 401 | API key không hợp lệ hoặc server không active |": ("key-checked", "server-active"),
    "| 403 | Task không thuộc server này (not_your_task) |": ("not-your-task", "update-own-only"),
    "| 404 | Không tìm thấy resource |": ("not-found",),
    "| 500 | Lỗi hệ thống |": ("no-system-error",),
}


def said() -> list[str]:
    """The lines of the page that are no part of an example."""
    lines = (line.strip() for line in PAGE)
    return [line for line in lines if line and not line.startswith(EXAMPLE)]


@pytest.mark.parametrize("line", said())
def test_a_line_of_the_page_has_its_rules_or_its_reason(line: str) -> None:
    assert line in LINES


def test_every_rule_stands_for_a_line_and_every_line_is_the_pages() -> None:
    named = {rule for rules in LINES.values() if isinstance(rules, tuple) for rule in rules}
    # These are named by lines of the examples.
    of_examples = {"update-echo", "logs-levels", "request-status", "account-status"}
    assert named | of_examples == {rule.id for rule in RULES}
    assert set(LINES) == set(said())
