"""A hunt: tries a worker with many troubles until it breaks a rule."""
