"""A worker judged, and the report of it."""
