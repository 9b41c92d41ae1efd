"""Causes: findings that one mistake of the server makes are one cause."""

from __future__ import annotations

from workerkit.contracts.report.cause import Cause, causes_of
from workerkit.contracts.run.ledger import Ledger
from workerkit.openapi.exchange import Exchange


def exchange(number: int, status: int = 200, operation: str = "updateTask") -> Exchange:
    path = "/api/v1/worker/tasks/1"
    return Exchange(number, operation, None, "PUT", path, "", (), b"", status, (), b"{}", 0.0, 0.0)


def causes(*findings: tuple[str, str, list[Exchange]]) -> list[Cause]:
    ledger = Ledger()
    for finding in findings:
        ledger.mark_broken(*finding)
    return list(causes_of(ledger))


def test_a_system_error_is_the_cause_of_what_its_answer_breaks() -> None:
    failed = exchange(7, 500)
    (cause,) = causes(
        ("update", "PUT /tasks/:id was answered 500, expected 2xx", [failed]),
        ("no-system-error", "a valid request was answered 500", [failed]),
    )
    assert cause.finding.rule == "no-system-error"
    assert cause.rules == ("no-system-error", "update")


def test_a_special_rule_is_the_cause_and_a_general_one_follows() -> None:
    accepted = exchange(7)
    (cause,) = causes(
        ("bad-request", "answered 200 to a request that is not valid", [accepted]),
        ("update-status", "PUT /tasks/:id was answered 200, expected 400", [accepted]),
    )
    assert cause.rules == ("update-status", "bad-request")


def test_a_refused_list_is_the_cause_of_what_could_not_be_read_back() -> None:
    refused = exchange(8, 400, "listTasks")
    lost = ("update", "task 1 is not in the list", [exchange(7), refused])
    (cause,) = causes(lost, ("list-limit", "GET /tasks was answered 400, expected 2xx", [refused]))
    assert cause.rules == ("list-limit", "update")


def test_two_flaws_of_one_accepted_answer_are_two_causes() -> None:
    listed = exchange(8, 200, "listTasks")
    found = causes(("list", "the answer is not valid", [listed]), ("list-total", "total is 3", [listed]))
    assert [cause.rules for cause in found] == [("list",), ("list-total",)]


def test_a_lost_write_is_not_hidden_by_another_flaw_of_the_list_that_shows_it() -> None:
    listed = exchange(8, 200, "listTasks")
    found = causes(
        ("list", "the answer is not valid", [listed]),
        ("update-links", "the list and the update differ", [exchange(7), listed]),
    )
    assert {cause.rules for cause in found} == {("list",), ("update-links",)}


def test_a_finding_with_one_case_of_its_own_is_a_cause_of_its_own() -> None:
    """The first update failed with 500. The second was refused, for another reason."""
    failed, refused = exchange(7, 500), exchange(9, 400)
    found = causes(
        ("no-system-error", "a valid request was answered 500", [failed]),
        ("update", "PUT was answered 500, expected 2xx", [failed]),
        ("update", "PUT was answered 400, expected 2xx", [refused]),
    )
    # Numbers make no difference in a message, so both findings of `update` are one.
    assert [cause.rules for cause in found] == [("update",), ("no-system-error",)] or [
        cause.rules for cause in found
    ] == [("no-system-error",), ("update",)]


def test_names_of_fields_make_a_difference_and_values_do_not() -> None:
    found = causes(
        ("bad-request", 'PUT {"link_post": 7} was answered 200, expected 400', [exchange(1)]),
        ("bad-request", 'PUT {"link_post": "x"} was answered 200, expected 400', [exchange(2)]),
        ("bad-request", 'PUT {"is_indexed": "x"} was answered 200, expected 400', [exchange(3)]),
    )
    assert [cause.finding.exchanges[0].number for cause in found] == [1, 3]


def test_the_cause_that_breaks_the_most_rules_comes_first() -> None:
    refused = exchange(8, 400, "listTasks")
    found = causes(
        ("key-required", "GET /tasks was answered 200, expected 401", [exchange(1)]),
        ("list-limit", "GET /tasks was answered 400, expected 2xx", [refused]),
        ("update", "task 1 is not in the list", [exchange(7), refused]),
        ("bulk-results", "task 2 is not in the list", [exchange(9), refused]),
    )
    assert [cause.finding.rule for cause in found] == ["list-limit", "key-required"]


def test_of_the_causes_of_one_rule_the_one_with_the_fewest_exchanges_comes_first() -> None:
    pages = [exchange(number, 200, "listTasks") for number in (1, 2, 3)]
    found = causes(
        ("list-after", "3 tasks by cursor and 2 by page number are not the same list", pages),
        ("list-after", "the page after task 1 has this task itself", pages[2:]),
    )
    assert [len(cause.finding.exchanges) for cause in found] == [1, 3]


