"""What a run leaves for the judge."""
