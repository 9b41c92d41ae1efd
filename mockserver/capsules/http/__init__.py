"""HTTP/1.1 at the level of bytes: splits a stream into messages, and sends a recorded request."""
