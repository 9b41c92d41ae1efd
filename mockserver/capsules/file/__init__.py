"""A capsule as data and as a file; other formats read as capsules."""
