"""The choices of this server for the matters that the API page leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Choices:
    """One value for each matter that the API page leaves open."""

    limit_above_maximum: Literal["reject", "clamp"] = "clamp"
    below_minimum: Literal["reject", "default"] = "reject"
    unknown_status_filter: Literal["reject", "empty"] = "empty"
    unknown_cursor: Literal["empty", "reject", "not-found", "first-page"] = "empty"
    foreign_cursor: Literal["as-unknown", "position"] = "as-unknown"
    cursor_with_page: Literal["cursor", "reject"] = "cursor"
    last_cursor: Literal["null", "id", "absent"] = "null"
    first_cursor: Literal["given", "null", "absent"] = "given"
    list_order: Literal["oldest-first", "newest-first"] = "oldest-first"
    total_with_cursor: Literal["all", "remaining"] = "all"
    transitions: Literal["lenient", "strict"] = "lenient"
    refused_transition: Literal[400, 409] = 409
    link_update_flow: Literal["bound", "free"] = "bound"
    completion_flow: Literal["bound", "free"] = "free"
    retry: Literal["manual", "automatic"] = "manual"
    retry_count: Literal["on-requeue", "on-failure", "never"] = "on-failure"
    null_field: Literal["reject", "ignore"] = "ignore"
    unknown_field: Literal["ignore", "reject"] = "ignore"
    empty_change: Literal["accept", "reject"] = "accept"
    malformed_id: Literal["reject", "not-found"] = "not-found"
    first_check: Literal["json", "body"] = "body"
    bulk_empty: Literal["reject", "accept"] = "accept"
    bulk_bad_item: Literal["whole", "item"] = "item"
    bulk_duplicate: Literal["each", "reject"] = "each"
    bulk_missing_code: Literal["not_found", "task_not_found", "link_not_found"] = "task_not_found"
    logs_empty: Literal["reject", "accept"] = "accept"
    logs_bad_entry: Literal["whole", "skip"] = "whole"
    log_level_case: Literal["exact", "any"] = "exact"
    complete_twice: Literal["once", "twice"] = "once"
    related_entities: Literal["own", "any"] = "own"
    entity_status: Literal["any", "listed"] = "any"
    heartbeat_fields: Literal["optional", "required"] = "optional"
    heartbeat_name: Literal["registered", "reported"] = "registered"
    heartbeat_silence: Literal["ignored", "offline"] = "ignored"
    offline_heartbeat: Literal["refused", "revives"] = "refused"
    content_type: Literal["any", "bad-request", "unsupported"] = "any"
    error_body: Literal["code", "code-and-message", "nested"] = "code-and-message"
    callback_body: Literal["like-update", "success-only"] = "success-only"
    time_precision: Literal["seconds", "milliseconds"] = "milliseconds"

    # The kit has no silence for these. The API page does not mention them, and real servers differ.
    wrong_method: Literal[404, 405] = 405
    charset: bool = True
    more_fields: bool = False
