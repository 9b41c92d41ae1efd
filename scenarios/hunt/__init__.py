"""What a hunt tries: troubles at the requests of a worker, as scenarios."""
