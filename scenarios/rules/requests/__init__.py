"""Rules about single requests and their number: correct, not too large, not too many."""
