"""From notes to a report, in words and data."""
