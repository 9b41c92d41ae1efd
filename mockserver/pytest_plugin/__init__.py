"""The pytest plugin of workerkit."""
