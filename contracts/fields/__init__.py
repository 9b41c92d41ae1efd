"""Fixed requests that test each field and each parameter systematically."""