def lost_updates() -> list[tuple[str, str, list[Exchange]]]:
    return [
        ("update-links", "from character 29 on it has another text", [exchange(7), exchange(8), listed(9)]),
        ("update", "task 1 is not in the list of status queued", [exchange(1), listed(2)]),
        ("update-status", "task 1 is not in the list of status canceled", [exchange(3), listed(4)]),
    ]


def listed(number: int) -> Exchange:
    return exchange(number, 200, "listTasks")


def test_if_no_update_of_an_operation_is_stored_this_is_one_cause() -> None:
    (cause,) = causes(*lost_updates())
    assert cause.rules == ("update", "update-links", "update-status")
    assert cause.finding.message == (
        "the list shows no update by PUT /tasks/:id afterwards, for example: "
        "task 1 is not in the list of status queued"
    )


def test_if_one_update_of_the_operation_is_stored_each_lost_one_is_a_cause() -> None:
    ledger = Ledger()
    ledger.mark_effective(exchange(20))
    for finding in lost_updates():
        ledger.mark_broken(*finding)
    assert len(causes_of(ledger)) == 3


def test_a_stored_update_of_another_operation_does_not_count() -> None:
    ledger = Ledger()
    ledger.mark_effective(exchange(20, 200, "updateLink"), exchange(22, 400))
    for finding in lost_updates():
        ledger.mark_broken(*finding)
    assert len(causes_of(ledger)) == 1


def test_an_update_that_should_have_been_refused_is_a_cause_of_its_own() -> None:
    foreign = ("update-own-only", "task 2 of another server was changed", [exchange(5), listed(6)])
    assert {cause.finding.rule for cause in causes(foreign, *lost_updates())} == {"update", "update-own-only"}


def test_the_rule_of_the_operation_names_a_lost_update_and_not_the_rule_of_a_list() -> None:
    (cause,) = causes(
        ("list-total", "total is 3, expected 4", [exchange(7, 200, "completeLink"), listed(8)]),
        ("update-links", "link_post is not listed", [exchange(7, 200, "completeLink"), listed(8)]),
        ("link-complete", "task 1 is not in the list", [exchange(7, 200, "completeLink"), listed(8)]),
    )
    assert cause.rules == ("link-complete", "list-total", "update-links")


def links_of(ledger: Ledger, *places: tuple[str, str]) -> list[Cause]:
    """The causes of a wrong link in each of these places: an operation and a field."""
    for number, (operation, link) in enumerate(places):
        write, message = exchange(10 + number, 200, operation), f"{operation} with {link}: listed otherwise"
        ledger.mark_link(write, link, is_listed=False)
        ledger.mark_broken("update-links", message, [write, listed(30)], links=[link])
    ledger.mark_effective(exchange(1), exchange(2, 200, "updateLink"))
    return list(causes_of(ledger))


def test_a_field_that_no_operation_stores_is_one_cause() -> None:
    found = links_of(Ledger(), ("updateTask", "link_post"), ("updateLink", "link_post"))
    assert [len(cause.followers) for cause in found] == [1]


def test_links_that_no_operation_stores_are_one_cause() -> None:
    operations = ("updateTask", "updateLink")
    places = [(operation, link) for operation in operations for link in ("link_profile", "link_post")]
    assert len(links_of(Ledger(), *places)) == 1


def test_a_field_that_only_some_operations_lose_is_a_cause_for_each_of_them() -> None:
    ledger = Ledger()
    ledger.mark_link(exchange(3, 200, "bulkUpdateTasks"), "link_post", is_listed=True)
    found = links_of(ledger, ("updateTask", "link_post"), ("updateLink", "link_post"))
    assert [len(cause.followers) for cause in found] == [0, 0]


def test_an_episode_with_a_write_that_loses_a_link_follows_from_it() -> None:
    ledger = Ledger()
    episode = [exchange(20, 200, "updateLink"), exchange(21), listed(22)]
    ledger.mark_broken("update-links", "the list shows task 1 with a wrong link_post", episode)
    ledger.mark_link(exchange(3, 200, "bulkUpdateTasks"), "link_post", is_listed=True)
    (cause,) = links_of(ledger, ("updateTask", "link_post"))
    assert [finding.exchanges for finding in cause.followers] == [tuple(episode)]


def test_a_link_that_was_once_listed_right_is_not_lost() -> None:
    ledger = Ledger()
    ledger.mark_link(exchange(3), "link_post", is_listed=True)
    ledger.mark_broken("update-links", "link_post is cut", [exchange(4), listed(5)], links=["link_post"])
    assert len(links_of(ledger, ("updateTask", "link_post"))) == 2


