"""A scenario told in sentences."""
