"""What compiles the spec: paths, operations, dialects."""
