"""Tasks that may change: found, put back, accounted for."""
