"""A sound answer that is not true."""
