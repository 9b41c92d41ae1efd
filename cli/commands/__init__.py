"""The commands of `workerkit`. Each command has its own file."""
