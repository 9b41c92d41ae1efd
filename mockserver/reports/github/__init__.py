"""What GitHub Actions reads of a report."""
