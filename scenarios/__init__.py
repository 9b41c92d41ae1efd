"""Stories that a worker lives through, and the judge of how it did."""
