"""Notes of capsule files are phrases again."""

from __future__ import annotations

import pytest

from workerkit.mockserver.capsules.file.note_phrase import note_phrase
from workerkit.openapi.masking.secret_choice import common_secrets_notes


@pytest.mark.parametrize(
    ("note", "vietnamese"),
    [
        ("scenario small: Nothing goes wrong", "scenario small: Không có sự cố nào"),
        ("scenario mine: Our gateway is down", "scenario mine: Our gateway is down"),
        (
            "broken: heartbeat-sent: The worker reported results for 3 tasks, but it sent no heartbeat "
            "(POST /health). It sent 30 requests. This happened 2 times.",
            "vi phạm: heartbeat-sent: Worker đã báo kết quả của 3 task, nhưng nó không gửi heartbeat nào "
            "(POST /health). Nó đã gửi 30 request. Việc này xảy ra 2 lần.",
        ),
        (
            "list-limit: GET /tasks was answered 500, expected 400",
            "list-limit: GET /tasks được trả lời 500, lẽ ra là 400",
        ),
        ("made from bug.har", "được tạo từ bug.har"),
        ("left out: 3 requests to other addresses", "không đưa vào: 3 request đến địa chỉ khác"),
        (
            "passed over: 2 entries (entry 3; entry 4): its body is said to be base64, but it is not",
            "bỏ qua: 2 entries (entry 3; entry 4): body của nó được ghi là base64, nhưng không phải",
        ),
        ("Our proxy is in front of it, with two nodes: see the ticket", None),
        ("", None),
    ],
)
def test_a_note_of_the_kit_is_in_vietnamese_and_one_of_a_person_stays(
    note: str, vietnamese: str | None
) -> None:
    found = note_phrase(note)
    assert found == note
    assert found.in_language("vi") == (note if vietnamese is None else vietnamese)


@pytest.mark.parametrize("count", [1, 5])
def test_the_note_about_common_secrets_is_in_vietnamese(count: int) -> None:
    (note,) = common_secrets_notes(count)
    assert note_phrase(str(note)).in_language("vi").startswith(f"{count} thông tin bí mật chỉ được thay")
