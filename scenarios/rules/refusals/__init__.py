"""Rules about refusals: the worker must accept them and go on with its other work."""
