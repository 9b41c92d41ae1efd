"""From a file to a checked Scenario; the schema for editors."""
