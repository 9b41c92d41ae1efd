"""HTTP messages and client connections. Nothing here uses a world."""
