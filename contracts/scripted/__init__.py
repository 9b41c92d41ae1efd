"""The scripted requests of a run. They are the same in every run."""
