"""Actions of the faults that refuse a request or do not answer it."""
