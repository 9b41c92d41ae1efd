"""Makes capsules of the exchanges of the mock's own worlds."""
