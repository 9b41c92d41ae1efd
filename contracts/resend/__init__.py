"""Sends a capsule's requests to a real server: which requests may be sent, and with which keys."""
