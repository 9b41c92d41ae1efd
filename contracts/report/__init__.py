"""The report of a conformance run, as text and as JSON."""
