"""Rules about tasks: the worker must do each task once, and report its steps in order."""