def test_findings_with_one_topic_are_one_cause() -> None:
    ledger = Ledger()
    ledger.mark_effective(exchange(1))
    for number, (message, topic) in enumerate(
        [("link_post is cut", "long"), ("link_profile is cut", "long"), ("an accent is lost", "accent")]
    ):
        ledger.mark_broken("update-links", message, [exchange(4 + number), listed(9)], topic=topic)
    assert [len(cause.followers) for cause in causes_of(ledger)] == [1, 0]


def failing(number: int, operation: str, body: bytes) -> Exchange:
    path = "/api/v1/worker/callback/link/update"
    return Exchange(number, operation, None, "POST", path, "", (), body, 500, (), b"{}", 0.0, 0.0)


def test_findings_about_a_field_at_which_an_operation_always_fails_are_one_cause() -> None:
    ledger = Ledger(failing_fields=frozenset({("updateLink", "error_message")}))
    broken = failing(1, "updateLink", b'{"error_message": "\\ud800"}')
    ledger.mark_broken("no-system-error", "a lone surrogate was answered 500", [broken], topic="surrogate")
    plain = failing(
        2,
        "updateLink",
        b'{"link_id": "00000000-0000-4000-8000-000000000001", "error_message": "captcha"}',
    )
    ledger.mark_broken("no-system-error", 'with error_message "captcha" was answered 500', [plain])
    ledger.mark_broken("link-update", "was answered 500, expected to be accepted", [plain])
    other = failing(3, "updateTask", b'{"error_message": "\\ud800"}')
    ledger.mark_broken("no-system-error", "PUT with a lone surrogate: 500", [other], topic="surrogate")
    found = causes_of(ledger)
    assert [len(cause.followers) for cause in found] == [2, 0]
    assert found[0].finding.message == (
        "the server fails at each request for POST /callback/link/update with error_message, for example: "
        'with error_message "captcha" was answered 500'
    )


def test_what_the_answer_to_a_wrongly_accepted_request_says_follows_from_it() -> None:
    batch = exchange(7, 200, "bulkUpdateTasks")
    (cause,) = causes(
        ("bad-request", "answered 200 to a request that is not valid", [batch]),
        ("bulk-counts", "total is 500, expected 501", [batch]),
    )
    assert cause.rules == ("bad-request", "bulk-counts")


def test_the_same_flaw_in_the_answer_to_a_valid_request_is_a_cause_of_its_own() -> None:
    found = causes(
        ("bad-request", "answered 200 to a request that is not valid", [exchange(7, 200, "bulkUpdateTasks")]),
        ("bulk-counts", "total is 500, expected 501", [exchange(7, 200, "bulkUpdateTasks")]),
        ("bulk-counts", "total is 1, expected 2", [exchange(9, 200, "bulkUpdateTasks")]),
    )
    assert len(found) == 2


OPERATIONS = ("listTasks", "heartbeat", "updateTask", "bulkUpdateTasks", "sendLogs")


def with_wrong_key(*findings: tuple[str, str, Exchange], kind: str = "missing") -> list[Cause]:
    """The causes of findings about requests without a key, or with another wrong key."""
    ledger = Ledger(wrong_keys={finding[2].number: kind for finding in findings})
    for rule, message, sent in findings:
        ledger.mark_broken(rule, message, [sent])
    return list(causes_of(ledger))


def test_an_operation_that_checks_no_key_is_one_cause() -> None:
    without, inactive = exchange(1, 404, "sendLogs"), exchange(2, 404, "sendLogs")
    (cause,) = with_wrong_key(
        ("server-active", "with the key of an inactive server was answered 404, expected 401", inactive),
        ("key-required", "without a key was answered 404, expected 401", without),
    )
    assert cause.rules == ("key-required", "server-active")


def test_two_operations_that_check_no_key_are_two_causes() -> None:
    found = with_wrong_key(
        *(
            ("key-required", f"{name} was answered 404, expected 401", exchange(number, 404, name))
            for number, name in enumerate(OPERATIONS[3:])
        )
    )
    assert len(found) == 2


def test_most_operations_that_check_no_key_are_one_cause() -> None:
    (cause,) = with_wrong_key(
        *(
            ("key-required", f"{name} was answered 200, expected 401", exchange(number, 200, name))
            for number, name in enumerate(OPERATIONS)
        )
    )
    assert len(cause.followers) == 4


def test_a_similar_key_that_is_accepted_is_another_cause_than_a_missing_check() -> None:
    found = with_wrong_key(
        ("key-required", "without a key was answered 200, expected 401", exchange(1, 200, "listTasks")),
        ("key-checked", "with the first half was answered 200, expected 401", exchange(2, 200, "listTasks")),
    )
    assert len(found) == 2
