"""The API as data: its spec compiled to operations, its silences, and the exchange every room speaks of."""
