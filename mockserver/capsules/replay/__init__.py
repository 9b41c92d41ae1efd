"""Sent again, compared, made smaller, played to a worker."""
