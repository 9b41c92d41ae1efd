"""The mock: a world, the app that gives it a face, and what plays scenarios on it."""
