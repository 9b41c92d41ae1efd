"""Everything that sends requests to the target: checks, speed limits, connections."""
