"""Rules about results: each result must be true, complete and reported for its own task."""
