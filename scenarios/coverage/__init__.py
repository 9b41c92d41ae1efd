"""What the runs of a worker covered: what it asked, which troubles it met, and what it reported."""
