"""Long runs and large worlds."""
