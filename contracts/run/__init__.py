"""What a run carries and notes."""
