"""What the page promises: sentences, rules, the spec without silences."""
