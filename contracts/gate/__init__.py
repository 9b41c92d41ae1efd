"""The only way out: policy, pace, transport."""
