"""A worker's command as processes."""
