"""What differs between operating systems. Each file works on all of them, with what the system has."""
