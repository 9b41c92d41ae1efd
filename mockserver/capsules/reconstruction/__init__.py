"""Makes a world from a recording: what its answers show, and what they prove about what they do not show."""
