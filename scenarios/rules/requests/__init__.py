"""Rules about requests: each must be correct and not too large, and there must not be too many."""
