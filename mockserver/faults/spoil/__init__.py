"""Actions of the faults that break an answer."""
