"""Are requests sound and not too many."""
