"""The recording proxy of `workerkit record`."""
