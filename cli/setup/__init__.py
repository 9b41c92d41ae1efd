"""What a new user sets up: files of a project, the completion of a shell, the man page."""
