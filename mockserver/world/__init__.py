"""One world, pure."""
