"""A capsule sent to a real server."""
