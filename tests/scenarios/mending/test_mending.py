"""Each rule for workers has an entry in the file of its group, and no other rule has one."""

from workerkit.openapi.languages.phrase import text_in
from workerkit.scenarios.mending.mending import mendings
from workerkit.scenarios.rules import RULES


def test_each_rule_has_an_entry_in_the_file_of_its_group() -> None:
    groups = {rule_id: rule.__module__.split(".")[-2] for rule_id, rule in RULES.items()}
    assert {rule: mending.group for rule, mending in mendings().items()} == groups


def test_a_bad_and_a_good_snippet_differ_and_have_a_text_in_vietnamese() -> None:
    for mending in mendings().values():
        assert all(snippet.bad != snippet.good for snippet in mending.snippets.values())
        texts = (mending.mistake, text_in(mending.mistake, "vi"))
        assert all(len(text.split()) > 4 for text in {*texts}), mending.rule
        assert len({*texts}) == 2
